// Metrics as text: OpenMetrics 1.0 for those who ask for it, else Prometheus' older format.

import { METRIC_FAMILIES } from './families.js';
import type { HistogramFamily, Labels, MetricFamily, MetricsInput } from './family.js';

export const OPEN_METRICS_TYPE = 'application/openmetrics-text; version=1.0.0; charset=utf-8';
export const PROMETHEUS_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** Label values longer than that are cut: names of sockets and pools are shorter. */
const LONGEST_VALUE = 200;

export type MetricsFormat = 'openmetrics' | 'prometheus';

/** What a scraper's Accept header asks for. */
export function metricsFormat(accept: string | undefined): MetricsFormat {
  return /application\/openmetrics-text/i.test(accept ?? '') ? 'openmetrics' : 'prometheus';
}

export function metricsText(
  input: MetricsInput,
  format: MetricsFormat,
  families: readonly MetricFamily[] = METRIC_FAMILIES,
): string {
  const lines: string[] = [];
  for (const family of families) {
    const samples = family.type === 'histogram' ? histogramLines(family, input) : valueLines(family, input);
    if (samples.length === 0) continue;
    const name = format === 'openmetrics' ? familyName(family) : family.name;
    lines.push(
      `# HELP ${name} ${escapedHelp(family.help, format)}`,
      `# TYPE ${name} ${typeOf(family, format)}`,
      ...samples,
    );
  }
  if (format === 'openmetrics') lines.push('# EOF');
  return `${lines.join('\n')}\n`;
}

/** OpenMetrics names a counter without the `_total` of its sample. */
function familyName({ name, type }: MetricFamily): string {
  return type === 'counter' ? name.replace(/_total$/, '') : name;
}

/** A counter that others named without `_total` is none to OpenMetrics. */
function typeOf({ name, type }: MetricFamily, format: MetricsFormat): string {
  return format === 'openmetrics' && type === 'counter' && !name.endsWith('_total') ? 'unknown' : type;
}

function valueLines(family: Exclude<MetricFamily, HistogramFamily>, input: MetricsInput): string[] {
  return [...family.collect(input)].map(
    ({ labels, value }) => `${family.name}${labelText(labels)} ${numberText(value)}`,
  );
}

function histogramLines(family: HistogramFamily, input: MetricsInput): string[] {
  const lines: string[] = [];
  for (const { labels, histogram } of family.collect(input)) {
    let sum = 0;
    for (const [i, count] of histogram.counts.entries()) {
      sum += count;
      const bound = histogram.bounds[i];
      const le = bound === undefined ? '+Inf' : numberText(bound, true);
      lines.push(`${family.name}_bucket${labelText({ ...labels, le })} ${sum}`);
    }
    lines.push(
      `${family.name}_sum${labelText(labels)} ${numberText(histogram.sum)}`,
      `${family.name}_count${labelText(labels)} ${histogram.count}`,
    );
  }
  return lines;
}

function labelText(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escapedValue(value)}"`);
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
}

function escapedValue(value: string): string {
  return value
    .slice(0, LONGEST_VALUE)
    .replaceAll('\\', '\\\\')
    .replaceAll('"', '\\"')
    .replaceAll('\n', '\\n')
    .replace(/[\p{C}]/gu, '?');
}

function escapedHelp(text: string, format: MetricsFormat): string {
  const escaped = text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
  return format === 'openmetrics' ? escaped.replaceAll('"', '\\"') : escaped;
}

/** `bound`: OpenMetrics writes a whole number as 1.0 there. */
function numberText(value: number, bound = false): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  return bound && Number.isInteger(value) ? value.toFixed(1) : String(value);
}
