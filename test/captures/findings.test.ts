// Which findings must fire on the captures of real servers, and which must not.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { CHECKS } from '../../src/analysis/checks/index.js';
import type { NamedListener } from '../../src/analysis/session.js';
import { sharedRoot } from '../support/paths.js';
import { type Report, reportOfFiles } from '../support/report.js';
import { EXPECTED, QUEUE } from './expected-findings.js';
import { captureNames, capturesFolder, withoutCaptures } from './truth.js';

/** Where nothing carries a FastCGI byte the listener has to be named. */
const NAMED: Readonly<Record<string, readonly NamedListener[]>> = { h1: [{ port: 19070, protocol: 'fastcgi' }] };

const WITH_QUEUE = ['d1', 'd3', 'f1', 'f2'];

function found(report: Report): string[] {
  return [...new Set(report.findings.map((finding) => finding.id))];
}

if (withoutCaptures) test('findings of captures', { skip: withoutCaptures });
else {
  test('the table names findings that exist, and every capture', () => {
    const known = new Set(CHECKS.map((check) => check.id));
    const named = Object.values(EXPECTED).flatMap(({ fires, silent }) => [...fires, ...silent]);
    assert.deepEqual([...new Set([...named, ...QUEUE])].filter((id) => !known.has(id)).sort(), []);
    assert.deepEqual(captureNames().map(short).sort(), Object.keys(EXPECTED).sort());
  });
}

function short(name: string): string {
  return name.split('_')[0];
}

for (const name of captureNames()) {
  const expected = EXPECTED[short(name)];
  test(`findings of ${name}`, async (t) => {
    const { report } = await reportOfFiles([join(capturesFolder, name, 'capture.pcap')], NAMED[short(name)] ?? []);
    const ids = found(report);
    for (const id of expected.fires) await t.test(`${id} fires`, () => assert.ok(ids.includes(id), ids.join(', ')));
    const queue = WITH_QUEUE.includes(short(name)) ? [] : QUEUE;
    for (const id of [...expected.silent, ...queue]) {
      await t.test(`${id} is silent`, () =>
        assert.deepEqual(
          report.findings.filter((finding) => finding.id === id),
          [],
        ),
      );
    }
    if (expected.healthy) {
      await t.test('nothing is worse than a note', () =>
        assert.deepEqual(
          report.findings.filter((finding) => finding.severity !== 'note').map((finding) => finding.id),
          [],
        ),
      );
    }
    await t.test('every finding is whole', () => wholeFindings(report));
  });
}

/** What every finding must have: words, evidence that points into the tables, a scope that exists. */
function wholeFindings(report: Report): void {
  const endpoints = new Set(report.backends.map((backend) => backend.endpoint));
  const connections = new Set(report.connections.map((connection) => connection.id));
  const requests = new Set(report.requests.map((request) => request.id));
  for (const { id, title, detail, count, scope, evidence, advice } of report.findings) {
    assert.ok(title.length > 0 && detail.length > 0 && count > 0, id);
    assert.ok(evidence.length > 0 || id === 'capture-limits', `${id} has no evidence`);
    assert.ok(advice.length > 0, `${id} has no advice`);
    if (scope.endpoint !== undefined) assert.ok(endpoints.has(scope.endpoint), `${id}: ${scope.endpoint}`);
    for (const place of [scope, ...evidence]) {
      if (place.connection !== undefined)
        assert.ok(connections.has(place.connection), `${id}: connection ${place.connection}`);
      if (place.request !== undefined) assert.ok(requests.has(place.request), `${id}: request ${place.request}`);
    }
  }
}

/** [capture, slots]: how many requests at a time the queue model finds. */
const CEILINGS: readonly (readonly [string, number | null])[] = [
  ['d1_lighttpd_comet_starved', 8],
  ['f1_fpm_queue', 2],
  ['f2_fpm_backlog_overflow', 2],
  ['d3_stuck_accept_lock', null],
  ['d5_lighttpd_eof', null],
  ['g6_client_abort', null],
];

for (const [name, slots] of withoutCaptures ? [] : CEILINGS) {
  test(`concurrency ceiling of ${name}`, async () => {
    const { report } = await reportOfFiles([join(capturesFolder, name, 'capture.pcap')]);
    assert.deepEqual(
      report.backends.map((backend) => backend.concurrencyCeiling),
      [slots],
    );
  });
}

if (!withoutCaptures) {
  test('queues are as deep as the host saw them', async () => {
    // ss saw 24 and 13 connections in the accept queues of these two, sampled; the model may see a few more.
    for (const [name, least, most] of [
      ['d1_lighttpd_comet_starved', 24, 26],
      ['f1_fpm_queue', 13, 14],
    ] as const) {
      const { report } = await reportOfFiles([join(capturesFolder, name, 'capture.pcap')]);
      const { source, maxDepth, longestWait } = report.backends[0].acceptQueue;
      assert.equal(source, 'model');
      assert.ok(maxDepth >= least && maxDepth <= most, `${name}: ${maxDepth}`);
      assert.ok(longestWait! > 3, `${name}: ${longestWait} s`);
    }
  });

  test('not-fastcgi says what was sent to a named listener instead', async () => {
    const named = [19080, 19091, 19092, 19093].map((port) => ({ port, protocol: 'fastcgi' as const }));
    const { report } = await reportOfFiles([join(capturesFolder, 'j1_mixed_scgi_http_fcgi', 'capture.pcap')], named);
    const told = report.findings.filter((finding) => finding.id === 'not-fastcgi');
    const about = (port: number) => told.find((finding) => finding.scope.endpoint?.endsWith(`:${port}`));
    for (const [port, protocol] of [
      [19080, /HTTP/],
      [19091, /SCGI/],
      [19092, /HTTP/],
    ] as const) {
      const finding = about(port);
      assert.ok(finding, `${port}`);
      assert.match(`${finding.title} ${finding.detail}`, protocol);
      assert.equal(finding.severity, 'error');
    }
  });

  test('capture-limits says what a damaged capture cannot tell', async () => {
    for (const file of ['snap96.pcap', 'truncated_midpacket.pcap', 'truncated_in_data.pcap', 'truncated.pcap.gz']) {
      const { report } = await reportOfFiles([join(capturesFolder, 'i1_formats', file)]);
      assert.ok(found(report).includes('capture-limits'), file);
    }
  });

  const wiki = join(sharedRoot!, 'corpus', 'fcgi', 'wireshark-wiki-fcgi.pcap.gz');
  test('a kept connection that the application closes at once', {
    skip: !existsSync(wiki) && 'no corpus',
  }, async () => {
    const { report } = await reportOfFiles([wiki]);
    const finding = report.findings.find(({ id }) => id === 'keep-alive-broken');
    assert.equal(finding?.severity, 'note');
  });
}
