// Which letters of the history a packet with control flags (or the first packet of an endpoint) writes, as Zeek does:
// D, A, I and Q once a side, S, H, F and R again when the sequence number differs from the last such packet.
import { ACK, FIN, RST, type Segment, SYN } from '../model/segment.js';
import {
  LETTER_ACK,
  LETTER_DATA,
  LETTER_FIN,
  LETTER_INCONSISTENT,
  LETTER_MULTIPLE_FLAGS,
  LETTER_RESET,
  LETTER_SYN,
  LETTER_SYN_ACK,
} from './history-table.js';
import { FIN_AT, FIN_SEEN, FLAGS } from './live-table.js';
import type { TrackerStore } from './tracker-store.js';

// Bits of an endpoint's flags: this letter was written.
const SEEN_SYN = 1 << 6;
const SEEN_FIN = 1 << 7;
const SEEN_RESET = 1 << 8;
const SEEN_INCONSISTENT = 1 << 9;
export const SEEN_DATA = 1 << 10;
export const SEEN_ACK = 1 << 11;
const SEEN_MULTIPLE = 1 << 12;

/**
 * Writes the letter for one packet. `finAt` is the sequence number after its payload, `lastStart` the stream's initial
 * sequence number before this packet.
 */
export function writeControlLetters(
  store: TrackerStore,
  row: number,
  endpoint: number,
  s: Segment,
  finAt: number,
  lastStart: number,
): void {
  const words = store.live.words;
  const own = store.endpointAt(row, endpoint);
  const control = s.flags & (SYN | FIN | RST);
  let seen = 0;
  let letter = 0;
  let again = false;
  const flags = words[own + FLAGS];
  switch (control) {
    case 0:
      if (s.wireLength > 0) {
        seen = SEEN_DATA;
        letter = LETTER_DATA;
      } else if ((s.flags & ACK) !== 0) {
        seen = SEEN_ACK;
        letter = LETTER_ACK;
      } else return;
      break;
    case SYN:
      seen = SEEN_SYN;
      letter = (s.flags & ACK) !== 0 ? LETTER_SYN_ACK : LETTER_SYN;
      again = lastStart !== s.sequence;
      break;
    case FIN:
      seen = SEEN_FIN;
      letter = LETTER_FIN;
      again = (flags & FIN_SEEN) === 0 || words[own + FIN_AT] !== finAt;
      break;
    case RST: {
      seen = SEEN_RESET;
      letter = LETTER_RESET;
      const stream = store.stream(row, endpoint);
      again = store.troubles.lastReset[stream] !== s.sequence;
      store.troubles.lastReset[stream] = s.sequence;
      break;
    }
    default:
      seen = (control & (FIN | RST)) === (FIN | RST) ? SEEN_INCONSISTENT : SEEN_MULTIPLE;
      letter = seen === SEEN_MULTIPLE ? LETTER_MULTIPLE_FLAGS : LETTER_INCONSISTENT;
      if ((control & RST) !== 0) {
        const stream = store.stream(row, endpoint);
        store.troubles.lastReset[stream] = s.sequence;
      }
  }
  if ((flags & seen) !== 0 && !again) return;
  words[own + FLAGS] = flags | seen;
  store.letter(row, endpoint, letter);
}
