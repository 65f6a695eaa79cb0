// How well a number of slots explains the waits: if requests queue, the times from getting a slot to the first byte come
// from one distribution, for those that queued and those that did not. The right number of slots makes them most alike.
import { type Answers, median } from './queue-likelihood.js';
import { startsOf } from './queue-slots.js';
import { type Timeline, TOLERANCE, WAITING } from './queue-timeline.js';

/** A service this much shorter than the shortest one without a queue has no precedent. */
const PRECEDENT = 0.3;

export interface Fit {
  readonly slots: number;
  /** How many of the answered ones wait over 100 ms for a slot. */
  readonly queued: number;
  /** Log-likelihood of the answers; comparable with that of other stories about the same answers. */
  readonly likelihood: number;
}

/** Tries a number of slots. */
export function measureFit(times: Timeline, slots: number, answers: Answers): Fit {
  const starts = startsOf(times, slots);
  const services = new Float64Array(answers.indices.length);
  let unexplained = 0;
  let queued = 0;
  let longest = 1;
  answers.indices.forEach((i, position) => {
    const service = times.service(i, starts[i]);
    longest = Math.max(longest, times.latency(i));
    if (starts[i] - times.arrival[i] > WAITING) queued++;
    if (service < -TOLERANCE) unexplained++;
    services[position] = service < -TOLERANCE ? NaN : Math.max(0, service);
  });
  // What came before its turn is not explained: it could have been any time up to the longest.
  const likelihood = answers.logLikelihood(services) - unexplained * Math.log(longest);
  return { slots, queued, likelihood };
}

export interface Precedent {
  /**
   * Share of those that queued whose service is not much shorter than every service of the same kind without a queue.
   * Long polls that are all answered by one event look like a queue with services of nothing: that has no precedent.
   * A kind that was never served without a queue counts as precedented.
   */
  readonly share: number;
  /** Median service of those that queued over that of those that did not; NaN where there are none. */
  readonly similarity: number;
}

/** Compares the services of connections that queue for `slots` slots with those of connections that do not. */
export function findPrecedent(times: Timeline, slots: number): Precedent {
  const starts = startsOf(times, slots);
  const shortest = new Map<number, number>();
  const queued: number[] = [];
  const others: number[] = [];
  for (let i = 0; i < times.count; i++) {
    if (Number.isNaN(times.firstByte[i])) continue;
    const waits = starts[i] - times.arrival[i];
    if (waits > WAITING) queued.push(i);
    if (waits > TOLERANCE) continue;
    const latency = times.latency(i);
    others.push(latency);
    if (!(shortest.get(times.kind[i])! <= latency)) shortest.set(times.kind[i], latency);
  }
  let precedented = 0;
  const services = queued.map((i) => times.service(i, starts[i]));
  queued.forEach((i, k) => {
    if (services[k] >= PRECEDENT * (shortest.get(times.kind[i]) ?? 0)) precedented++;
  });
  return { share: precedented / queued.length, similarity: median(services) / median(others) };
}
