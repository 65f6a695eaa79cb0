// What the tracker must remember of a connection while packets come: 16 words a connection, one cache line, because a
// busy capture jumps between many connections and every further line touched costs more than the work itself.
// The two endpoints are kept in the order of their addresses ("low" is 0, "high" is 1), not of their roles, so that
// exchanging the roles changes one bit here.

import { retainRows } from '../model/columns.js';

/** Words of a connection's record. */
export const RECORD_WORDS = 16;

// The key, and what belongs to both endpoints.
export const LOW_ADDRESS = 0;
export const HIGH_ADDRESS = 1;
/** Port of the low endpoint in the upper half, of the high endpoint in the lower half. */
export const PORTS = 2;
/** Bit 0: the high endpoint is the originator. Bits 1-2: endpoint + 1 of the last payload. Bit 3: closed. Rest: trouble. */
export const MISCELLANY = 3;

/** First word of endpoint 0; endpoint 1 follows. */
export const ENDPOINTS = 4;
export const ENDPOINT_WORDS = 6;

// Words of an endpoint. Sequence numbers are those of its own stream.
/** Initial sequence number (of the SYN, or one less than the first byte seen). */
export const START = 0;
/** The next byte to deliver. */
export const NEXT = 1;
/** Highest acknowledgment number that the other endpoint sent. */
export const ACKED = 2;
/** One past the highest sequence number seen, SYN and FIN included. */
export const END = 3;
/** Sequence number of the FIN; before it is seen, the acknowledgment number of the other endpoint's FIN. */
export const FIN_AT = 4;
/** Endpoint state and flags, see below. */
export const FLAGS = 5;

export const ORIGINATOR_IS_HIGH = 1;
export const LAST_PAYLOAD_SHIFT = 1;
export const LAST_PAYLOAD_MASK = 3 << LAST_PAYLOAD_SHIFT;
export const CLOSED_TOLD = 1 << 3;
export const TROUBLE_SHIFT = 4;
const MISCELLANY_BITS = (1 << TROUBLE_SHIFT) - 1;

// Bits of FLAGS. 0-2 are the endpoint's state, 3-5 the state before it (endpoint-state.ts), 6-12 the history letters
// that were written once (history-letters.ts).
export const STATE_MASK = 7;
export const STATES_MASK = 63;
export const STATES_BITS = 6;
export const PREVIOUS_SHIFT = 3;
/** START, NEXT and END were set by a packet of the endpoint itself. */
export const STARTED = 1 << 13;
/** START and NEXT follow from the handshake of the other endpoint. */
export const HINTED = 1 << 14;
/** ACKED is set. */
export const ACK_KNOWN = 1 << 15;
export const FIN_SEEN = 1 << 16;
/** The end of the stream was told. */
export const FIN_TOLD = 1 << 17;
export const RESET_SEEN = 1 << 18;
/** A RST whose sequence number followed right after the endpoint's FIN. */
export const RESET_AFTER_FIN = 1 << 19;
/** The endpoint sent a packet. */
export const ACTIVE = 1 << 20;
/** FIN_AT holds the acknowledgment number of the other endpoint's FIN. */
export const PEER_FIN_ACK = 1 << 21;
/** START comes from a SYN of the endpoint. */
export const SYN_KNOWN = 1 << 22;
/** The endpoint's last window was zero. */
export const WINDOW_CLOSED = 1 << 23;
/** The question when the handshake was complete is settled for this endpoint. */
export const HANDSHAKE_SETTLED = 1 << 24;
/** A byte of the endpoint's data was acknowledged. */
export const DATA_ACKNOWLEDGED = 1 << 25;

export class LiveTable {
  words = new Uint32Array(0);
  private capacity = 0;

  /** Makes room for `rows` rows. */
  reserve(rows: number): void {
    if (rows <= this.capacity) return;
    const next = new Uint32Array(rows * RECORD_WORDS);
    next.set(this.words);
    this.words = next;
    this.capacity = rows;
  }

  /** Keeps the rows that have a new number (retainRows). */
  retain(numbers: Int32Array): void {
    retainRows([this.words], numbers, RECORD_WORDS);
  }

  /** The side (0 originator, 1 responder) of endpoint `endpoint`. */
  side(row: number, endpoint: number): number {
    return endpoint ^ (this.words[row * RECORD_WORDS + MISCELLANY] & ORIGINATOR_IS_HIGH);
  }

  /** The row's index in the trouble table, or -1. */
  trouble(row: number): number {
    return (this.words[row * RECORD_WORDS + MISCELLANY] >>> TROUBLE_SHIFT) - 1;
  }

  setTrouble(row: number, trouble: number): void {
    const at = row * RECORD_WORDS + MISCELLANY;
    this.words[at] = (this.words[at] & MISCELLANY_BITS) | ((trouble + 1) << TROUBLE_SHIFT);
  }
}
