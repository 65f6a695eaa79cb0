// Holds the report's rows against those of a truth file: one connection, one request, one listener after the other.
import assert from 'node:assert/strict';
import type { BackendObject, ConnectionObject, PercentilesObject, Report, RequestObject } from '../support/report.js';
import { counts, roleName, sideName, type Truth, type TruthConnection, type TruthRequest } from './truth.js';

/** Truth files hold seconds since 1970 as doubles, which have a quarter of a microsecond left. */
const TOLERANCE = 2e-6;

/** The listeners' connections that the truth is about, in the order of their first packets. */
function fastcgiConnections(report: Report): ConnectionObject[] {
  return report.connections.filter((connection) => connection.protocol === 'fastcgi');
}

export function sameConnections(report: Report, truth: Truth): void {
  const connections = fastcgiConnections(report);
  assert.equal(connections.length, truth.tcp.connections);
  assert.ok(truth.connections.length > 0);
  truth.connections.forEach((expected, index) => {
    sameConnection(connections[index], expected, truth, `connection ${index}`);
  });
}

function sameConnection(actual: ConnectionObject, expected: TruthConnection, truth: Truth, where: string): void {
  const { webServer, application, firstFin, timeWait, requests, bytesFromWebServer, bytesFromApplication } = actual;
  assert.deepEqual(
    { webServer, application, firstFin, timeWait, requests, bytesFromWebServer, bytesFromApplication },
    {
      webServer: expected.client,
      application: expected.server,
      firstFin: sideName(expected.first_fin),
      timeWait: sideName(expected.time_wait),
      requests: expected.requests,
      bytesFromWebServer: expected.bytes_c2s,
      bytesFromApplication: expected.bytes_s2c,
    },
    where,
  );
  assert.equal(actual.firstReset, sideName(expected.rst_by[0] ?? null), where);
  sameTime(actual.start, expected.t_first, truth, `${where}: start`);
  sameTime(actual.end, expected.t_last, truth, `${where}: end`);
  const state = STATES[expected.close];
  if (state !== undefined) assert.equal(actual.state, state, where);
}

/** What Zeek calls the plain ways to end; the mixed ones are not of one state. */
const STATES: Readonly<Record<string, string>> = {
  'server-fin-first': 'SF',
  'client-fin-first': 'SF',
  'rst-by-server': 'RSTR',
  refused: 'REJ',
  open: 'S1',
};

export function sameRequests(report: Report, truth: Truth): void {
  const connections = fastcgiConnections(report).map((connection) => connection.id);
  const requests = report.requests.filter((request) => request.protocol === 'fastcgi');
  assert.equal(requests.length, truth.fcgi.requests);
  assert.equal(truth.requests.length, truth.fcgi.requests, 'the truth lists every request');
  // The report lists requests as they began, the truth connection by connection.
  assert.deepEqual(
    requests.map((request) => request.id),
    requests.map((request) => request.id).sort((a, b) => a - b),
  );
  connections.forEach((id, index) => {
    const actual = requests.filter((request) => request.connection === id);
    const expected = truth.requests.filter((request) => request.conn === index);
    assert.equal(actual.length, expected.length, `connection ${index}`);
    actual.forEach((request, number) => {
      sameRequest(request, expected[number], truth, `connection ${index}, request ${number}`);
    });
  });
}

function sameRequest(actual: RequestObject, expected: TruthRequest, truth: Truth, where: string): void {
  const { requestId, role, keepConn, method, uri, stdinBytes, stdoutBytes, stderrBytes } = actual;
  const { httpStatus, appStatus, protocolStatus, aborted } = actual;
  assert.deepEqual(
    { requestId, role, keepConn, method, uri, stdinBytes, stdoutBytes, stderrBytes },
    {
      requestId: expected.id,
      role: roleName(String(expected.role)),
      keepConn: (expected.flags & 1) === 1,
      method: expected.method ?? null,
      uri: asUtf8(expected.uri),
      stdinBytes: expected.stdin,
      stdoutBytes: expected.stdout,
      stderrBytes: expected.stderr,
    },
    where,
  );
  // Of requests whose PARAMS were sent a few bytes at a time the truth does not tell the script.
  if (expected.script !== undefined) assert.equal(actual.script, asUtf8(expected.script), where);
  assert.deepEqual(
    { httpStatus, appStatus, protocolStatus, aborted },
    {
      httpStatus: expected.http_status,
      appStatus: expected.app_status,
      protocolStatus: expected.protocol_status,
      aborted: expected.aborted,
    },
    where,
  );
  sameTime(actual.begin, expected.t_begin, truth, `${where}: begin`);
  sameTime(actual.paramsEnd, expected.t_params_end, truth, `${where}: paramsEnd`);
  sameTime(actual.end, expected.t_end, truth, `${where}: end`);
  // An Authorizer has no STDIN: its input ends with PARAMS.
  if (expected.role !== 2) sameTime(actual.stdinEnd, expected.t_stdin_end, truth, `${where}: stdinEnd`);
  if (expected.stderr === 0) sameTime(actual.firstByte, expected.t_first_stdout, truth, `${where}: firstByte`);
  else assert.ok(actual.firstByte !== null && actual.firstByte <= relative(expected.t_first_stdout, truth) + TOLERANCE);
}

