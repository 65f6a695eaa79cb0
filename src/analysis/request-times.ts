// When a request had its input, and when it stopped running.
import type { RequestTable } from '../model/request-table.js';
import type { ConnectionTable } from '../tcp/connection-table.js';
import { closeTime } from './facts.js';

/** What tells when requests ran; `duration` in nanoseconds. */
export interface RunTables {
  readonly requests: RequestTable;
  readonly connections: ConnectionTable;
  readonly duration: number;
}

/** When a request stops running: END_REQUEST, else its connection's first FIN or RST, else the end of the capture. */
export function runsUntil({ requests, connections, duration }: RunTables, row: number): number {
  const end = requests.end[row];
  if (!Number.isNaN(end)) return end;
  return Math.min(closeTime(connections, requests.connection[row]), duration);
}

/** When a request's own input had ended: PARAMS and STDIN; NaN while either is missing. */
export function inputEnd(requests: RequestTable, row: number): number {
  const params = requests.paramsEnd[row];
  const stdin = requests.stdinEnd[row];
  return Math.max(params, stdin);
}
