// Findings that are gone, new, or there both times. A finding is the same where its id and its endpoint are; several of one
// id at one endpoint (about single connections or requests) are one here, as connections have no identity across runs.
import { SEVERITIES, type Severity } from '../analysis/finding.js';
import type { EndpointPair } from './endpoints.js';
import type { ReportFinding } from './report.js';

export type FindingFate = 'gone' | 'new' | 'worse' | 'better' | 'same';

/** What a finding was in one report. */
export interface FindingSide {
  readonly severity: Severity;
  /** Of the first one. */
  readonly title: string;
  /** Connections, requests or events, summed. */
  readonly count: number;
  readonly endpoint: string | undefined;
}

export interface ComparedFinding {
  readonly id: string;
  /** `worse` and `better` are about the severity; a count that changed is `same`. */
  readonly fate: FindingFate;
  readonly before: FindingSide | undefined;
  readonly after: FindingSide | undefined;
}

const ORDER: readonly FindingFate[] = ['new', 'worse', 'gone', 'better', 'same'];

/** New ones first, then those that are gone, then the rest; in each the worst first. */
export function compareFindings(
  before: readonly ReportFinding[],
  after: readonly ReportFinding[],
  pairs: readonly EndpointPair[],
): ComparedFinding[] {
  const place = (endpoint: string | undefined, side: 'before' | 'after') => {
    const index = pairs.findIndex((pair) => pair[side]?.endpoint === endpoint);
    return endpoint === undefined ? '' : index < 0 ? endpoint : `#${index}`;
  };
  const first = joined(before, (finding) => `${finding.id} ${place(finding.endpoint, 'before')}`);
  const second = joined(after, (finding) => `${finding.id} ${place(finding.endpoint, 'after')}`);
  const compared = [...new Set([...first.keys(), ...second.keys()])].map((key) => {
    const [was, is] = [first.get(key), second.get(key)];
    return { id: key.slice(0, key.indexOf(' ')), fate: fateOf(was, is), before: was, after: is };
  });
  const rank = ({ fate, before: was, after: is }: ComparedFinding) =>
    ORDER.indexOf(fate) * SEVERITIES.length + SEVERITIES.indexOf((is ?? was)!.severity);
  return compared.sort((a, b) => rank(a) - rank(b));
}

function joined(findings: readonly ReportFinding[], key: (finding: ReportFinding) => string): Map<string, FindingSide> {
  const byKey = new Map<string, FindingSide>();
  for (const finding of findings) {
    const { severity, title, count, endpoint } = finding;
    const known = byKey.get(key(finding));
    const worst =
      known === undefined || SEVERITIES.indexOf(severity) < SEVERITIES.indexOf(known.severity)
        ? severity
        : known.severity;
    byKey.set(key(finding), {
      severity: worst,
      title: known?.title ?? title,
      count: (known?.count ?? 0) + count,
      endpoint,
    });
  }
  return byKey;
}

function fateOf(before: FindingSide | undefined, after: FindingSide | undefined): FindingFate {
  if (before === undefined) return 'new';
  if (after === undefined) return 'gone';
  const change = SEVERITIES.indexOf(after.severity) - SEVERITIES.indexOf(before.severity);
  return change < 0 ? 'worse' : change > 0 ? 'better' : 'same';
}
