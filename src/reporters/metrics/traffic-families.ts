// What a source that sees requests has counted, as metrics: connections, how they ended, requests and their times.
import { type BoundedHistogram, type ListenerTally, REQUEST_RESULTS } from '../../analysis/traffic-tally.js';
import type { HistogramFamily, HistogramSample, MetricFamily, MetricsInput, ValueFamily } from './family.js';

const MOST_LISTENERS = 200;

function tallies({ traffic }: MetricsInput): [string, ListenerTally][] {
  return [...(traffic?.listeners ?? [])].slice(0, MOST_LISTENERS);
}

function ofTally(
  name: string,
  type: 'gauge' | 'counter',
  help: string,
  value: (tally: ListenerTally) => number,
): ValueFamily {
  return {
    name,
    type,
    help,
    labels: ['listener'],
    source: 'traffic',
    *collect(input) {
      for (const [listener, tally] of tallies(input)) yield { labels: { listener }, value: value(tally) };
    },
  };
}

function histogramOf(
  name: string,
  help: string,
  labels: readonly string[],
  parts: (tally: ListenerTally) => readonly (readonly [Readonly<Record<string, string>>, BoundedHistogram])[],
): HistogramFamily {
  return {
    name,
    type: 'histogram',
    help,
    labels: ['listener', ...labels],
    source: 'traffic',
    *collect(input): Generator<HistogramSample> {
      for (const [listener, tally] of tallies(input)) {
        for (const [more, histogram] of parts(tally)) yield { labels: { listener, ...more }, histogram };
      }
    },
  };
}

export const TRAFFIC_FAMILIES: readonly MetricFamily[] = [
  ofTally('fcgi_connections_total', 'counter', 'Connections opened.', ({ connections }) => connections),
  ofTally('fcgi_connections_open', 'gauge', 'Connections that are open.', ({ open }) => open),
  {
    name: 'fcgi_connection_closed_total',
    type: 'counter',
    help: 'Connections closed: by which side first, with FIN or RST, and whether KEEP_CONN had been asked for.',
    labels: ['listener', 'first', 'how', 'keep_conn'],
    source: 'traffic',
    *collect(input) {
      for (const [listener, tally] of tallies(input)) {
        for (const { connection, count } of tally.closed.values()) {
          const { first, how, keepConn } = connection;
          yield { labels: { listener, first, how, keep_conn: keepConn ? '1' : '0' }, value: count };
        }
      }
    },
  },
  {
    name: 'fcgi_requests_total',
    type: 'counter',
    help: 'Requests that came to an end, by how.',
    labels: ['listener', 'result'],
    source: 'traffic',
    *collect(input) {
      for (const [listener, tally] of tallies(input)) {
        for (const result of REQUEST_RESULTS) {
          yield { labels: { listener, result }, value: tally.requests.get(result) ?? 0 };
        }
      }
    },
  },
  ofTally('fcgi_requests_in_flight', 'gauge', 'Requests in progress.', ({ requestsInFlight }) => requestsInFlight),
  ofTally(
    'fcgi_requests_in_flight_max',
    'gauge',
    'Most requests in progress at a time.',
    ({ mostInFlight }) => mostInFlight,
  ),
  histogramOf(
    'fcgi_request_duration_seconds',
    'Times of requests: ttfb from the end of its input to the first byte of the answer, total from BEGIN_REQUEST to END_REQUEST, body_in to the end of STDIN, linger from END_REQUEST to the close of a connection that is not kept.',
    ['phase'],
    (tally) => [
      [{ phase: 'ttfb' }, tally.timeToFirstByte],
      [{ phase: 'total' }, tally.total],
      [{ phase: 'body_in' }, tally.bodyIn],
      [{ phase: 'linger' }, tally.linger],
    ],
  ),
  histogramOf('fcgi_requests_per_connection', 'Requests on a connection, when it is closed.', [], (tally) => [
    [{}, tally.requestsPerConnection],
  ]),
  histogramOf('fcgi_upstream_connect_seconds', 'Time that connecting to the application took.', [], (tally) => [
    [{}, tally.connect],
  ]),
  {
    name: 'fcgi_upstream_connect_errors_total',
    type: 'counter',
    help: "Connections to the application that failed, by the system's error.",
    labels: ['listener', 'errno'],
    source: 'traffic',
    *collect(input) {
      for (const [listener, tally] of tallies(input)) {
        for (const [errno, value] of tally.connectErrors) yield { labels: { listener, errno }, value };
      }
    },
  },
  {
    name: 'fcgi_faults_injected_total',
    type: 'counter',
    help: 'Faults that were made on purpose.',
    labels: ['listener', 'fault'],
    source: 'traffic',
    *collect(input) {
      for (const [listener, tally] of tallies(input)) {
        for (const [fault, value] of tally.faults) yield { labels: { listener, fault }, value };
      }
    },
  },
  ofTally(
    'fcgi_stderr_bytes_total',
    'counter',
    'Bytes of STDERR, of requests that have ended.',
    ({ stderrBytes }) => stderrBytes,
  ),
  {
    name: 'fcgi_backpressure_seconds_total',
    type: 'counter',
    help: 'Time during which a side was not read because the other did not take what it sent; counted when a connection is closed.',
    labels: ['listener', 'side'],
    source: 'traffic',
    *collect(input) {
      for (const [listener, tally] of tallies(input)) {
        yield { labels: { listener, side: 'web-server' }, value: tally.webServerPaused };
        yield { labels: { listener, side: 'application' }, value: tally.applicationPaused };
      }
    },
  },
  {
    name: 'fcgi_bytes_total',
    type: 'counter',
    help: 'Payload bytes, by the side that sent them.',
    labels: ['listener', 'side'],
    source: 'traffic',
    *collect(input) {
      for (const [listener, tally] of tallies(input)) {
        yield { labels: { listener, side: 'web-server' }, value: tally.bytesFromWebServer };
        yield { labels: { listener, side: 'application' }, value: tally.bytesFromApplication };
      }
    },
  },
];
