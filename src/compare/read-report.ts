// A JSON report (schema fcgi-inspect/report/1) as the figures to compare. Whoever wrote the file, it is only believed to be
// JSON: a figure that is missing counts as 0, what has another type is an error, and names go into maps.
import { SEVERITIES, type Severity } from '../analysis/finding.js';
import { UserError } from '../model/errors.js';
import type {
  CountsByName,
  EndpointFigures,
  LatencyPercentiles,
  PercentileFigures,
  Report,
  ReportEndpoint,
  ReportFinding,
  RequestTimes,
} from './report.js';

const SCHEMA = /^fcgi-inspect\/report\/(\d+)$/;

/** Where the times of single requests come from: the rows of the tables, or those in the document. */
export interface TimesOfReport {
  readonly all: RequestTimes | undefined;
  /** By the place of each entry in `backends`. */
  readonly byBackend: readonly (RequestTimes | undefined)[];
}

/**
 * @param document the parsed document; its lists of connections and requests are not looked at
 * @throws UserError when it is no report, or not of this version
 */
export function readReport(
  name: string,
  source: Report['source'],
  document: unknown,
  times: TimesOfReport | undefined,
): Report {
  const root = object(document, name, 'the document');
  const schema = typeof root.schema === 'string' ? SCHEMA.exec(root.schema) : null;
  if (schema === null)
    throw new UserError(
      `cannot compare ${name}: this JSON is no report of fcgi-inspect`,
      'make one: fcgi-inspect capture.pcap --format json -o report.json',
    );
  if (schema[1] !== '1')
    throw new UserError(`cannot compare ${name}: its schema is version ${schema[1]}, and only 1 is known here`);
  const input = object(root.input, name, 'input');
  const summary = object(root.summary, name, 'summary');
  const backends = list(root.backends, name, 'backends');
  return {
    name,
    source,
    firstTime: typeof input.firstTime === 'string' ? input.firstTime : undefined,
    duration: number(input.duration, name, 'input.duration'),
    cut: input.cut === true,
    ...endpointFigures(summary, name, 'summary', times?.all),
    neverEstablished: number(summary.neverEstablished, name, 'summary.neverEstablished'),
    midStream: number(summary.midStream, name, 'summary.midStream'),
    synRetransmissions: number(summary.synRetransmissions, name, 'summary.synRetransmissions'),
    synAckRetransmissions: number(summary.synAckRetransmissions, name, 'summary.synAckRetransmissions'),
    firstReset: counts(summary.firstReset, name, 'summary.firstReset'),
    timeWaitRate: number(summary.timeWaitRate, name, 'summary.timeWaitRate'),
    timeWaitPeak: isObject(summary.timeWaitPeak)
      ? number(summary.timeWaitPeak.count, name, 'summary.timeWaitPeak.count')
      : 0,
    maxOpenConnections: number(summary.maxOpenConnections, name, 'summary.maxOpenConnections'),
    keepConn: counts(summary.keepConn, name, 'summary.keepConn').get('set') ?? 0,
    unfinished: number(summary.unfinished, name, 'summary.unfinished'),
    methods: counts(summary.methods, name, 'summary.methods'),
    httpStatus: counts(summary.httpStatus, name, 'summary.httpStatus'),
    appStatus: counts(summary.appStatus, name, 'summary.appStatus'),
    protocolStatus: counts(summary.protocolStatus, name, 'summary.protocolStatus'),
    bytes: counts(summary.bytes, name, 'summary.bytes'),
    requestsPerConnection: counts(summary.requestsPerConnection, name, 'summary.requestsPerConnection'),
    endpoints: backends.map((backend, index) => readEndpoint(backend, name, index, times?.byBackend[index])),
    findings: list(root.findings, name, 'findings').map((finding, index) => readFinding(finding, name, index)),
  };
}

