// What the analysis knows of each connection beyond TCP: its protocol, requests and problems. Rows are those of the
// connection table.
import { grown, nextCapacity, retainRows } from '../model/columns.js';

/** `protocol`: what is spoken, as far as it is known. */
export const PROTOCOL_NONE = 0; // no payload yet, or too little to tell
export const PROTOCOL_IS_FASTCGI = 1;
export const PROTOCOL_IS_SCGI = 2;
export const PROTOCOL_IS_OTHER = 3;

/** Bits of `marks`. */
export const CONVERSATION_GET_VALUES_PENDING = 1 << 0; // GET_VALUES without a result when the connection ended
export const CONVERSATION_WEB_STOPPED = 1 << 1; // a bad version ended the decoding of the web server's records
export const CONVERSATION_APPLICATION_STOPPED = 1 << 2;
export const CONVERSATION_RECORD_CUT_WEB = 1 << 3; // the side's stream ended inside a record
export const CONVERSATION_RECORD_CUT_APPLICATION = 1 << 4;

export const CONVERSATION_FINISHED_WEB = 1 << 5; // the side's stream ended with a FIN, and all before it is decoded
export const CONVERSATION_FINISHED_APPLICATION = 1 << 6;

export class ConversationTable {
  capacity = 0;
  protocol = new Uint8Array(0);
  marks = new Uint8Array(0);
  /** Live decoder of this connection: index + 1, 0 for none. */
  slot = new Uint32Array(0);
  /** First and last request, as row + 1. */
  firstRequest = new Uint32Array(0);
  lastRequest = new Uint32Array(0);
  requests = new Uint32Array(0);
  /** Bits of problem codes. */
  problems = new Uint32Array(0);

  /** Makes rows 0 .. row usable. */
  need(row: number): void {
    if (row < this.capacity) return;
    const capacity = nextCapacity(this.capacity, row + 1);
    this.reserve(capacity);
  }

  /** Keeps the rows that have a new number (retainRows). */
  retain(numbers: Int32Array): void {
    retainRows(Object.values(this), numbers);
  }

  reserve(capacity: number): void {
    if (capacity <= this.capacity) return;
    this.capacity = capacity;
    this.protocol = grown(this.protocol, capacity);
    this.marks = grown(this.marks, capacity);
    this.slot = grown(this.slot, capacity);
    this.firstRequest = grown(this.firstRequest, capacity);
    this.lastRequest = grown(this.lastRequest, capacity);
    this.requests = grown(this.requests, capacity);
    this.problems = grown(this.problems, capacity);
  }
}
