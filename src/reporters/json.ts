// The JSON report, version 1: the serialised Snapshot. Streamed piece by piece, because a capture may have millions of
// rows. Numbers are raw; times are decimal seconds since the first packet.

import type { Finding } from '../analysis/finding.js';
import type { SeenFinding } from '../analysis/finding-history.js';
import type { JoinedProcess } from '../analysis/process-join.js';
import { type ConnectionRow, connectionRow, type RequestRow, requestRow } from '../analysis/rows.js';
import type { Backend, LatencyFigures, Snapshot } from '../analysis/snapshot.js';
import type { Percentiles } from '../analysis/sweep.js';
import type { HistoryTable } from '../tcp/history-table.js';
import { isoTime } from './format-time.js';
import { hostObject, seenObject } from './host-json.js';
import { redactText } from './redact.js';
import { safeJson } from './safe-json.js';

export const SCHEMA = 'fcgi-inspect/report/1';

export interface JsonOptions {
  readonly histories: HistoryTable;
  /** Values of cookies and authorization in texts of findings are shown. */
  readonly showSecrets?: boolean;
  /** Of a live source: every finding there was, also those that are over. */
  readonly seen?: readonly SeenFinding[];
  /** Rows of the connections and requests arrays at most. */
  readonly limit: number;
  /** Which rows to list. */
  readonly connectionRows: Iterable<number>;
  readonly requestRows: Iterable<number>;
}

/** The report in pieces; joined they are one JSON document. */
export function* jsonReport(snapshot: Snapshot, options: JsonOptions): Generator<string> {
  const { facts } = snapshot;
  const head = reportHead(snapshot, options);
  yield `${safeJson(head, 2).slice(0, -2)},\n  "connections": [`;
  yield* list(options.connectionRows, options.limit, (row) =>
    connectionObject(connectionRow(facts, options.histories, row)),
  );
  yield '],\n  "requests": [';
  yield* list(options.requestRows, options.limit, (row) => requestObject(requestRow(facts, row)));
  yield ']\n}\n';
}

/** All of the document but its lists of connections and requests. */
export function reportHead(snapshot: Snapshot, options: Pick<JsonOptions, 'showSecrets' | 'seen'> = {}) {
  return {
    schema: SCHEMA,
    input: inputObject(snapshot),
    summary: {
      ...snapshot.summary,
      latency: latencyObject(snapshot.summary.latency),
    },
    backends: snapshot.backends.map(backendObject),
    processes: snapshot.processes.map((process) => processObject(snapshot, process)),
    findings: snapshot.findings.map((finding) => findingObject(finding, options.showSecrets)),
    ...(options.seen === undefined ? {} : { seen: options.seen.map(seenObject) }),
    ...(snapshot.host ? { host: hostObject(snapshot.host) } : {}),
    ...(snapshot.folded === undefined ? {} : { folded: snapshot.folded }),
    ...(snapshot.tap === undefined ? {} : { tap: snapshot.tap }),
  };
}

/** One JSON object a line: an `input` line, `connection` and `request` lines, `finding` lines, a `summary` line. */
export function* ndjsonReport(snapshot: Snapshot, options: JsonOptions): Generator<string> {
  const { facts } = snapshot;
  const line = (kind: string, value: object) => `${safeJson({ kind, ...value })}\n`;
  yield line('input', { schema: SCHEMA, ...inputObject(snapshot) });
  let left = options.limit;
  for (const row of options.connectionRows) {
    if (left-- <= 0) break;
    yield line('connection', connectionObject(connectionRow(facts, options.histories, row)));
  }
  left = options.limit;
  for (const row of options.requestRows) {
    if (left-- <= 0) break;
    yield line('request', requestObject(requestRow(facts, row)));
  }
  for (const backend of snapshot.backends) yield line('backend', backendObject(backend));
  for (const process of snapshot.processes) yield line('process', processObject(snapshot, process));
  for (const finding of snapshot.findings) yield line('finding', findingObject(finding, options.showSecrets));
  if (snapshot.host) yield line('host', hostObject(snapshot.host));
  if (snapshot.tap !== undefined) yield line('tap', snapshot.tap);
  yield line('summary', { ...snapshot.summary, latency: latencyObject(snapshot.summary.latency) });
}

