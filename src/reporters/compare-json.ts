// The comparison as one JSON document (docs/compare.md). Numbers are raw, times are seconds, null stands for what is not
// known.
import type { ComparedEndpoint, Comparison } from '../compare/compare.js';
import type { Figure } from '../compare/figures.js';
import type { ComparedFinding, FindingSide } from '../compare/findings.js';
import { type LatencyComparison, LEAST_EFFECT, LEAST_VALUES, SIGNIFICANCE } from '../compare/latency.js';
import type { Report } from '../compare/report.js';
import { redactText } from './redact.js';
import { safeJson } from './safe-json.js';

export const COMPARE_SCHEMA = 'fcgi-inspect/compare/1';

export interface CompareJsonOptions {
  /** Values of cookies and authorization in titles are shown. */
  readonly showSecrets?: boolean;
}

export function* compareJson(comparison: Comparison, options: CompareJsonOptions = {}): Generator<string> {
  yield `${safeJson(comparisonObject(comparison, options), 2)}\n`;
}

/** The document as a value, for a document that holds it. */
export function comparisonObject(comparison: Comparison, options: CompareJsonOptions = {}) {
  const shown = options.showSecrets ? (text: string) => text : redactText;
  return {
    schema: COMPARE_SCHEMA,
    before: reportObject(comparison.before),
    after: reportObject(comparison.after),
    findings: comparison.findings.map((finding) => findingObject(finding, shown)),
    figures: comparison.figures.map(figureObject),
    test: { name: 'mann-whitney-u', significance: SIGNIFICANCE, leastEffect: LEAST_EFFECT, leastValues: LEAST_VALUES },
    latency: comparison.latency.map(latencyObject),
    endpoints: comparison.endpoints.map(endpointObject),
  };
}

function reportObject({ name, source, firstTime, duration, cut, connections, requests }: Report) {
  return { name, source, firstTime: firstTime ?? null, duration, cut, connections, requests };
}

function findingObject({ id, fate, before, after }: ComparedFinding, shown: (text: string) => string) {
  const side = (value: FindingSide | undefined) =>
    value === undefined
      ? null
      : {
          severity: value.severity,
          count: value.count,
          title: shown(value.title),
          ...(value.endpoint === undefined ? {} : { endpoint: value.endpoint }),
        };
  return { id, fate, before: side(before), after: side(after) };
}

function figureObject({ group, name, unit, before, after, of, changed }: Figure) {
  return { group, name, unit, before: before ?? null, after: after ?? null, ...(of ? { of } : {}), changed };
}

function latencyObject(value: LatencyComparison) {
  return {
    latency: value.latency,
    before: value.before ?? null,
    after: value.after ?? null,
    verdict: value.verdict,
    why: value.why ?? null,
    samples: value.samples ?? null,
    independent: value.independent ?? null,
    p: value.p ?? null,
    effect: value.effect ?? null,
    tail: value.tail ?? null,
  };
}

function endpointObject({ before, after, latency }: ComparedEndpoint) {
  return {
    before: before?.endpoint ?? null,
    after: after?.endpoint ?? null,
    protocol: (after ?? before)?.protocol ?? null,
    latency: latency.map(latencyObject),
  };
}
