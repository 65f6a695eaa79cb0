// How well a number of slots explains the waits: if requests queue, the time from getting a slot to the first byte is
// about the same for those that queued and those that did not, and it varies far less than the whole wait does.
import { Periods } from './queue-congestion.js';
import { type Timeline, TOLERANCE, WAITING } from './queue-timeline.js';

/** Deviations below this are measurement noise; so are those below this share of what the waits themselves deviate. */
const NOISE = 1e3;
const NEGLIGIBLE = 1 / 5000;
/** A service this much shorter than the shortest one without a queue has no precedent. */
const PRECEDENT = 0.3;

export interface Fit {
  readonly slots: number;
  /** When each connection gets its slot. */
  readonly starts: Float64Array;
  /** Indices of the answered connections that waited over 100 ms and queued, or held a slot while others queued. */
  readonly examined: readonly number[];
  /** Median absolute deviation of the services of `examined`. */
  readonly deviation: number;
  /** How many times more the whole waits of `examined` vary. */
  readonly gain: number;
  /**
   * Share of those that queued whose service is not much shorter than every service without a queue, of the same kind.
   * Long polls that are all answered by one event look like a queue with services of nothing: that has no precedent.
   * A kind never served without a queue counts as precedented here, and not in `precedentedOverall`.
   */
  readonly precedented: number;
  readonly precedentedOverall: number;
  /**
   * How long the moments lie apart at which those that queued got their slots, as a share of the longest wait. Next to
   * nothing: everybody was released at one instant, as after a pause of the whole application.
   */
  readonly spread: number;
  /** Median service of those that queued over that of those that held slots meanwhile; NaN where there are none. */
  readonly similarity: number;
}

/** The shortest services of connections that did not queue. */
export class Precedents {
  private readonly ofKinds = new Map<number, number>();
  private ofAll = Infinity;

  /** @param starts when each gets its slot if there are as few slots as possible */
  constructor(times: Timeline, starts: Float64Array) {
    for (let i = 0; i < times.count; i++) {
      if (starts[i] - times.arrival[i] > TOLERANCE || Number.isNaN(times.firstByte[i])) continue;
      const latency = times.latency(i);
      this.ofAll = Math.min(this.ofAll, latency);
      if (!(this.ofKinds.get(times.kind[i])! <= latency)) this.ofKinds.set(times.kind[i], latency);
    }
  }

  /** Of the kind, or `otherwise` if none of that kind was served without a queue. */
  shortest(kind: number, otherwise: number): number {
    return this.ofKinds.get(kind) ?? otherwise;
  }

  get shortestOfAll(): number {
    return this.ofAll;
  }
}

/** Undefined where fewer than three connections queue under these starts. */
export function measureFit(
  times: Timeline,
  slots: number,
  starts: Float64Array,
  precedents: Precedents,
): Fit | undefined {
  const periods = Periods.ofQueueing(times, starts);
  const examined: number[] = [];
  const queued: number[] = [];
  const holders: number[] = [];
  for (let i = 0; i < times.count; i++) {
    if (Number.isNaN(times.firstByte[i])) continue;
    const waitsForSlot = starts[i] - times.arrival[i];
    const latency = times.latency(i);
    if (waitsForSlot <= TOLERANCE) {
      if (!periods.touch(times.arrival[i], times.release[i])) continue;
      holders.push(latency);
    } else if (waitsForSlot > WAITING) {
      queued.push(i);
    }
    if (latency > WAITING) examined.push(i);
  }
  if (queued.length < 3 || examined.length < 3) return undefined;
  const waits = medianDeviation(examined.map((i) => times.latency(i)));
  const deviation = Math.max(serviceDeviation(times, starts, examined), NEGLIGIBLE * waits);
  let withPrecedent = 0;
  let withPrecedentOverall = 0;
  let [firstStart, lastStart, longest] = [Infinity, -Infinity, 0];
  for (const i of queued) {
    firstStart = Math.min(firstStart, starts[i]);
    lastStart = Math.max(lastStart, starts[i]);
    longest = Math.max(longest, starts[i] - times.arrival[i]);
    const service = times.service(i, starts[i]);
    const kind = times.kind[i];
    if (service >= PRECEDENT * precedents.shortest(kind, 0)) withPrecedent++;
    if (service >= PRECEDENT * precedents.shortest(kind, precedents.shortestOfAll)) withPrecedentOverall++;
  }
  return {
    slots,
    starts,
    examined,
    deviation,
    gain: waits / deviation,
    precedented: withPrecedent / queued.length,
    precedentedOverall: withPrecedentOverall / queued.length,
    spread: (lastStart - firstStart) / longest,
    similarity: median(queued.map((i) => times.service(i, starts[i]))) / median(holders),
  };
}

/** Median absolute deviation of the services of some connections under other starts; at least the noise. */
export function serviceDeviation(times: Timeline, starts: Float64Array, indices: readonly number[]): number {
  return Math.max(NOISE, medianDeviation(indices.map((i) => Math.max(0, times.service(i, starts[i])))));
}

function medianDeviation(values: readonly number[]): number {
  const middle = median(values);
  return median(values.map((value) => Math.abs(value - middle)));
}

/** NaN without values. */
function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}
