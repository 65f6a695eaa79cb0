// The seam between sources and analysis: what happened, in time order. A capture makes these calls through the TCP
// tracker, a live tap makes them itself. They are method calls with numbers, not objects, because a capture makes
// millions of them.
import type { Side } from './side.js';

/** Times are nanoseconds since the first packet; packet numbers count from 1 (0 where there is no packet). */
export interface ConnectionObserver {
  /** A new connection; its row in the connection table is filled as far as the first packet tells. */
  opened(connection: number, time: number, packet: number): void;
  /**
   * Stream bytes of one side in sequence order, each byte once. `time` and `packet` are those of the segment that made
   * the bytes available. `position` is the file position of bytes[start], or -1. The buffer is only lent.
   */
  data(
    connection: number,
    side: Side,
    bytes: Uint8Array,
    start: number,
    end: number,
    time: number,
    packet: number,
    position: number,
  ): void;
  /** `length` bytes of one side's stream are missing from the capture (lost, or cut by the snapshot length). */
  gap(connection: number, side: Side, length: number, time: number, packet: number): void;
  /** One side's stream ended with a FIN, told in sequence order: after all its data and gaps. */
  finished(connection: number, side: Side, time: number, packet: number): void;
  /** One side sent a RST. */
  reset(connection: number, side: Side, time: number, packet: number): void;
  /** Nothing more will come of this connection (closed on both sides and its port reused, or the input ended). */
  closed(connection: number, time: number): void;
}
