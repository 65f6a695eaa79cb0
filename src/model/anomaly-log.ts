// Where problems of streams happened. Every one is counted; the places of the first ones of each code are kept.
import { PROBLEM_CODES, type ProblemName, problemNumber } from './problem-codes.js';
import type { Side } from './side.js';

export interface Anomaly {
  readonly code: ProblemName;
  readonly connection: number;
  /** Row of the request, or -1. */
  readonly request: number;
  readonly side: Side;
  /** Byte offset in that side's stream. */
  readonly offset: number;
  readonly time: number;
  readonly packet: number;
  readonly detail: string;
}

/** Places kept of each code. */
export const MAX_PLACES = 1000;

export class AnomalyLog {
  /** Count of each code, by its number. */
  readonly counts = new Float64Array(PROBLEM_CODES.length);
  /** The places that were kept, in the order they were met. */
  readonly places: Anomaly[] = [];

  add(anomaly: Anomaly): void {
    const number = problemNumber(anomaly.code);
    if (++this.counts[number] <= MAX_PLACES) this.places.push(anomaly);
  }

  /** Keeps the places in rows that have a new number; counts are then those of what is left. */
  retain(connections: Int32Array, requests: Int32Array): void {
    const kept = this.places.splice(0);
    this.counts.fill(0);
    for (const place of kept) {
      const connection = connections[place.connection];
      if (connection === -1) continue;
      const request = place.request === -1 ? -1 : requests[place.request];
      this.add({ ...place, connection, request });
    }
  }

  count(code: ProblemName): number {
    return this.counts[problemNumber(code)];
  }
}