function endpointFigures(value: Json, name: string, where: string, times: RequestTimes | undefined): EndpointFigures {
  return {
    connections: number(value.connections, name, `${where}.connections`),
    requests: number(value.requests, name, `${where}.requests`),
    maxConcurrentRequests: number(value.maxConcurrentRequests, name, `${where}.maxConcurrentRequests`),
    firstFin: counts(value.firstFin, name, `${where}.firstFin`),
    timeWait: counts(value.timeWait, name, `${where}.timeWait`),
    latency: latency(value.latency, name, `${where}.latency`),
    times,
  };
}

function readEndpoint(value: unknown, name: string, index: number, times: RequestTimes | undefined): ReportEndpoint {
  const where = `backends[${index}]`;
  const backend = object(value, name, where);
  const queue = isObject(backend.acceptQueue) ? backend.acceptQueue : undefined;
  const ceiling = backend.concurrencyCeiling;
  return {
    ...endpointFigures(backend, name, where, times),
    endpoint: text(backend.endpoint, name, `${where}.endpoint`),
    protocol: text(backend.protocol, name, `${where}.protocol`),
    concurrencyCeiling:
      ceiling === null || ceiling === undefined ? undefined : number(ceiling, name, `${where}.concurrencyCeiling`),
    queue:
      queue === undefined || queue.source === 'none'
        ? undefined
        : {
            maxDepth: number(queue.maxDepth, name, `${where}.acceptQueue.maxDepth`),
            longestWait: number(queue.longestWait, name, `${where}.acceptQueue.longestWait`),
            waiting: number(queue.waiting, name, `${where}.acceptQueue.waiting`),
          },
  };
}

function readFinding(value: unknown, name: string, index: number): ReportFinding {
  const where = `findings[${index}]`;
  const finding = object(value, name, where);
  const severity = SEVERITIES.find((each) => each === finding.severity);
  if (severity === undefined) throw wrong(name, `${where}.severity`, `one of ${SEVERITIES.join(', ')}`);
  const scope = isObject(finding.scope) ? finding.scope : {};
  return {
    id: text(finding.id, name, `${where}.id`),
    severity: severity satisfies Severity,
    title: text(finding.title, name, `${where}.title`),
    count: number(finding.count, name, `${where}.count`),
    endpoint: typeof scope.endpoint === 'string' ? scope.endpoint : undefined,
  };
}

function latency(value: unknown, name: string, where: string): LatencyPercentiles {
  const figures = isObject(value) ? value : {};
  return {
    timeToFirstByte: percentiles(figures.timeToFirstByte, name, `${where}.timeToFirstByte`),
    total: percentiles(figures.total, name, `${where}.total`),
  };
}

function percentiles(value: unknown, name: string, where: string): PercentileFigures | undefined {
  if (value === null || value === undefined) return undefined;
  const figures = object(value, name, where);
  const one = (key: string) => number(figures[key], name, `${where}.${key}`);
  return { p50: one('p50'), p90: one('p90'), p95: one('p95'), p99: one('p99'), max: one('max') };
}

type Json = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function object(value: unknown, name: string, where: string): Json {
  if (!isObject(value)) throw wrong(name, where, 'an object');
  return value;
}

function list(value: unknown, name: string, where: string): readonly unknown[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw wrong(name, where, 'a list');
  return value;
}

function text(value: unknown, name: string, where: string): string {
  if (typeof value !== 'string') throw wrong(name, where, 'a text');
  return value;
}

function number(value: unknown, name: string, where: string): number {
  if (value === undefined || value === null) return 0;
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) throw wrong(name, where, 'a number from 0');
  return value;
}

function counts(value: unknown, name: string, where: string): CountsByName {
  if (value === undefined || value === null) return new Map();
  return new Map(
    Object.entries(object(value, name, where)).map(([key, count]) => [key, number(count, name, `${where}.${key}`)]),
  );
}

function wrong(name: string, where: string, expected: string): UserError {
  return new UserError(`cannot compare ${name}: ${where} is not ${expected}`);
}
