// Counts for metrics what a tap has seen, by application: connections as they come and go, requests and connections as
// their rows end.
import { CANT_MPX_CONN, OVERLOADED, UNKNOWN_ROLE } from '../../fastcgi/constants.js';
import * as request from '../../model/request-table.js';
import {
  APPLICATION,
  BY_APPLICATION,
  BY_BOTH,
  BY_NONE,
  BY_WEB_SERVER,
  type Side,
  WEB_SERVER,
} from '../../model/side.js';
import type { ConnectionTables } from '../rows.js';
import { type EndedConnection, type ListenerTally, type RequestResult, TrafficTally } from '../traffic-tally.js';
import type { EndedRow } from './ended-rows.js';

/** Rows that have ended since the last time, and requests that have not. */
export interface TalliedRows {
  readonly connections: readonly EndedRow[];
  readonly requests: readonly EndedRow[];
  /** Rows of requests under way. */
  readonly underWay: readonly number[];
}

export class TapTally {
  readonly traffic = new TrafficTally();
  private readonly rows = new Map<number, ListenerTally>();

  /** That of each pair's application; pairs may share one. */
  private readonly tallies: readonly ListenerTally[];
  private readonly open = new Map<ListenerTally, number>();

  /** @param applications of each pair, as the report names them: `127.0.0.1:9000`, `unix:/run/php.sock` */
  constructor(applications: readonly string[]) {
    this.tallies = applications.map((name) => this.traffic.listener(name));
  }

  opened(pair: number): void {
    const tally = this.tallies[pair];
    tally.connections++;
    this.open.set(tally, (this.open.get(tally) ?? 0) + 1);
  }

  /** @param paused milliseconds during which each side was not read */
  closed(pair: number, paused: readonly [number, number]): void {
    const tally = this.tallies[pair];
    tally.webServerPaused += paused[WEB_SERVER] / 1000;
    tally.applicationPaused += paused[APPLICATION] / 1000;
    this.open.set(tally, (this.open.get(tally) ?? 1) - 1);
  }

  connectFailed(pair: number, code: string): void {
    this.tallies[pair].connectFailed(code);
  }

  passed(pair: number, side: Side, bytes: number): void {
    const tally = this.tallies[pair];
    if (side === WEB_SERVER) tally.bytesFromWebServer += bytes;
    else tally.bytesFromApplication += bytes;
  }

  faultMade(pair: number, name: string): void {
    this.tallies[pair].faultMade(name);
  }

  take(tables: ConnectionTables, { connections, requests, underWay }: TalliedRows): void {
    this.rows.clear();
    for (const { row } of requests) {
      const tally = this.tallyOf(tables, tables.requests.connection[row]);
      tally.stderrBytes += tables.requests.stderrBytes[row];
      tally.requestEnded({
        result: resultOf(tables, row),
        timeToFirstByte: tables.requests.firstByte[row] - inputEnd(tables, row),
        total: tables.requests.end[row] - tables.requests.begin[row],
        bodyIn: tables.requests.stdinEnd[row] - tables.requests.begin[row],
      });
    }
    for (const { row } of connections) {
      const { synAckTime, start } = tables.connections;
      const tally = this.tallyOf(tables, row);
      tally.connected(synAckTime[row] - start[row]);
      tally.connectionEnded(endedConnection(tables, row));
    }
    for (const tally of this.traffic.listeners.values()) {
      tally.requestsInFlight = 0;
      tally.open = this.open.get(tally) ?? 0;
    }
    for (const row of underWay) this.tallyOf(tables, tables.requests.connection[row]).requestBegun();
  }

  /** Rows keep their application for as long as they have their number. */
  private tallyOf({ addresses, connections }: ConnectionTables, row: number): ListenerTally {
    const key = connections.address1[row] * 65_536 + connections.port1[row];
    let tally = this.rows.get(key);
    if (tally === undefined) {
      tally = this.traffic.listener(addresses.endpoint(connections.address1[row], connections.port1[row]));
      this.rows.set(key, tally);
    }
    return tally;
  }
}

/** The application may answer before all of the body has come: then from the end of PARAMS. */
function inputEnd({ requests }: ConnectionTables, row: number): number {
  const stdinEnd = requests.stdinEnd[row];
  return stdinEnd <= requests.firstByte[row] ? stdinEnd : requests.paramsEnd[row];
}

function resultOf({ connections, requests }: ConnectionTables, row: number): RequestResult {
  const marks = requests.marks[row];
  switch (requests.protocolStatus[row]) {
    case OVERLOADED:
      return 'overloaded';
    case UNKNOWN_ROLE:
      return 'unknown_role';
    case CANT_MPX_CONN:
      return 'cant_mpx';
  }
  if (marks & request.REQUEST_ABORTED) return 'aborted';
  if (marks & request.REQUEST_ENDED) return 'ok';
  const connection = requests.connection[row];
  const { firstFin, firstReset } = connections;
  if (
    firstFin[connection] === BY_WEB_SERVER ||
    (firstFin[connection] === BY_NONE && firstReset[connection] === BY_WEB_SERVER)
  )
    return 'aborted';
  return Number.isNaN(requests.firstByte[row]) ? 'no_end' : 'truncated';
}

const SIDES: Readonly<Record<number, EndedConnection['first']>> = {
  [BY_NONE]: 'none',
  [BY_WEB_SERVER]: 'web-server',
  [BY_APPLICATION]: 'application',
  [BY_BOTH]: 'both',
};

function endedConnection({ connections, conversations, requests }: ConnectionTables, row: number): EndedConnection {
  const { firstFin, firstReset, finTime0, finTime1, resetTime } = connections;
  const byFin = firstFin[row] !== BY_NONE && !(resetTime[row] < Math.min(finTime0[row], finTime1[row]));
  const by = byFin ? firstFin[row] : firstReset[row];
  const first = conversations.firstRequest[row] - 1;
  const last = conversations.lastRequest[row] - 1;
  const keepConn = first >= 0 && (requests.marks[first] & request.REQUEST_KEEP_CONN) !== 0;
  const closed = Number.isNaN(resetTime[row]) ? Math.max(finTime0[row], finTime1[row]) : resetTime[row];
  return {
    first: SIDES[by] ?? 'none',
    how: byFin ? 'fin' : by === BY_NONE ? 'none' : 'rst',
    keepConn,
    requests: conversations.requests[row],
    linger: last < 0 || keepConn ? Number.NaN : closed - requests.end[last],
  };
}
