// One family of metrics: its name, what it means, and how its samples are taken from what is known now. Labels have few
// values, whatever traffic there is: listeners, sides, states, ids of findings, never URIs.
import type { SeenFinding } from '../../analysis/finding-history.js';
import type { BoundedHistogram, TrafficTally } from '../../analysis/traffic-tally.js';
import type { HostView } from '../../host/host-view.js';

/** What metrics are taken from; each part where it is known. */
export interface MetricsInput {
  readonly version: string;
  readonly host?: HostView | undefined;
  readonly findings: readonly SeenFinding[];
  /** From a source that sees requests. */
  readonly traffic?: TrafficTally | undefined;
  /** Series for each process: their number is not bounded by the number of listeners. */
  readonly perProcess: boolean;
}

export type Labels = Readonly<Record<string, string>>;

export interface MetricSample {
  readonly labels: Labels;
  readonly value: number;
}

export interface HistogramSample {
  readonly labels: Labels;
  readonly histogram: BoundedHistogram;
}

/** Where its values come from. */
export type MetricSource = 'status page' | 'host' | 'traffic' | 'findings' | 'fcgi-inspect';

interface FamilyBase {
  /** As it is scraped, `_total` of counters included. */
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  readonly source: MetricSource;
  /** The name has to be as others made it: a counter without `_total`. */
  readonly givenName?: boolean;
}

export interface ValueFamily extends FamilyBase {
  readonly type: 'gauge' | 'counter';
  collect(input: MetricsInput): Iterable<MetricSample>;
}

export interface HistogramFamily extends FamilyBase {
  readonly type: 'histogram';
  collect(input: MetricsInput): Iterable<HistogramSample>;
}

export type MetricFamily = ValueFamily | HistogramFamily;
