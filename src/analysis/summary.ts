// The summary's figures, computed over the columns of the listeners that count.
import { roleName, typeName } from '../fastcgi/constants.js';
import * as request from '../model/request-table.js';
import { BY_APPLICATION, BY_BOTH, BY_WEB_SERVER } from '../model/side.js';
import { MARK_SYN, MARK_SYN_ACK } from '../tcp/connection-table.js';
import { closeTime, type Facts } from './facts.js';
import { summaryListeners } from './listeners.js';
import type { Backend, BySide, Counts, LatencyFigures, Summary } from './snapshot.js';
import { maxOpen, percentiles } from './sweep.js';
import { timeWaitPeak } from './time-wait-ledger.js';

/**
 * @param backends those of all listeners, in their order; of a single one nothing need be computed again
 * @param latency left out: computed
 */
export function summarise(facts: Facts, backends: readonly Backend[], latency?: LatencyFigures): Summary {
  const listeners = summaryListeners(facts);
  const rows = joined(listeners.map((listener) => listener.connections));
  const requestRows = joined(listeners.map((listener) => listener.requests));
  const only = listeners.length === 1 ? backends[listeners[0].index] : undefined;
  const { connections, conversations, requests } = facts;
  let neverEstablished = 0;
  let midStream = 0;
  let synRetransmissions = 0;
  let synAckRetransmissions = 0;
  const perConnection = new Tally();
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at];
    const marks = connections.marks[row];
    if (!(marks & MARK_SYN)) midStream++;
    else if (!(marks & MARK_SYN_ACK)) neverEstablished++;
    synRetransmissions += Math.max(0, connections.syns[row] - 1);
    synAckRetransmissions += Math.max(0, connections.synAcks[row] - 1);
    perConnection.add(conversations.requests[row]);
  }
  const timeWait = countTimeWait(facts, rows);
  const leaving = timeWait.application + timeWait['web-server'] + timeWait.both;
  return {
    connections: rows.length,
    neverEstablished,
    midStream,
    synRetransmissions,
    synAckRetransmissions,
    firstFin: countFirstFin(facts, rows),
    firstReset: countFirstReset(facts, rows),
    timeWait,
    timeWaitRate: facts.duration > 0 ? leaving / (facts.duration / 1e9) : 0,
    timeWaitPeak: timeWaitPeak(facts, listeners),
    maxOpenConnections: maxOpenConnections(facts, rows),
    ...requestFigures(facts, requestRows),
    records: recordCounts(facts.log.recordCounts, facts.log.recordCounts),
    recordBytes: recordCounts(facts.log.recordBytes, facts.log.recordCounts),
    paddingBytes: facts.log.paddingBytes,
    maxConcurrentRequests: only?.maxConcurrentRequests ?? maxConcurrentRequests(facts, requestRows),
    requestsPerConnection: Object.fromEntries([...perConnection.counts()].sort((a, b) => a[0] - b[0])),
    latency: latency ?? only?.latency ?? latencyOf(requests, requestRows),
  };
}

function requestFigures(facts: Facts, rows: Uint32Array) {
  const { requests, strings } = facts;
  const keepConn = { set: 0, unset: 0 };
  const bytes = { stdin: 0, stdout: 0, stderr: 0, data: 0 };
  const roles = new Tally();
  const methods = new Tally();
  const httpStatus = new Tally();
  const appStatus = new Tally();
  const protocolStatus = new Tally();
  let unfinished = 0;
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at];
    const marks = requests.marks[row];
    const ended = (marks & request.REQUEST_ENDED) !== 0;
    if (marks & request.REQUEST_KEEP_CONN) keepConn.set++;
    else keepConn.unset++;
    if (!ended) unfinished++;
    bytes.stdin += requests.stdinBytes[row];
    bytes.stdout += requests.stdoutBytes[row];
    bytes.stderr += requests.stderrBytes[row];
    bytes.data += requests.dataBytes[row];
    roles.add(requests.role[row]);
    methods.add(requests.method[row]);
    httpStatus.add(requests.httpStatus[row]);
    // -1 stands for "there was none": 0 is a value.
    appStatus.add(requests.protocolStatus[row] === request.NO_PROTOCOL_STATUS ? -1 : requests.appStatus[row]);
    protocolStatus.add(requests.protocolStatus[row]);
  }
  return {
    requests: rows.length,
    keepConn,
    unfinished,
    bytes,
    roles: named(roles.counts(), roleName),
    methods: named(methods.counts(), (id) => strings.text(id) || 'none'),
    httpStatus: named(httpStatus.counts(), (status) => (status === request.NO_STATUS ? 'none' : String(status))),
    appStatus: named(appStatus.counts(), (status) => (status === -1 ? 'none' : String(status))),
    protocolStatus: named(protocolStatus.counts(), (status) =>
      status === request.NO_PROTOCOL_STATUS ? 'none' : String(status),
    ),
  };
}

