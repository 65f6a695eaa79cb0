// The JSON report of every capture of real servers, held against figures that another parser made and the servers' own
// logs confirmed. No listener is named where FastCGI bytes are present.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { NamedListener } from '../../src/analysis/session.js';
import { type Report, reportOfFiles } from '../support/report.js';
import { sameBackends, sameConnections, sameLatency, sameRequests } from './same-rows.js';
import {
  captureNames,
  capturesFolder,
  counts,
  orNone,
  readTruth,
  roleName,
  sides,
  type Truth,
  withoutCaptures,
} from './truth.js';

if (withoutCaptures) test('captures of real servers', { skip: withoutCaptures });
else test('there are captures to look at', () => assert.ok(captureNames().length >= 20));

for (const name of captureNames()) {
  test(name, async (t) => {
    const truth = readTruth(name);
    const { report } = await reportOfFiles([join(capturesFolder, name, truth.file)], namedListeners(truth));
    await t.test('input', () => sameInput(report, truth));
    await t.test('TCP', () => sameTcp(report, truth));
    await t.test('FastCGI', () => sameFastcgi(report, truth));
    await t.test('connections', () => sameConnections(report, truth));
    await t.test('requests', () => sameRequests(report, truth));
    await t.test('backends', () => sameBackends(report, truth));
    await t.test('latency', () => sameLatency(report, truth));
  });
}

/** Only what carries no FastCGI byte (a refused connection) has to be named. */
function namedListeners(truth: Truth): NamedListener[] {
  return truth.fcgi.requests > 0 ? [] : truth.fcgi_ports.map((port) => ({ port, protocol: 'fastcgi' }));
}

function sameInput({ input, schema }: Report, { capture }: Truth): void {
  assert.equal(schema, 'fcgi-inspect/report/1');
  assert.equal(input.packets, capture.packets);
  assert.equal(input.tcpPackets, capture.tcp_packets);
  assert.equal(input.cut, capture.truncated_file);
  assert.match(input.firstTime ?? '', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/);
  assert.ok(Math.abs(Date.parse(input.firstTime ?? '') / 1000 - capture.first) < 0.0011);
  assert.ok(Math.abs(input.duration - (capture.last - capture.first)) < 2e-6);
}

function sameTcp({ summary }: Report, { tcp }: Truth): void {
  assert.equal(summary.connections, tcp.connections);
  assert.equal(summary.neverEstablished, tcp.never_established);
  assert.equal(summary.midStream, tcp.no_syn_seen);
  assert.equal(summary.synRetransmissions, tcp.extra_syns);
  assert.equal(summary.synAckRetransmissions, tcp.extra_synacks);
  assert.deepEqual(counts({ ...summary.firstFin }), sides(tcp.first_fin));
  assert.deepEqual(counts({ ...summary.firstReset }), sides(tcp.rst));
  assert.deepEqual(counts({ ...summary.timeWait }), sides(tcp.time_wait_left_on));
  assert.equal(summary.maxOpenConnections, tcp.max_open_connections);
}

function sameFastcgi({ summary }: Report, { fcgi }: Truth): void {
  assert.equal(summary.requests, fcgi.requests);
  assert.deepEqual(counts(summary.records), counts(fcgi.records_by_type));
  assert.deepEqual(counts(summary.recordBytes), counts(fcgi.record_content_bytes_by_type));
  assert.equal(summary.paddingBytes, fcgi.padding_bytes);
  assert.deepEqual(
    counts({ ...summary.keepConn }),
    counts(fcgi.keep_conn, (key) => (key === '1' ? 'set' : 'unset')),
  );
  assert.deepEqual(counts(summary.roles), counts(fcgi.roles, roleName));
  assert.deepEqual(counts(summary.methods), orNone(fcgi.methods));
  assert.deepEqual(counts(summary.httpStatus), orNone(fcgi.http_status));
  assert.deepEqual(counts(summary.appStatus), orNone(fcgi.app_status));
  assert.deepEqual(counts(summary.protocolStatus), orNone(fcgi.protocol_status));
  assert.equal(summary.unfinished, fcgi.unfinished);
  const { stdin_bytes: stdin, stdout_bytes: stdout, stderr_bytes: stderr, data_bytes: data } = fcgi;
  assert.deepEqual(summary.bytes, { stdin, stdout, stderr, data });
  assert.equal(summary.maxConcurrentRequests, fcgi.max_concurrent_requests);
  assert.deepEqual(counts(summary.requestsPerConnection), counts(fcgi.requests_per_connection));
}
