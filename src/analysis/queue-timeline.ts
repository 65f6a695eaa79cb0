// The times of a listener's connections as the queue model needs them, in columns: the model goes over them many times.

/** One connection of a listener. Times in nanoseconds, NaN where unknown. */
export interface Arrival {
  /** Connection row. */
  readonly row: number;
  /** When the handshake was complete: from here on it waits in the accept queue. */
  readonly arrival: number;
  /** When the application had all it needs for its first request (the request's own input may come slowly). */
  readonly begin: number;
  /** First byte of the answer to its first request, or the application's FIN where it closed without one. */
  readonly firstByte: number;
  /** When its slot is free again (END_REQUEST, or the close for a kept one). */
  readonly release: number;
  /** Until when its first request lacked a part of BEGIN_REQUEST or PARAMS; NaN if it never did. */
  readonly incompleteUntil: number;
  /** What was asked for: requests of one kind take about equally long. 0 where it is not known. */
  readonly kind: number;
  /** For a kept connection: when its last request ended; from there to its release nothing happened on it. */
  readonly idleSince?: number;
  /** The longest time that nothing happened on it between requests or after the last one. */
  readonly longestIdle?: number;
}

/** A first byte later than this counts as a wait. */
export const WAITING = 100e6;
/** Differences below this are the capture's own inaccuracy: packets of two sockets may be recorded in either order. */
export const TOLERANCE = 0.2e6;

export class Timeline {
  readonly count: number;
  readonly row: Uint32Array;
  readonly arrival: Float64Array;
  /** From here on only the application can be what the request waits for. */
  readonly ready: Float64Array;
  readonly firstByte: Float64Array;
  readonly release: Float64Array;
  readonly kind: Uint32Array;
  /** NaN where the release is not the close of an idle connection. */
  readonly idleSince: Float64Array;

  /** @param arrivals in the order of their arrival */
  constructor(arrivals: readonly Arrival[]) {
    this.count = arrivals.length;
    this.row = new Uint32Array(this.count);
    this.arrival = new Float64Array(this.count);
    this.ready = new Float64Array(this.count);
    this.firstByte = new Float64Array(this.count);
    this.release = new Float64Array(this.count);
    this.kind = new Uint32Array(this.count);
    this.idleSince = new Float64Array(this.count);
    for (let i = 0; i < this.count; i++) {
      const each = arrivals[i];
      this.row[i] = each.row;
      this.arrival[i] = each.arrival;
      this.ready[i] = Number.isNaN(each.begin) ? each.arrival : Math.max(each.begin, each.arrival);
      this.firstByte[i] = each.firstByte;
      this.release[i] = each.release;
      this.kind[i] = each.kind;
      this.idleSince[i] = each.idleSince ?? NaN;
    }
  }

  /** How long the first byte took from the moment when the application could work; NaN without one. */
  latency(index: number): number {
    return this.firstByte[index] - this.ready[index];
  }

  /** The same from the moment when it had its slot. */
  service(index: number, start: number): number {
    return this.firstByte[index] - Math.max(start, this.ready[index]);
  }
}
