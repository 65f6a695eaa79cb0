// Lets a check that knows packets also know what the host shows: its findings from either, one for each listener.
import type { HostView } from '../../host/host-view.js';
import type { Check } from '../check.js';
import type { Facts } from '../facts.js';
import { type Finding, MAX_EVIDENCE, SEVERITIES } from '../finding.js';

/** What the host shows; the check gives it its id and its advice. */
export type HostFinding = Omit<Finding, 'id' | 'advice' | 'now'>;
export type HostRule = (host: HostView, facts: Facts) => readonly HostFinding[];

/** The check, which answers from the host as well. */
export function withHost(rule: HostRule, check: Check): Check {
  return {
    ...check,
    also: ['host'],
    run(facts) {
      const others = check.run(facts);
      if (!facts.host) return others;
      const seen = rule(facts.host, facts).map((finding) => ({
        ...finding,
        id: check.id,
        advice: check.remedy,
        now: true as const,
      }));
      return others === 'not-applicable' ? seen : together(others, seen);
    },
  };
}

/** Of one listener, what the host shows comes first, and what packets say is evidence for it. */
function together(others: readonly Finding[], seen: readonly Finding[]): Finding[] {
  const left = new Set(others);
  const merged = seen.map((finding) => {
    const other = others.find((each) => left.has(each) && isSame(each, finding));
    if (!other) return finding;
    left.delete(other);
    const half = MAX_EVIDENCE / 2;
    return {
      ...finding,
      severity: SEVERITIES[Math.min(SEVERITIES.indexOf(finding.severity), SEVERITIES.indexOf(other.severity))],
      detail: `${finding.detail} In the traffic: ${other.title}.`,
      count: Math.max(finding.count, other.count),
      evidence: [
        ...finding.evidence.slice(0, Math.max(half, MAX_EVIDENCE - other.evidence.length)),
        ...other.evidence,
      ].slice(0, MAX_EVIDENCE),
    };
  });
  return [...merged, ...left];
}

function isSame(a: Finding, b: Finding): boolean {
  return a.scope.endpoint !== undefined && a.scope.endpoint === b.scope.endpoint;
}
