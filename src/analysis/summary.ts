// The summary's figures, computed over the columns of the listeners that count.
import { REQUEST_COMPLETE, RESPONDER, roleName, typeName } from '../fastcgi/constants.js';
import * as request from '../model/request-table.js';
import { MARK_SYN, MARK_SYN_ACK } from '../tcp/connection-table.js';
import { Endings, firstFinsOf, firstResetsOf, timeWaitsOf } from './endings.js';
import { closeTime, type Facts } from './facts.js';
import { summaryListeners } from './listeners.js';
import { figuresOf, type RequestFigures } from './request-figures.js';
import { runningOver } from './running.js';
import type { Counts, LatencyFigures, Summary } from './snapshot.js';
import { Tally } from './tally.js';
import { timeWaitPeak } from './time-wait-ledger.js';

/** @param latency left out: computed */
export function summarise(facts: Facts, latency?: LatencyFigures): Summary {
  const listeners = summaryListeners(facts);
  const rows = joined(listeners.map((listener) => listener.connections));
  const figures =
    listeners.length === 1
      ? listeners[0].figures
      : figuresOf(facts, joined(listeners.map((listener) => listener.requests)));
  const { connections, conversations } = facts;
  let neverEstablished = 0;
  let midStream = 0;
  let synRetransmissions = 0;
  let synAckRetransmissions = 0;
  const perConnection = new Tally();
  const rough = joined(listeners.map((listener) => listener.roughConnections));
  for (let at = 0; at < rough.length; at++) {
    const row = rough[at];
    const marks = connections.marks[row];
    if (!(marks & MARK_SYN)) midStream++;
    else if (!(marks & MARK_SYN_ACK)) neverEstablished++;
    synRetransmissions += Math.max(0, connections.syns[row] - 1);
    synAckRetransmissions += Math.max(0, connections.synAcks[row] - 1);
    perConnection.add(conversations.requests[row]);
  }
  // Smooth connections carried one request each.
  if (rough.length < rows.length) perConnection.add(1, rows.length - rough.length);
  const endings = Endings.sum(listeners.map((listener) => listener.endings));
  const timeWait = timeWaitsOf(endings);
  const leaving = timeWait.application + timeWait['web-server'] + timeWait.both;
  return {
    connections: rows.length,
    neverEstablished,
    midStream,
    synRetransmissions,
    synAckRetransmissions,
    firstFin: firstFinsOf(endings),
    firstReset: firstResetsOf(endings),
    timeWait,
    timeWaitRate: facts.duration > 0 ? leaving / (facts.duration / 1e9) : 0,
    timeWaitPeak: timeWaitPeak(facts, listeners),
    maxOpenConnections: maxOpenConnections(facts, rows),
    ...requestFigures(facts, figures, joined(listeners.map((listener) => listener.roughRequests))),
    records: recordCounts(facts.log.recordCounts, facts.log.recordCounts),
    recordBytes: recordCounts(facts.log.recordBytes, facts.log.recordCounts),
    paddingBytes: facts.log.paddingBytes,
    maxConcurrentRequests: figures.running.most,
    requestsPerConnection: Object.fromEntries([...perConnection.counts()].sort((a, b) => a[0] - b[0])),
    latency: latency ?? figures.latency(),
  };
}

/** @param rough those that did not go smoothly: of the others some figures are known */
function requestFigures(facts: Facts, figures: RequestFigures, rough: Uint32Array) {
  const { requests, strings } = facts;
  const roles = new Tally();
  const appStatus = new Tally();
  const protocolStatus = new Tally();
  let unfinished = 0;
  for (let at = 0; at < rough.length; at++) {
    const row = rough[at];
    if (!(requests.marks[row] & request.REQUEST_ENDED)) unfinished++;
    roles.add(requests.role[row]);
    // -1 stands for "there was none": 0 is a value.
    appStatus.add(requests.protocolStatus[row] === request.NO_PROTOCOL_STATUS ? -1 : requests.appStatus[row]);
    protocolStatus.add(requests.protocolStatus[row]);
  }
  const smooth = figures.count - rough.length;
  if (smooth > 0) {
    roles.add(RESPONDER, smooth);
    appStatus.add(0, smooth);
    protocolStatus.add(REQUEST_COMPLETE, smooth);
  }
  return {
    requests: figures.count,
    keepConn: { set: figures.keepConn, unset: figures.count - figures.keepConn },
    unfinished,
    bytes: {
      stdin: figures.stdinBytes,
      stdout: figures.stdoutBytes,
      stderr: figures.stderrBytes,
      data: figures.dataBytes,
    },
    roles: named(roles.counts(), roleName),
    methods: named(figures.methods.counts(), (id) => strings.text(id) || 'none'),
    httpStatus: named(figures.httpStatus.counts(), (status) =>
      status === request.NO_STATUS ? 'none' : String(status),
    ),
    appStatus: named(appStatus.counts(), (status) => (status === -1 ? 'none' : String(status))),
    protocolStatus: named(protocolStatus.counts(), (status) =>
      status === request.NO_PROTOCOL_STATUS ? 'none' : String(status),
    ),
  };
}

/** A connection is open from its first packet to its first FIN or RST, else to the end of the capture. */
function maxOpenConnections({ connections, duration }: Facts, rows: Uint32Array): number {
  const end = (row: number) => Math.min(closeTime(connections, row), duration);
  return runningOver(rows, connections.start, end, duration, 1).most;
}

function recordCounts(values: Float64Array, counts: Float64Array): Counts {
  const named: Record<string, number> = {};
  for (let type = 0; type < values.length; type++) if (counts[type] > 0) named[typeName(type)] = values[type];
  return named;
}

/** Counts by name, the most frequent first. */
function named(counts: Map<number, number>, name: (value: number) => string): Counts {
  return Object.fromEntries([...counts].sort((a, b) => b[1] - a[1]).map(([value, count]) => [name(value), count]));
}

function joined(parts: readonly Uint32Array[]): Uint32Array {
  if (parts.length === 1) return parts[0];
  const all = new Uint32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
