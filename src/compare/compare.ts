// Two reports beside each other: what is concluded from the difference, before it is turned into text or JSON.
import type { Severity } from '../analysis/finding.js';
import { type EndpointPair, pairEndpoints } from './endpoints.js';
import { compareFigures, type Figure } from './figures.js';
import { type ComparedFinding, compareFindings } from './findings.js';
import { compareLatencies, type LatencyComparison } from './latency.js';
import type { Report } from './report.js';

/** An endpoint of both reports, where there are several. */
export interface ComparedEndpoint extends EndpointPair {
  /** Empty where one report has no such endpoint. */
  readonly latency: readonly LatencyComparison[];
}

export interface Comparison {
  readonly before: Report;
  readonly after: Report;
  readonly findings: readonly ComparedFinding[];
  readonly figures: readonly Figure[];
  readonly latency: readonly LatencyComparison[];
  readonly endpoints: readonly ComparedEndpoint[];
}

export function compareReports(before: Report, after: Report): Comparison {
  const pairs = pairEndpoints(before, after);
  return {
    before,
    after,
    findings: compareFindings(before.findings, after.findings, pairs),
    figures: compareFigures(before, after, pairs),
    latency: compareLatencies(before, after),
    endpoints: pairs.map((pair) => ({
      ...pair,
      latency: pair.before && pair.after ? compareLatencies(pair.before, pair.after) : [],
    })),
  };
}

/** The severities of what the second report has and the first has not, or not as badly. */
export function* newSeverities({ findings }: Comparison): Generator<{ readonly severity: Severity }> {
  for (const { fate, after } of findings) if (after && (fate === 'new' || fate === 'worse')) yield after;
}

/** Requests of the second report take longer, significantly: all together, or the slowest of them. */
export function isSlower({ latency }: Comparison): boolean {
  return latency.some(({ verdict }) => verdict === 'slower' || verdict === 'slower-tail');
}