export function countFirstFin(facts: Facts, rows: Uint32Array): Summary['firstFin'] {
  const counts = { application: 0, 'web-server': 0, simultaneous: 0, none: 0 };
  const { firstFin } = facts.connections;
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at];
    if (firstFin[row] === BY_APPLICATION) counts.application++;
    else if (firstFin[row] === BY_WEB_SERVER) counts['web-server']++;
    else if (firstFin[row] === BY_BOTH) counts.simultaneous++;
    else counts.none++;
  }
  return counts;
}

function countFirstReset(facts: Facts, rows: Uint32Array): BySide {
  const counts = { application: 0, 'web-server': 0, none: 0 };
  const { firstReset } = facts.connections;
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at];
    if (firstReset[row] === BY_APPLICATION) counts.application++;
    else if (firstReset[row] === BY_WEB_SERVER) counts['web-server']++;
    else counts.none++;
  }
  return counts;
}

export function countTimeWait(facts: Facts, rows: Uint32Array): Summary['timeWait'] {
  const counts = { application: 0, 'web-server': 0, both: 0, none: 0 };
  const { timeWait } = facts.connections;
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at];
    if (timeWait[row] === BY_APPLICATION) counts.application++;
    else if (timeWait[row] === BY_WEB_SERVER) counts['web-server']++;
    else if (timeWait[row] === BY_BOTH) counts.both++;
    else counts.none++;
  }
  return counts;
}

/** A connection is open from its first packet to its first FIN or RST, else to the end of the capture. */
function maxOpenConnections(facts: Facts, rows: Uint32Array): number {
  const begins = new Float64Array(rows.length);
  const ends = new Float64Array(rows.length);
  for (let i = 0; i < rows.length; i++) {
    begins[i] = facts.connections.start[rows[i]];
    ends[i] = Math.min(closeTime(facts.connections, rows[i]), facts.duration);
  }
  return maxOpen(begins, ends);
}

/** When a request stops running: END_REQUEST, else its connection's first FIN or RST, else the end of the capture. */
export function runsUntil(facts: Facts, row: number): number {
  const end = facts.requests.end[row];
  if (!Number.isNaN(end)) return end;
  return Math.min(closeTime(facts.connections, facts.requests.connection[row]), facts.duration);
}

/** When each request began and stopped running. */
export function runningTimes(facts: Facts, rows: Uint32Array): { begins: Float64Array; ends: Float64Array } {
  const begins = new Float64Array(rows.length);
  const ends = new Float64Array(rows.length);
  for (let i = 0; i < rows.length; i++) {
    begins[i] = facts.requests.begin[rows[i]];
    ends[i] = runsUntil(facts, rows[i]);
  }
  return { begins, ends };
}

function maxConcurrentRequests(facts: Facts, rows: Uint32Array): number {
  const { begins, ends } = runningTimes(facts, rows);
  return maxOpen(begins, ends);
}

/** When a request's own input had ended: PARAMS and STDIN; NaN while either is missing. */
export function inputEnd(requests: request.RequestTable, row: number): number {
  const params = requests.paramsEnd[row];
  const stdin = requests.stdinEnd[row];
  return Math.max(params, stdin);
}

export function latencyOf(requests: request.RequestTable, rows: Uint32Array): LatencyFigures {
  const first = new Float64Array(rows.length);
  const total = new Float64Array(rows.length);
  let firsts = 0;
  let totals = 0;
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at];
    const wait = requests.firstByte[row] - inputEnd(requests, row);
    // An answer that began before the input had ended did not wait for it.
    if (!Number.isNaN(wait)) first[firsts++] = Math.max(0, wait);
    const all = requests.end[row] - requests.begin[row];
    if (!Number.isNaN(all)) total[totals++] = all;
  }
  return {
    timeToFirstByte: percentiles(first.subarray(0, firsts)) ?? null,
    total: percentiles(total.subarray(0, totals)) ?? null,
  };
}

function recordCounts(values: Float64Array, counts: Float64Array): Counts {
  const named: Record<string, number> = {};
  for (let type = 0; type < values.length; type++) if (counts[type] > 0) named[typeName(type)] = values[type];
  return named;
}

/** Counts values of which most are the same as the one before. */
class Tally {
  private readonly map = new Map<number, number>();
  private value = 0;
  private run = 0;

  add(value: number): void {
    if (value !== this.value) this.flush(value);
    this.run++;
  }

  counts(): Map<number, number> {
    this.flush(this.value);
    return this.map;
  }

  private flush(next: number): void {
    if (this.run > 0) this.map.set(this.value, (this.map.get(this.value) ?? 0) + this.run);
    this.value = next;
    this.run = 0;
  }
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
