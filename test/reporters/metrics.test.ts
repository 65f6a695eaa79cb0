// Metrics in both formats: what is known has a sample, what is not has none, labels stay few, and names are those that
// dashboards have.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { SeenFinding } from '../../src/analysis/finding-history.js';
import { BoundedHistogram, DURATION_BOUNDS, TrafficTally } from '../../src/analysis/traffic-tally.js';
import { HostTracker } from '../../src/host/host-tracker.js';
import { METRIC_FAMILIES } from '../../src/reporters/metrics/families.js';
import type { MetricsInput } from '../../src/reporters/metrics/family.js';
import { metricsFormat, metricsText } from '../../src/reporters/metrics/metrics-text.js';
import { parseFpmStatus } from '../../src/status/parse-fpm-status.js';
import { poolLoad } from '../../src/status/pool-load.js';
import { connection, listener, master, sample, viewOf, waiting, worker } from '../support/host.js';

const NOTHING: MetricsInput = { version: '1.2.3', findings: [], perProcess: false };

/** Samples by name and labels. */
function samplesOf(input: MetricsInput, format: 'openmetrics' | 'prometheus' = 'openmetrics'): Map<string, string> {
  const samples = new Map<string, string>();
  for (const line of metricsText(input, format).split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const match = /^([a-z_]+(?:\{.*\})?) (\S+)$/.exec(line);
    assert.ok(match, line);
    assert.ok(!samples.has(match[1]), `twice: ${match[1]}`);
    samples.set(match[1], match[2]);
  }
  return samples;
}

function tally(): TrafficTally {
  const traffic = new TrafficTally();
  const listened = traffic.listener('127.0.0.1:9000');
  for (const milliseconds of [4, 5, 6, 20_000]) {
    listened.connectionOpened();
    listened.requestBegun();
    listened.requestEnded({
      result: 'ok',
      timeToFirstByte: milliseconds * 1e6,
      total: milliseconds * 1e6,
      bodyIn: Number.NaN,
    });
  }
  listened.connectionEnded({ first: 'application', how: 'fin', keepConn: false, requests: 1, linger: 1e6 });
  listened.connectFailed('ECONNREFUSED');
  listened.connectFailed('EWHATEVER');
  return traffic;
}

const PAGE = JSON.stringify({
  pool: 'www',
  'process manager': 'static',
  'start since': 77,
  'accepted conn': 12,
  'listen queue': 0,
  'max listen queue': 1,
  'idle processes': 9,
  'active processes': 9,
  'total processes': 3,
  'slow requests': 2,
  processes: [
    { pid: 1, state: 'Running', requests: 5, 'request duration': 1500, 'request uri': '/a' },
    { pid: 2, state: 'Idle', requests: 6 },
    { pid: 3, state: 'Running', requests: 7, 'request uri': '/status?mark' },
  ],
});

function withStatus(): MetricsInput {
  const tracker = new HostTracker();
  tracker.push(sample(0, [listener({ connections: [waiting(1, 2), waiting(2, 1)] })]));
  const status = parseFpmStatus(PAGE)!;
  const pool = {
    address: '127.0.0.1:9000',
    isUnix: false,
    status,
    load: poolLoad(status, 'mark', 3),
    change: undefined,
    took: 3,
    acceptQueue: 2,
    own: 'mark',
  };
  tracker.status('127.0.0.1:9000', { kind: 'answered', time: 0, path: '/status', pool });
  return { ...NOTHING, host: tracker.view };
}

