// From a finding to the rows it is about: the view that shows them and the filter that selects them.
import type { Finding } from '../analysis/finding.js';
import type { ViewName } from './state.js';

export interface Target {
  readonly view: ViewName;
  /** '' for all. */
  readonly filter: string;
}

/** Findings told by a condition on all rows; the others are told by the rows of their evidence. */
const CONDITIONS: Readonly<Record<string, { readonly view: ViewName; readonly filter: string }>> = {
  'time-wait-application-side': { view: 'connections', filter: 'timewait == application' },
  'time-wait-web-server-side': { view: 'connections', filter: 'timewait == web-server' },
  'keep-conn-without-pool': { view: 'connections', filter: 'keepconn and firstfin == web-server' },
  'keep-alive-broken': { view: 'connections', filter: 'keepconn and firstfin == application' },
  'connection-refused': { view: 'connections', filter: 'state == REJ' },
  'abort-on-overflow': { view: 'connections', filter: 'firstreset == application' },
  'application-error': { view: 'requests', filter: '(status >= 500 or appstatus > 0)' },
  'application-stderr': { view: 'requests', filter: 'stderr > 0' },
  'slow-application': { view: 'requests', filter: 'total > 1s' },
  'slow-upload': { view: 'requests', filter: 'total > 1s' },
  'slow-reader': { view: 'requests', filter: 'total > 1s' },
  overloaded: { view: 'requests', filter: 'protostatus == overloaded' },
  'cannot-multiplex': { view: 'requests', filter: 'protostatus == cant_mpx_conn' },
  'unknown-role': { view: 'requests', filter: 'protostatus == unknown_role' },
  'stuck-accept-queue': { view: 'queue', filter: '' },
  'workers-exhausted': { view: 'queue', filter: '' },
  'accept-blocked': { view: 'queue', filter: '' },
  'keep-alive-pins-workers': { view: 'queue', filter: '' },
  'backlog-overflow': { view: 'queue', filter: '' },
};

/** All rows that the finding is about. */
export function targetOf(finding: Finding): Target {
  const condition = CONDITIONS[finding.id];
  if (condition === undefined) return evidenceTarget(finding);
  const { endpoint } = finding.scope;
  if (condition.view === 'queue' || endpoint === undefined) return condition;
  return { view: condition.view, filter: `${condition.filter} and application == "${endpoint}"` };
}

/** The rows that prove it. */
export function evidenceTarget(finding: Finding): Target {
  const requests = unique(finding.evidence.map(({ request }) => request));
  const connections = unique(finding.evidence.map(({ connection }) => connection));
  if (connections.length > 0 && connections.length >= requests.length) {
    return { view: 'connections', filter: `connection in (${connections.join(', ')})` };
  }
  if (requests.length > 0) return { view: 'requests', filter: `id in (${requests.join(', ')})` };
  const { endpoint, connection, request } = finding.scope;
  if (request !== undefined) return { view: 'requests', filter: `id == ${request}` };
  if (connection !== undefined) return { view: 'connections', filter: `connection == ${connection}` };
  return { view: 'connections', filter: endpoint === undefined ? '' : `application == "${endpoint}"` };
}

function unique(rows: readonly (number | undefined)[]): number[] {
  return [...new Set(rows.filter((row): row is number => row !== undefined))].sort((a, b) => a - b);
}
