// The result of a load for programs: raw numbers, times in nanoseconds.
import type { Histogram } from '../load/histogram.js';
import type { LoadResult } from '../load/load-result.js';
import { PERCENTILES } from '../load/load-tally.js';
import { safeJson } from './safe-json.js';

/** One JSON value with a line break. */
export function loadJson(result: LoadResult): string {
  const { tally, seconds } = result;
  const value = {
    address: result.address,
    protocol: result.protocol,
    method: result.method,
    uri: result.uri,
    concurrency: result.concurrency,
    keepConn: result.keepConn,
    perConnection: result.perConnection,
    rate: result.rate ?? null,
    seconds,
    interrupted: result.interrupted,
    requests: tally.complete + tally.failed,
    complete: tally.complete,
    failed: tally.failed,
    requestsPerSecond: seconds > 0 ? tally.complete / seconds : null,
    connections: result.connections,
    reused: tally.reused,
    stdoutBytes: tally.stdoutBytes,
    stderrBytes: tally.stderrBytes,
    appStatusNotZero: tally.appStatusNotZero,
    mostLate: result.mostLate,
    unsent: result.unsent,
    latency: histogramJson(tally.latency),
    firstByte: histogramJson(tally.firstByte),
    statuses: Object.fromEntries(tally.statuses),
    errors: Object.fromEntries(tally.errors),
  };
  return `${safeJson(value, 2)}\n`;
}

/** Nanoseconds; `buckets` are [from, to, count] with `to` excluded. */
function histogramJson(histogram: Histogram): unknown {
  if (histogram.count === 0) return null;
  return {
    least: histogram.least,
    mean: histogram.mean,
    most: histogram.most,
    percentiles: Object.fromEntries(PERCENTILES.map((share) => [String(share * 100), histogram.percentile(share)])),
    buckets: [...histogram.buckets()].map(({ from, to, count }) => [from, to, count]),
  };
}