describe('metrics of a host', () => {
  it('have queues, sides and workers', () => {
    const seen = listener({
      connections: [connection(), waiting(1, 2)],
      application: { 'TIME-WAIT': 7 },
      webServer: { 'TIME-WAIT': 3 },
      ports: [{ source: 'a', destination: 'b:1', live: 28232 / 4, timeWait: 28232 / 4, youngTimeWait: 0 }],
    });
    const samples = samplesOf({ ...NOTHING, host: viewOf(sample(0, [seen])) });
    const of = (name: string) => samples.get(`${name}{listener="127.0.0.1:9000"}`);
    assert.equal(of('fcgi_accept_queue'), '1');
    assert.equal(of('fcgi_accept_queue_limit'), '128');
    assert.equal(of('fcgi_accept_queue_oldest_seconds'), '2');
    assert.equal(of('fcgi_workers'), '2');
    assert.equal(samples.get('fcgi_time_wait{listener="127.0.0.1:9000",side="application"}'), '7');
    assert.equal(samples.get('fcgi_time_wait{listener="127.0.0.1:9000",side="web-server"}'), '3');
    assert.equal(samples.get('fcgi_ephemeral_ports_used_ratio{dst="b:1"}'), '0.5');
    assert.equal(samples.get('fcgi_host_connections{listener="127.0.0.1:9000",activity="working"}'), '1');
  });

  it('have no sample of what is not known', () => {
    const unix = listener({
      kind: 'unix',
      address: 'unix:/x',
      queues: [{ inode: 1, depth: 2, limit: Number.NaN, drops: Number.NaN }],
    });
    const samples = samplesOf({ ...NOTHING, host: viewOf(sample(0, [unix], { processes: [] })) });
    assert.equal(samples.get('fcgi_accept_queue{listener="unix:/x"}'), '2');
    for (const name of [
      'fcgi_accept_queue_limit',
      'fcgi_accept_queue_dropped_total',
      'fcgi_workers',
      'fcgi_accept_queue_oldest_seconds',
    ]) {
      assert.ok(!samples.has(`${name}{listener="unix:/x"}`), name);
    }
    assert.ok([...samples.values()].every((value) => value !== 'NaN'));
  });

  it('have series for processes only when they are asked for', () => {
    const host = viewOf(sample(0, [listener()]));
    assert.ok(![...samplesOf({ ...NOTHING, host }).keys()].some((name) => name.includes('pid=')));
    const samples = samplesOf({ ...NOTHING, host, perProcess: true });
    assert.equal(samples.get('fcgi_worker_connections{listener="127.0.0.1:9000",pid="11"}'), '0');
  });

  it('keep hostile names inside their quotes, on one line, and short', () => {
    const address = `unix:/tmp/"}\n# EOF\u001b[31m${'x'.repeat(500)}`;
    const text = metricsText({ ...NOTHING, host: viewOf(sample(0, [listener({ address })])) }, 'openmetrics');
    assert.equal(text.match(/^# EOF$/gm)?.length, 1);
    assert.ok(!text.includes('\u001b'));
    assert.ok(text.includes('fcgi_accept_queue{listener="unix:/tmp/\\"}\\n# EOF?[31mxxx'));
    assert.ok(text.split('\n').every((line) => line.length < 400));
  });
});

describe('metrics of a status page', () => {
  it("have the names that people graph, with the kernel's queue and counted workers", () => {
    const samples = samplesOf(withStatus(), 'prometheus');
    const labels = '{pool="www",scrape_uri="tcp://127.0.0.1:9000/status"}';
    const of = (name: string) => samples.get(`${name}${labels}`);
    assert.equal(of('phpfpm_up'), '1');
    assert.equal(of('phpfpm_listen_queue'), '2', 'the page says 0');
    assert.equal(of('phpfpm_listen_queue_length'), '128');
    assert.equal(of('phpfpm_active_processes'), '1', 'without the one that answers us; the page says 9');
    assert.equal(of('phpfpm_idle_processes'), '1');
    assert.equal(of('phpfpm_total_processes'), '3');
    assert.equal(of('phpfpm_accepted_connections'), '12');
    assert.equal(of('phpfpm_slow_requests'), '2');
    assert.equal(of('phpfpm_start_since'), '77');
    const child = '{pool="www",scrape_uri="tcp://127.0.0.1:9000/status",child="0"';
    assert.equal(samples.get(`phpfpm_process_requests${child}}`), '5');
    assert.equal(samples.get(`phpfpm_process_state${child},state="Running"}`), '1');
    assert.equal(samples.get(`phpfpm_process_state${child},state="Idle"}`), '0');
    assert.equal(samples.get(`phpfpm_max_children${labels.slice(0, -1)},source="flag"}`), '3');
  });

  it("have the kernel's numbers where the page does not answer, under the same labels", () => {
    const tracker = new HostTracker();
    tracker.push(
      sample(0, [listener({ connections: [connection({ inode: 100 }), connection({ inode: 101 }), waiting(1, 2)] })], {
        processes: [master(), worker(11, [100]), worker(12, [101])],
      }),
    );
    const look = { time: 0, path: '/status', reason: 'late', poolName: 'www' };
    const labels = '{pool="www",scrape_uri="tcp://127.0.0.1:9000/status"}';
    tracker.status('127.0.0.1:9000', { kind: 'not-asked', ...look });
    const samples = samplesOf({ ...NOTHING, host: tracker.view });
    const names = ['phpfpm_listen_queue', 'phpfpm_active_processes', 'phpfpm_idle_processes', 'phpfpm_total_processes'];
    assert.deepEqual(
      names.map((name) => samples.get(name + labels)),
      ['1', '2', '0', '2'],
    );
    assert.ok(!samples.has(`phpfpm_up${labels}`) && !samples.has(`phpfpm_accepted_connections${labels}`));
    tracker.status('127.0.0.1:9000', { kind: 'failed', ...look });
    assert.equal(samplesOf({ ...NOTHING, host: tracker.view }).get(`phpfpm_up${labels}`), '0');
  });

  it("are of unknown type to OpenMetrics where their names are no counters' names there", () => {
    const open = metricsText(withStatus(), 'openmetrics');
    assert.match(open, /^# TYPE phpfpm_accepted_connections unknown$/m);
    assert.match(metricsText(withStatus(), 'prometheus'), /^# TYPE phpfpm_accepted_connections counter$/m);
    assert.match(open, /^# TYPE fcgi_host_looks counter\nfcgi_host_looks_total 1$/m);
  });
});

describe('metrics of traffic', () => {
  it('have histograms whose buckets add up', () => {
    const samples = samplesOf({ ...NOTHING, traffic: tally() });
    const bucket = (le: string) =>
      samples.get(`fcgi_request_duration_seconds_bucket{listener="127.0.0.1:9000",phase="total",le="${le}"}`);
    assert.deepEqual(['0.005', '0.01', '1.0', '10.0', '+Inf'].map(bucket), ['2', '3', '3', '3', '4']);
    assert.equal(samples.get('fcgi_request_duration_seconds_count{listener="127.0.0.1:9000",phase="total"}'), '4');
    assert.equal(samples.get('fcgi_request_duration_seconds_sum{listener="127.0.0.1:9000",phase="total"}'), '20.015');
    assert.equal(samples.get('fcgi_request_duration_seconds_count{listener="127.0.0.1:9000",phase="body_in"}'), '0');
  });

  it('count connections, closes, results and errors', () => {
    const samples = samplesOf({ ...NOTHING, traffic: tally() });
    assert.equal(samples.get('fcgi_connections_total{listener="127.0.0.1:9000"}'), '4');
    assert.equal(samples.get('fcgi_connections_open{listener="127.0.0.1:9000"}'), '3');
    assert.equal(samples.get('fcgi_requests_total{listener="127.0.0.1:9000",result="ok"}'), '4');
    assert.equal(samples.get('fcgi_requests_total{listener="127.0.0.1:9000",result="truncated"}'), '0');
    assert.equal(
      samples.get(
        'fcgi_connection_closed_total{listener="127.0.0.1:9000",first="application",how="fin",keep_conn="0"}',
      ),
      '1',
    );
    assert.equal(samples.get('fcgi_upstream_connect_errors_total{listener="127.0.0.1:9000",errno="other"}'), '1');
    assert.equal(samples.get('fcgi_requests_in_flight_max{listener="127.0.0.1:9000"}'), '1');
  });

  it('put values on a bound into its bucket', () => {
    const histogram = new BoundedHistogram([1, 2]);
    for (const value of [0, 1, 1.5, 2, 3, Number.NaN]) histogram.record(value);
    assert.deepEqual(histogram.counts, [2, 2, 1]);
    assert.deepEqual([histogram.count, histogram.sum], [5, 7.5]);
    assert.deepEqual(
      [...DURATION_BOUNDS].sort((a, b) => a - b),
      DURATION_BOUNDS,
    );
  });
});

describe('metrics of findings', () => {
  it('are 1 while one is there and 0 when it is over, one series a finding and listener', () => {
    const seen = (id: string, active: boolean, connectionId?: number): SeenFinding => ({
      finding: {
        id,
        severity: 'error',
        title: '',
        detail: '',
        count: 1,
        scope: { endpoint: 'x', ...(connectionId === undefined ? {} : { connection: connectionId }) },
        evidence: [],
        advice: [],
      },
      firstSeen: 0,
      lastSeen: 0,
      active,
      returns: 0,
      worst: 'error',
    });
    const findings = [
      seen('backlog-overflow', false),
      seen('stuck-accept-queue', false, 1),
      seen('stuck-accept-queue', true, 2),
      seen('no-such-id', true),
    ];
    const samples = samplesOf({ ...NOTHING, findings });
    assert.equal(samples.get('fcgi_findings{id="backlog-overflow",severity="error",listener="x"}'), '0');
    assert.equal(samples.get('fcgi_findings{id="stuck-accept-queue",severity="error",listener="x"}'), '1');
    assert.equal([...samples.keys()].filter((name) => name.startsWith('fcgi_findings')).length, 2);
  });
});

describe('the formats', () => {
  it('are chosen by what the scraper accepts', () => {
    assert.equal(metricsFormat('application/openmetrics-text;version=1.0.0,text/plain;q=0.5'), 'openmetrics');
    assert.equal(metricsFormat('text/plain'), 'prometheus');
    assert.equal(metricsFormat(undefined), 'prometheus');
  });

  it('have a name, a meaning and labels that are declared, for every family', () => {
    const input: MetricsInput = { ...withStatus(), traffic: tally(), perProcess: true };
    const names = METRIC_FAMILIES.map(({ name }) => name);
    assert.equal(new Set(names).size, names.length);
    for (const family of METRIC_FAMILIES) {
      assert.match(family.name, /^(fcgi|phpfpm)_[a-z_]+$/);
      assert.ok(family.help.length > 10 && family.help.endsWith('.'), family.name);
      if (!family.givenName) assert.equal(family.name.endsWith('_total'), family.type === 'counter', family.name);
      for (const { labels } of family.collect(input)) assert.deepEqual(Object.keys(labels), family.labels, family.name);
    }
  });

  it('say nothing but their end where nothing is known', () => {
    assert.equal(metricsText(NOTHING, 'openmetrics', []), '# EOF\n');
    assert.equal(samplesOf(NOTHING).get('fcgi_inspect_info{version="1.2.3"}'), '1');
  });
});
