// Which application endpoint of one report is which of the other: the one with the same address; and where a single one is
// left on both sides, that one, as ports differ from run to run.
import type { Report, ReportEndpoint } from './report.js';

/** Either is undefined where the other report has no such endpoint. */
export interface EndpointPair {
  readonly before: ReportEndpoint | undefined;
  readonly after: ReportEndpoint | undefined;
}

export function pairEndpoints(before: Report, after: Report): EndpointPair[] {
  const left = new Map(after.endpoints.map((endpoint) => [key(endpoint), endpoint]));
  const pairs: EndpointPair[] = [];
  const alone: ReportEndpoint[] = [];
  for (const endpoint of before.endpoints) {
    const same = left.get(key(endpoint));
    if (same === undefined) alone.push(endpoint);
    else {
      pairs.push({ before: endpoint, after: same });
      left.delete(key(endpoint));
    }
  }
  const others = [...left.values()];
  if (alone.length === 1 && others.length === 1 && alone[0].protocol === others[0].protocol) {
    return [...pairs, { before: alone[0], after: others[0] }];
  }
  return [
    ...pairs,
    ...alone.map((endpoint) => ({ before: endpoint, after: undefined })),
    ...others.map((endpoint) => ({ before: undefined, after: endpoint })),
  ];
}

function key({ endpoint, protocol }: ReportEndpoint): string {
  return `${protocol} ${endpoint}`;
}

/** The report with other names of its endpoints, where the same application is known to have another address. */
export function renamed(report: Report, names: ReadonlyMap<string, string>): Report {
  const name = (endpoint: string) => names.get(endpoint) ?? endpoint;
  return {
    ...report,
    endpoints: report.endpoints.map((endpoint) => ({ ...endpoint, endpoint: name(endpoint.endpoint) })),
    findings: report.findings.map((finding) => ({
      ...finding,
      endpoint: finding.endpoint === undefined ? undefined : name(finding.endpoint),
    })),
  };
}
