// The state of each endpoint and what both together are called: Zeek's endpoint states and conn_state, so that people
// who know its conn.log find the same words with the same meaning.
import { ACK, FIN, RST, SYN } from '../model/segment.js';

/** Nothing seen of this endpoint. */
export const INACTIVE = 0;
/** SYN seen, no answer yet. */
export const SYN_SENT = 1;
/** SYN-ACK seen of the side that counts as originator. */
export const SYN_ACK_SENT = 2;
/** Packets seen, but no handshake. */
export const PARTIAL = 3;
export const ESTABLISHED = 4;
/** FIN seen. */
export const CLOSED = 5;
/** RST seen. */
export const RESET = 6;

const STATE = 7;
const PREVIOUS = 3;

/** `states` (state and the state before it in three bits each) after a change to `state`. */
export function entered(states: number, state: number): number {
  return (states & STATE) === state ? states : state | ((states & STATE) << PREVIOUS);
}

/**
 * The states of sender (bits 0-5) and receiver (bits 6-11) after a packet. Only packets with SYN, FIN or RST change
 * anything, and the first packet of an endpoint.
 * `originator`: the sender is the originator. `length`: payload bytes.
 */
export function afterPacket(own: number, peer: number, flags: number, length: number, originator: boolean): number {
  switch (own & STATE) {
    case INACTIVE:
      return afterFirst(own, peer, flags, length, originator);
    case SYN_SENT:
    case SYN_ACK_SENT:
      if (flags & FIN) own = entered(own, CLOSED);
      if (flags & RST) own = entered(own, RESET);
      break;
    case PARTIAL:
    case ESTABLISHED:
      if (flags & SYN && (own & STATE) === PARTIAL && (peer & STATE) === INACTIVE && (flags & ACK) === 0) {
        own = entered(own, SYN_SENT);
      }
      if (flags & FIN && (flags & RST) === 0) {
        own = entered(own, CLOSED);
        // A FIN followed by a RST, answered by a FIN, was a normal end.
        if ((peer & STATE) === RESET && ((peer >> PREVIOUS) & STATE) === CLOSED) peer = entered(peer, CLOSED);
      }
      if (flags & RST) own = entered(own, RESET);
      break;
    case CLOSED:
      // After both FINs a RST changes nothing.
      if (flags & RST && (peer & STATE) !== CLOSED) own = entered(own, RESET);
      break;
    default:
      break;
  }
  return own | (peer << 6);
}

function afterFirst(own: number, peer: number, flags: number, length: number, originator: boolean): number {
  const other = peer & STATE;
  if (flags & SYN) {
    if (originator) {
      // The SYN can be recorded after its SYN-ACK.
      if (other === ESTABLISHED && (flags & ACK) === 0) own = entered(own, ESTABLISHED);
      else own = entered(own, flags & ACK ? SYN_ACK_SENT : SYN_SENT);
    } else {
      if (other === SYN_SENT) peer = entered(peer, ESTABLISHED);
      own = entered(own, ESTABLISHED);
    }
  }
  if (flags & FIN) own = entered(own, CLOSED);
  if (flags & RST) own = entered(own, RESET);
  if ((own & STATE) === INACTIVE) {
    // Some stacks acknowledge a SYN before they answer it: that makes no connection of it.
    const bareAcknowledgment = !originator && length === 0 && other === SYN_SENT;
    if (!bareAcknowledgment) own = entered(own, flags & ACK && other === ESTABLISHED ? ESTABLISHED : PARTIAL);
  }
  return own | (peer << 6);
}

// Indices of CONNECTION_STATES.
const OTH = 0;
const S0 = 1;
const S1 = 2;
const SF = 3;
const REJ = 4;
const S2 = 5;
const S3 = 6;
const RSTO = 7;
const RSTR = 8;
const RSTOS0 = 9;
const RSTRH = 10;
const SH = 11;
const SHR = 12;

/**
 * Index into CONNECTION_STATES for the states of originator and responder. `empty`: neither side sent any data;
 * `synThenReset`: the history begins with the originator's SYN and comes to its RST without an answer.
 */
export function connectionState(originator: number, responder: number, empty: boolean, synThenReset: boolean): number {
  const o = originator & STATE;
  const r = responder & STATE;
  const noOriginator = o === INACTIVE || o === PARTIAL;
  const noResponder = r === INACTIVE || r === PARTIAL;
  if (r === RESET) {
    if (o === SYN_SENT || o === SYN_ACK_SENT || (o === RESET && empty)) return REJ;
    return noOriginator ? RSTRH : RSTR;
  }
  if (o === RESET) {
    if (noResponder) return synThenReset ? RSTOS0 : OTH;
    return RSTO;
  }
  if (o === CLOSED && r === CLOSED) return SF;
  if (o === CLOSED) return noResponder ? SH : S2;
  if (r === CLOSED) return noOriginator ? SHR : S3;
  if (o === SYN_SENT && r === INACTIVE) return S0;
  return o === ESTABLISHED && r === ESTABLISHED ? S1 : OTH;
}