function* list(rows: Iterable<number>, limit: number, object: (row: number) => object): Generator<string> {
  let count = 0;
  let piece = '';
  for (const row of rows) {
    if (count >= limit) break;
    piece += `${count === 0 ? '' : ','}\n    ${safeJson(object(row))}`;
    count++;
    if (piece.length > 65536) {
      yield piece;
      piece = '';
    }
  }
  yield count === 0 ? '' : `${piece}\n  `;
}

function inputObject(snapshot: Snapshot) {
  const { input } = snapshot;
  return {
    files: input.files,
    packets: input.packets,
    tcpPackets: input.tcpPackets,
    bytes: input.bytes,
    firstTime: input.firstTime ? isoTime(0, input.firstTime) : null,
    lastTime: input.firstTime ? isoTime(input.duration, input.firstTime) : null,
    duration: seconds(input.duration),
    leftOut: { packets: input.leftOut.packets, duration: seconds(input.leftOut.duration) },
    cut: input.cut,
    problems: input.problems,
  };
}

function backendObject(backend: Backend) {
  return {
    ...backend,
    inFlight: backend.inFlight.map(([time, count]) => [seconds(time), count]),
    acceptQueue: {
      ...backend.acceptQueue,
      longestWait: seconds(backend.acceptQueue.longestWait),
      depth: backend.acceptQueue.depth.map(([time, depth]) => [seconds(time), depth]),
    },
    latency: latencyObject(backend.latency),
    busyTime: seconds(backend.busyTime),
    requestTime: seconds(backend.requestTime),
  };
}

/** Logs have whole seconds since 1970; the report counts from the first packet. */
function processObject(snapshot: Snapshot, { listener, ...process }: JoinedProcess) {
  const { firstTime } = snapshot.input;
  const origin = firstTime ? firstTime.seconds + firstTime.nanoseconds / 1e9 : process.firstTime;
  const since = (time: number) => Math.round((time - origin) * 1e9) / 1e9;
  return {
    ...process,
    endpoint: listener?.endpoint ?? null,
    requestTime: seconds(process.requestTime),
    load: process.load.map(([time, inFlight]) => [since(time), inFlight]),
    firstTime: since(process.firstTime),
    lastTime: since(process.lastTime),
    driftSince: since(process.driftSince),
  };
}

function latencyObject(latency: LatencyFigures) {
  return { timeToFirstByte: percentileObject(latency.timeToFirstByte), total: percentileObject(latency.total) };
}

function percentileObject(values: Percentiles | null) {
  if (!values) return null;
  return {
    p50: seconds(values.p50),
    p90: seconds(values.p90),
    p95: seconds(values.p95),
    p99: seconds(values.p99),
    max: seconds(values.max),
  };
}

export function findingObject(finding: Finding, showSecrets = false) {
  const shown = showSecrets ? (text: string) => text : redactText;
  return {
    ...finding,
    title: shown(finding.title),
    detail: shown(finding.detail),
    evidence: finding.evidence.map(({ time, text, ...rest }) => ({
      ...rest,
      ...(time === undefined ? {} : { time: seconds(time) }),
      text: shown(text),
    })),
  };
}

export function connectionObject(row: ConnectionRow) {
  return { ...row, start: seconds(row.start), end: seconds(row.end) };
}

export function requestObject(row: RequestRow) {
  return {
    ...row,
    begin: seconds(row.begin),
    paramsEnd: seconds(row.paramsEnd),
    stdinEnd: seconds(row.stdinEnd),
    firstByte: seconds(row.firstByte),
    end: seconds(row.end),
  };
}

/** Nanoseconds as decimal seconds, rounded to the nanosecond; null for what did not happen. */
function seconds(nanoseconds: number): number | null {
  return Number.isFinite(nanoseconds) ? Math.round(nanoseconds) / 1e9 : null;
}
