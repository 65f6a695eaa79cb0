// Did requests become slower or faster? Percentiles side by side, and what the significance test says where every
// request's time is known.
import { rankTest, tailTest } from './rank-test.js';
import { type EndpointFigures, LATENCIES, type Latency, type PercentileFigures } from './report.js';

/** A difference is called one where chance makes it in fewer cases than this. */
export const SIGNIFICANCE = 0.01;
/** And where it is large enough to matter: below, Cliff's delta is called negligible (Romano and others, 2006). */
export const LEAST_EFFECT = 0.147;
/** Independent values that each sample must be worth: below, the normal approximation says nothing. */
export const LEAST_VALUES = 8;
/** Requests of the tail in both samples together. */
const LEAST_TAIL = 10;

export type LatencyVerdict =
  /** Significantly so, and by more than a negligible effect. */
  | 'slower'
  | 'faster'
  /** Only the slowest twentieth changed significantly. */
  | 'slower-tail'
  | 'faster-tail'
  /** Tested, with no significant or only a negligible difference. */
  | 'same'
  | 'not-tested';

export type WhyNotTested = 'percentiles-only' | 'too-few' | 'no-requests';

export interface LatencyComparison {
  readonly latency: Latency;
  readonly before: PercentileFigures | undefined;
  readonly after: PercentileFigures | undefined;
  readonly verdict: LatencyVerdict;
  readonly why: WhyNotTested | undefined;
  /** How many requests were tested on either side, and how many independent ones they are worth. */
  readonly samples: readonly [number, number] | undefined;
  readonly independent: readonly [number, number] | undefined;
  readonly p: number | undefined;
  readonly effect: number | undefined;
  /** The slowest twentieth of both together: above how many seconds, how many of each side, and how likely by chance. */
  readonly tail: { readonly above: number; readonly counts: readonly [number, number]; readonly p: number } | undefined;
}

export function compareLatencies(before: EndpointFigures, after: EndpointFigures): LatencyComparison[] {
  return LATENCIES.map((latency) => compareLatency(latency, before, after));
}

function compareLatency(latency: Latency, before: EndpointFigures, after: EndpointFigures): LatencyComparison {
  const figures = { latency, before: before.latency[latency], after: after.latency[latency] };
  const untested = { samples: undefined, independent: undefined, p: undefined, effect: undefined, tail: undefined };
  const not = (why: WhyNotTested) => ({ ...figures, ...untested, verdict: 'not-tested' as const, why });
  if (figures.before === undefined || figures.after === undefined) return not('no-requests');
  const [one, other] = [before.times?.[latency], after.times?.[latency]];
  if (one === undefined || other === undefined) return not('percentiles-only');
  const samples = [one.length, other.length] as const;
  if (Math.min(...samples) < LEAST_VALUES) return { ...not('too-few'), samples };
  const test = rankTest(one, other);
  if (Math.min(...test.independent) < LEAST_VALUES) {
    return { ...not('too-few'), samples, independent: test.independent };
  }
  const tailed = tailTest(one, other);
  const tail =
    tailed.counts[0] + tailed.counts[1] < LEAST_TAIL
      ? undefined
      : { above: tailed.threshold, counts: tailed.counts, p: tailed.p };
  let verdict: LatencyVerdict = 'same';
  if (test.p < SIGNIFICANCE && Math.abs(test.effect) >= LEAST_EFFECT) verdict = test.effect > 0 ? 'slower' : 'faster';
  else if (tail !== undefined && tail.p < SIGNIFICANCE) {
    const more = tail.counts[1] / samples[1] - tail.counts[0] / samples[0];
    verdict = more > 0 ? 'slower-tail' : 'faster-tail';
  }
  const { p, effect, independent } = test;
  return { ...figures, verdict, why: undefined, samples, independent, p, effect, tail };
}

/** Cliff's delta in words. */
export function effectWord(effect: number): 'negligible' | 'small' | 'medium' | 'large' {
  const size = Math.abs(effect);
  return size < LEAST_EFFECT ? 'negligible' : size < 0.33 ? 'small' : size < 0.474 ? 'medium' : 'large';
}
