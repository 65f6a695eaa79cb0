// Rows of the tables as the report's objects: made one at a time, when a row is shown or serialised.
import { roleName } from '../fastcgi/constants.js';
import { CONNECT_ERRORS } from '../model/connect-errors.js';
import { problemNames } from '../model/problem-codes.js';
import * as request from '../model/request-table.js';
import { BY_APPLICATION, BY_BOTH, BY_WEB_SERVER } from '../model/side.js';
import { CONNECTION_STATES } from '../tcp/connection-table.js';
import type { HistoryTable } from '../tcp/history-table.js';
import type { Facts } from './facts.js';

/** Who did something first, in the report's words. */
export function sideWord(by: number, both: 'simultaneous' | 'both'): string {
  return by === BY_WEB_SERVER ? 'web-server' : by === BY_APPLICATION ? 'application' : by === BY_BOTH ? both : 'none';
}

export interface ConnectionRow {
  readonly id: number;
  readonly protocol: string;
  readonly webServer: string;
  readonly application: string;
  /** Nanoseconds since the first packet. */
  readonly start: number;
  readonly end: number;
  readonly state: string;
  readonly history: string;
  readonly firstFin: string;
  readonly firstReset: string;
  readonly timeWait: string;
  readonly requests: number;
  /** Turns of payload; only where the input has no payload to decode. */
  readonly exchanges?: number;
  readonly keepConn: boolean | null;
  readonly bytesFromWebServer: number;
  readonly bytesFromApplication: number;
  readonly retransmissions: number;
  readonly problems: readonly string[];
  /** Why the connection could not be opened, where a tap tells. */
  readonly connectError?: string;
}

/** What rows are made of. */
export type ConnectionTables = Pick<Facts, 'connections' | 'conversations' | 'addresses' | 'requests' | 'hasPayload'>;

export function connectionRow(facts: Facts, histories: HistoryTable, row: number): ConnectionRow {
  return connectionRowOf(facts, histories, row, facts.listeners[facts.listenerOf[row]]?.protocol ?? 'tcp');
}

/** The same where the protocol is known otherwise. */
export function connectionRowOf(
  facts: ConnectionTables,
  histories: HistoryTable,
  row: number,
  protocol: string,
): ConnectionRow {
  const { connections, conversations, addresses, requests } = facts;
  const first = conversations.firstRequest[row] - 1;
  return {
    id: row,
    protocol,
    webServer: addresses.endpoint(connections.address0[row], connections.port0[row]),
    application: addresses.endpoint(connections.address1[row], connections.port1[row]),
    start: connections.start[row],
    end: connections.end[row],
    state: CONNECTION_STATES[connections.state[row]],
    history: histories.text(connections.history[row]),
    firstFin: sideWord(connections.firstFin[row], 'simultaneous'),
    firstReset: sideWord(connections.firstReset[row], 'both'),
    timeWait: sideWord(connections.timeWait[row], 'both'),
    requests: conversations.requests[row],
    ...(facts.hasPayload ? {} : { exchanges: exchanges(connections.turns[row]) }),
    keepConn: first < 0 ? null : (requests.marks[first] & request.REQUEST_KEEP_CONN) !== 0,
    bytesFromWebServer: connections.bytes0[row],
    bytesFromApplication: connections.bytes1[row],
    retransmissions: connections.retransmissions0[row] + connections.retransmissions1[row],
    problems: problemNames(conversations.problems[row]),
    ...(connections.connectError[row] === 0 ? {} : { connectError: CONNECT_ERRORS[connections.connectError[row]] }),
  };
}

/** A question and its answer are two turns of payload and one exchange. */
export function exchanges(turns: number): number {
  return Math.ceil(turns / 2);
}

export interface RequestRow {
  readonly id: number;
  readonly protocol: string;
  readonly connection: number;
  readonly requestId: number | null;
  readonly role: string;
  readonly keepConn: boolean;
  readonly method: string | null;
  readonly uri: string | null;
  readonly script: string | null;
  /** Nanoseconds since the first packet; NaN where it did not happen. */
  readonly begin: number;
  readonly paramsEnd: number;
  readonly stdinEnd: number;
  readonly firstByte: number;
  readonly end: number;
  readonly stdinBytes: number;
  readonly stdoutBytes: number;
  readonly stderrBytes: number;
  readonly dataBytes: number;
  readonly httpStatus: number | null;
  readonly appStatus: number | null;
  readonly protocolStatus: number | null;
  readonly aborted: boolean;
  readonly problems: readonly string[];
}

export function requestRow(facts: Pick<Facts, 'requests' | 'strings'>, row: number): RequestRow {
  const { requests, strings } = facts;
  const marks = requests.marks[row];
  const fastcgi = requests.protocol[row] === request.PROTOCOL_FASTCGI;
  return {
    id: row,
    protocol: fastcgi ? 'fastcgi' : 'scgi',
    connection: requests.connection[row],
    requestId: fastcgi ? requests.requestId[row] : null,
    role: roleName(requests.role[row]),
    keepConn: (marks & request.REQUEST_KEEP_CONN) !== 0,
    method: strings.text(requests.method[row]) || null,
    uri: strings.text(requests.uri[row]) || null,
    script: strings.text(requests.script[row]) || null,
    begin: requests.begin[row],
    paramsEnd: requests.paramsEnd[row],
    stdinEnd: requests.stdinEnd[row],
    firstByte: requests.firstByte[row],
    end: requests.end[row],
    stdinBytes: requests.stdinBytes[row],
    stdoutBytes: requests.stdoutBytes[row],
    stderrBytes: requests.stderrBytes[row],
    dataBytes: requests.dataBytes[row],
    httpStatus: requests.httpStatus[row] === request.NO_STATUS ? null : requests.httpStatus[row],
    appStatus: requests.protocolStatus[row] !== request.NO_PROTOCOL_STATUS ? requests.appStatus[row] : null,
    protocolStatus: requests.protocolStatus[row] === request.NO_PROTOCOL_STATUS ? null : requests.protocolStatus[row],
    aborted: (marks & request.REQUEST_ABORTED) !== 0,
    problems: problemNames(requests.problems[row]),
  };
}
