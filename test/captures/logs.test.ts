// lighttpd's error logs beside their captures, or alone: the load of each application process.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Report, reportOfFiles } from '../support/report.js';
import { capturesFolder, withoutCaptures } from './truth.js';

async function withLog(name: string): Promise<Report> {
  const folder = join(capturesFolder, name);
  const inputs = [join(folder, 'capture.pcap'), join(folder, 'lighttpd-error.log')].filter((path) => existsSync(path));
  return (await reportOfFiles(inputs)).report;
}

/** pid, socket, requests, most in flight, end-of-file lines. */
function processes({ processes }: Report): (readonly [number, string, number, number, number])[] {
  return processes
    .map(({ pid, socket, requests, maxLoad, endOfFile }) => [pid, socket, requests, maxLoad, endOfFile] as const)
    .sort(([a], [b]) => a - b);
}

if (withoutCaptures) test('logs of captures', { skip: withoutCaptures });
else {
  test('d1: one process, all 32 requests outstanding at once', async () => {
    const report = await withLog('d1_lighttpd_comet_starved');
    assert.deepEqual(processes(report), [[8, 'tcp:127.0.0.1:19004', 37, 32, 0]]);
    assert.equal(report.summary.requests, 37);
  });

  test('d5: the process that died, and the one after it', async () => {
    const report = await withLog('d5_lighttpd_eof');
    assert.deepEqual(
      processes(report).map(([pid, socket, requests]) => [pid, socket, requests]),
      [
        [10, 'tcp:127.0.0.1:19008', 15],
        [293, 'tcp:127.0.0.1:19008', 2],
      ],
    );
    const ids = report.findings.map((finding) => finding.id);
    for (const id of ['premature-close', 'process-died']) assert.ok(ids.includes(id), ids.join(', '));
  });

  test('d6: three processes of one application, evenly loaded', async () => {
    const report = await withLog('d6_lighttpd_prefork_ports');
    assert.deepEqual(processes(report), [
      [10, 'tcp:127.0.0.1:19010', 15, 2, 0],
      [12, 'tcp:127.0.0.1:19011', 21, 3, 0],
      [14, 'tcp:127.0.0.1:19012', 24, 3, 0],
    ]);
    // The log and the packets tell of the same requests.
    const byEndpoint = Object.fromEntries(report.backends.map((backend) => [backend.endpoint, backend.requests]));
    assert.deepEqual(byEndpoint, { '127.0.0.1:19010': 15, '127.0.0.1:19011': 21, '127.0.0.1:19012': 24 });
    assert.deepEqual(
      report.findings.filter((finding) => finding.id === 'uneven-load'),
      [],
    );
    assert.deepEqual(
      report.findings.filter((finding) => finding.id === 'load-counter-drift'),
      [],
    );
  });

  test('d8: a UNIX socket leaves only the log', async () => {
    const report = await withLog('d8_lighttpd_unix_log');
    const [[pid, socket, requests, maxLoad, endOfFile], ...others] = processes(report);
    assert.deepEqual([pid, requests, maxLoad, endOfFile, others.length], [10, 25, 21, 2, 0]);
    assert.match(socket, /^unix:.*event\.sock-0$/);
    assert.deepEqual([report.input.packets, report.summary.requests], [0, 0]);
    assert.equal(report.input.files[0].format, 'lighttpd-log');
    const finding = report.findings.find(({ id }) => id === 'premature-close');
    assert.ok(finding, 'the process lives and closed two connections without an answer');
    assert.equal(finding.count, 2);
    assert.ok(!report.findings.some(({ id }) => id === 'process-died'));
  });

  test("the load of a process is a line over the log's time", async () => {
    for (const name of ['d1_lighttpd_comet_starved', 'd6_lighttpd_prefork_ports', 'd8_lighttpd_unix_log']) {
      for (const { load, maxLoad } of (await withLog(name)).processes) {
        assert.ok(load.length > 1);
        assert.equal(Math.max(...load.map(([, inFlight]) => inFlight)), maxLoad);
        assert.ok(load.every(([time], index) => index === 0 || time >= load[index - 1][0]));
      }
    }
  });
}
