// What is known of each TCP connection, one row a connection, in columns. Filled by the tracker, read by the analysis.
// Direction 0 is the originator (the web server once the protocol is known), direction 1 the responder (the
// application); pairs of columns are named ...0 and ...1 after the side that sent. Times are nanoseconds since the
// first packet, NaN where the thing did not happen; packet numbers are 0 then.
import { grown, nextCapacity, retainedCount, retainRows } from '../model/columns.js';

/** Zeek's conn_state, in the order of the codes stored in the `state` column. */
export const CONNECTION_STATES = [
  'OTH',
  'S0',
  'S1',
  'SF',
  'REJ',
  'S2',
  'S3',
  'RSTO',
  'RSTR',
  'RSTOS0',
  'RSTRH',
  'SH',
  'SHR',
] as const;
export type ConnectionState = (typeof CONNECTION_STATES)[number];

/** Bits of the `marks` column. */
export const MARK_SYN = 1 << 0; // a SYN (without ACK) was seen
export const MARK_SYN_ACK = 1 << 1;
export const MARK_ESTABLISHED = 1 << 2; // the originator acknowledged the SYN-ACK, or data flowed both ways
export const MARK_SYN_ACK_AFTER_DATA = 1 << 3; // SYN-ACK repeated after the originator had sent data: its ACK was dropped
export const MARK_DATA_ACKNOWLEDGED_0 = 1 << 4; // a byte of the originator's data was acknowledged
export const MARK_DATA_ACKNOWLEDGED_1 = 1 << 5;
export const MARK_GAP_0 = 1 << 6;
export const MARK_GAP_1 = 1 << 7;
export const MARK_SNAPPED = 1 << 8; // a segment's payload was cut by the snapshot length
export const MARK_OVERLAP_CONFLICT = 1 << 9; // two copies of the same sequence range differed; the first was kept
export const MARK_FLIPPED = 1 << 10; // roles were exchanged after the first packet (Zeek's ^)
export const MARK_KEEP_ALIVE = 1 << 11; // TCP keep-alive probes were seen
export const MARK_TFO = 1 << 12; // the SYN carried data
export const MARK_ONE_SIDED = 1 << 13; // set at the end: packets of one side only
export const MARK_DUPLICATES = 1 << 14; // packets captured twice were left out
export const MARK_ZERO_WINDOW_0 = 1 << 15; // the originator announced a zero window
export const MARK_ZERO_WINDOW_1 = 1 << 16;
export const MARK_REUSED_PORT = 1 << 17; // the same addresses and ports had been another connection before

export class ConnectionTable {
  count = 0;
  capacity = 0;

  address0 = new Int32Array(0);
  address1 = new Int32Array(0);
  port0 = new Uint16Array(0);
  port1 = new Uint16Array(0);
  /** First and last packet. */
  start = new Float64Array(0);
  end = new Float64Array(0);
  firstPacket = new Uint32Array(0);
  /** First SYN-ACK, and the originator's acknowledgment of it. */
  synAckTime = new Float64Array(0);
  establishedTime = new Float64Array(0);
  /** The responder's first acknowledgment of the originator's data: long after it where the SYN-ACK's was dropped. */
  acknowledgedTime0 = new Float64Array(0);
  /** First FIN of each side. */
  finTime0 = new Float64Array(0);
  finTime1 = new Float64Array(0);
  finPacket0 = new Uint32Array(0);
  finPacket1 = new Uint32Array(0);
  /** First RST of either side. */
  resetTime = new Float64Array(0);
  resetPacket = new Uint32Array(0);
  /** BY_NONE, BY_WEB_SERVER (the originator), BY_APPLICATION (the responder), BY_BOTH (simultaneous). */
  firstFin = new Uint8Array(0);
  firstReset = new Uint8Array(0);
  timeWait = new Uint8Array(0);
  /** Index into CONNECTION_STATES; kept up to date while packets come. */
  state = new Uint8Array(0);
  /** Id of the history string (HistoryTable). */
  history = new Uint32Array(0);
  marks = new Uint32Array(0);
  /** SYNs and SYN-ACKs seen, the first included. */
  syns = new Uint16Array(0);
  synAcks = new Uint16Array(0);
  packets0 = new Uint32Array(0);
  packets1 = new Uint32Array(0);
  /** Payload bytes of each side's stream, each counted once, gaps left out. */
  bytes0 = new Float64Array(0);
  bytes1 = new Float64Array(0);
  missing0 = new Float64Array(0);
  missing1 = new Float64Array(0);
  retransmissions0 = new Uint32Array(0);
  retransmissions1 = new Uint32Array(0);
  /** Nanoseconds during which the side announced a zero window (its peer could not send). */
  zeroWindow0 = new Float64Array(0);
  zeroWindow1 = new Float64Array(0);
  /** Why the connection could not be opened, where a tap tells: an index of CONNECT_ERRORS. */
  connectError = new Uint8Array(0);
  /** Turns of payload (a run of payload of one side counts once), for inputs without payload bytes. */
  turns = new Uint32Array(0);

  /** Makes room for `rows` rows. Owners of further columns override `grow`. */
  reserve(rows: number): void {
    if (rows > this.capacity) this.grow(rows);
  }

  /** Keeps the rows that have a new number (retainRows). */
  retain(numbers: Int32Array): void {
    retainRows(Object.values(this), numbers);
    this.count = retainedCount(numbers);
  }

  /** Adds a row with every column 0 and every time NaN; returns its index. */
  add(): number {
    const row = this.count;
    if (row === this.capacity) this.grow(nextCapacity(this.capacity, row + 1));
    this.count = row + 1;
    this.synAckTime[row] = NaN;
    this.establishedTime[row] = NaN;
    this.acknowledgedTime0[row] = NaN;
    this.finTime0[row] = NaN;
    this.finTime1[row] = NaN;
    this.resetTime[row] = NaN;
    return row;
  }

  protected grow(capacity: number): void {
    this.capacity = capacity;
    for (const [name, column] of Object.entries(this)) {
      if (ArrayBuffer.isView(column))
        (this as unknown as Record<string, unknown>)[name] = grown(column as Uint8Array, capacity);
    }
  }
}