/** Truth files hold each byte as one character. */
function asUtf8(text: string | null | undefined): string | null {
  return text === null || text === undefined ? null : Buffer.from(text, 'latin1').toString('utf8');
}

function relative(time: number | null, truth: Truth): number {
  return time === null ? Number.POSITIVE_INFINITY : time - truth.capture.first;
}

function sameTime(actual: number | null, expected: number | null, truth: Truth, where: string): void {
  if (actual === null || expected === null) assert.equal(actual, expected, where);
  else assert.ok(Math.abs(actual - relative(expected, truth)) < TOLERANCE, `${where}: ${actual} s`);
}

export function sameBackends(report: Report, truth: Truth): void {
  const backends = report.backends.filter((backend) => backend.protocol === 'fastcgi');
  const endpoints = [...new Set(truth.connections.map((connection) => connection.server))];
  assert.deepEqual(backends.map((backend) => backend.endpoint).sort(), endpoints.sort());
  for (const backend of backends) sameBackend(backend, truth);
}

function sameBackend(backend: BackendObject, truth: Truth): void {
  const own = truth.connections.filter((connection) => connection.server === backend.endpoint);
  assert.equal(backend.connections, own.length);
  assert.equal(
    backend.requests,
    own.reduce((sum, connection) => sum + connection.requests, 0),
  );
  const tally = (side: (connection: TruthConnection) => string | null) => {
    const tallied: Record<string, number> = {};
    for (const connection of own) tallied[sideName(side(connection))] = (tallied[sideName(side(connection))] ?? 0) + 1;
    return counts(tallied);
  };
  assert.deepEqual(
    counts(backend.firstFin),
    tally((connection) => connection.first_fin),
  );
  assert.deepEqual(
    counts(backend.timeWait),
    tally((connection) => connection.time_wait),
  );
}

/** Nearest-rank percentiles of what the truth's own times say. */
export function sameLatency({ summary }: Report, truth: Truth): void {
  assert.equal(truth.requests.length, truth.fcgi.requests, 'the truth lists every request');
  const totals = truth.requests.filter((request) => request.t_end !== null);
  samePercentiles(
    summary.latency.total,
    totals.map((request) => request.t_end! - request.t_begin),
  );
  // With STDERR the first byte is not told by the truth, and an Authorizer's input is not either.
  if (truth.requests.some((request) => request.stderr > 0 || request.role === 2)) return;
  const answered = truth.requests.filter(({ t_params_end, t_stdin_end, t_first_stdout }) => {
    return t_params_end !== null && t_stdin_end !== null && t_first_stdout !== null;
  });
  samePercentiles(
    summary.latency.timeToFirstByte,
    answered.map(({ t_params_end, t_stdin_end, t_first_stdout }) =>
      Math.max(0, t_first_stdout! - Math.max(t_params_end!, t_stdin_end!)),
    ),
  );
}

function samePercentiles(actual: PercentilesObject | null, values: readonly number[]): void {
  const sorted = [...values].sort((a, b) => a - b);
  if (sorted.length === 0 || actual === null) {
    assert.equal(actual, null);
    assert.equal(sorted.length, 0);
    return;
  }
  const rank = (share: number) => sorted[Math.ceil(share * sorted.length) - 1];
  const expected = { p50: rank(0.5), p90: rank(0.9), p95: rank(0.95), p99: rank(0.99), max: rank(1) };
  for (const [name, value] of Object.entries(expected) as [keyof PercentilesObject, number][]) {
    assert.ok(Math.abs(actual[name] - value) < TOLERANCE, `${name}: ${actual[name]} s instead of ${value} s`);
  }
}
