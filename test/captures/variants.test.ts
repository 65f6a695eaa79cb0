// The same traffic in other files: other formats and link layers give the same figures, damaged files give what is left
// and say so.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { UserError } from '../../src/model/errors.js';
import { type Report, reportOfFiles } from '../support/report.js';
import {
  captureNames,
  capturesFolder,
  counts,
  orNone,
  readTruth,
  sides,
  type VariantFigures,
  withoutCaptures,
} from './truth.js';

if (withoutCaptures) test('variants of captures', { skip: withoutCaptures });

/** Files whose streams have holes: a better decoder finds more in them than the simple one that made the figures. */
const WITH_HOLES = /snap|gaps|midstream|portfilter/;

let compared = 0;
for (const name of captureNames()) {
  const truth = readTruth(name);
  for (const [file, variant] of Object.entries(truth.variants ?? {})) {
    const path = join(capturesFolder, name, file);
    const figures = variant.own_parser;
    if (!existsSync(path) || figures === undefined) continue;
    compared++;
    test(`${name}/${file}`, async () => {
      const named =
        figures.requests > 0 ? [] : truth.fcgi_ports.map((port) => ({ port, protocol: 'fastcgi' as const }));
      const { report } = await reportOfFiles([path], named);
      assert.equal(report.input.packets, figures.packets);
      assert.equal(report.input.cut, variant.truncated_file ?? false);
      assert.equal(report.summary.connections, figures.connections);
      assert.deepEqual(counts({ ...report.summary.firstFin }), sides(figures.first_fin));
      if (WITH_HOLES.test(file)) sameOrBetter(report, figures);
      else sameContent(report, figures);
    });
  }
}

function sameContent({ summary }: Report, figures: VariantFigures): void {
  assert.equal(summary.midStream, figures.no_syn_seen);
  assert.equal(summary.requests, figures.requests);
  assert.deepEqual(counts(summary.records), counts(figures.records_by_type));
  assert.deepEqual(
    counts({ ...summary.keepConn }),
    counts(figures.keep_conn, (key) => (key === '1' ? 'set' : 'unset')),
  );
  assert.deepEqual(counts(summary.httpStatus), orNone(figures.http_status));
  assert.equal(summary.unfinished, figures.unfinished);
  const { stdin_bytes: stdin, stdout_bytes: stdout, stderr_bytes: stderr } = figures;
  assert.deepEqual(summary.bytes, { stdin, stdout, stderr, data: 0 });
}

function sameOrBetter({ summary, input }: Report, figures: VariantFigures): void {
  assert.ok(summary.requests >= figures.requests, `${summary.requests} requests`);
  assert.ok(input.problems.some((problem) => problem.code === 'snapped-packets' || problem.code === 'stream-gaps'));
}

if (!withoutCaptures) {
  test('there are variants to look at', () => assert.ok(compared >= 13, `${compared}`));

  test('i1_formats/truncated.pcap.gz: what the cut gzip holds is reported', async () => {
    const { report, gathering } = await reportOfFiles([join(capturesFolder, 'i1_formats', 'truncated.pcap.gz')]);
    assert.ok(gathering.incomplete);
    assert.ok(report.input.cut);
    assert.equal(report.input.files[0].compression, 'gzip');
    // Every whole packet of the cut data, in front of the whole capture's.
    const { report: whole } = await reportOfFiles([join(capturesFolder, 'i1_formats', 'capture.pcap')]);
    assert.ok(report.input.packets > 100 && report.input.packets < whole.input.packets, `${report.input.packets}`);
    const ended = report.requests.filter((request) => request.end !== null);
    assert.ok(ended.length > 0);
    // The same requests; only the laboratory's folder has another name in this file.
    for (const { script, ...request } of ended) {
      const { script: other, ...same } = whole.requests[request.id];
      assert.deepEqual(request, same);
      assert.equal(script?.replace('/tmp/', '/srv/'), other);
    }
  });

  test('a web server side and an application side capture of one lossy wire agree in what was said', async () => {
    const folder = join(capturesFolder, 'i3_lossy');
    const { report: web } = await reportOfFiles([join(folder, 'capture.pcap')]);
    const { report: app } = await reportOfFiles([join(folder, 'appside.pcap')]);
    const said = (report: Report) =>
      report.requests
        .map(({ method, uri, httpStatus, stdinBytes, stdoutBytes, stderrBytes, appStatus }) =>
          JSON.stringify({ method, uri, httpStatus, stdinBytes, stdoutBytes, stderrBytes, appStatus }),
        )
        .sort();
    assert.deepEqual(said(app), said(web));
  });

  test('SCGI in a mixed capture is found by itself, and stays out of the summary', async () => {
    const { extra, tcp, fcgi } = readTruth('j1_mixed_scgi_http_fcgi');
    assert.ok(extra);
    const path = join(capturesFolder, 'j1_mixed_scgi_http_fcgi', 'capture.pcap');
    const { report } = await reportOfFiles([path]);
    const scgi = report.requests.filter((request) => request.protocol === 'scgi');
    assert.deepEqual(scgi.map((request) => request.uri).sort(), [...extra.scgi_uris].sort());
    assert.equal(scgi.length, extra.scgi_requests);
    const backends = report.backends.map(({ endpoint, protocol }) => `${endpoint} ${protocol}`).sort();
    assert.deepEqual(backends, ['127.0.0.1:19025 fastcgi', '127.0.0.1:19091 scgi', '127.0.0.1:19443 fastcgi']);
    assert.equal(report.input.problems.find((problem) => problem.code === 'not-fastcgi')!.count! > 0, true);
    const { report: named } = await reportOfFiles([path], [{ port: extra.scgi_port, protocol: 'scgi' }]);
    assert.equal(named.summary.requests, fcgi.requests + extra.scgi_requests);
    assert.equal(named.summary.connections, tcp.connections + extra.scgi_requests);
  });

  test('what cannot be read is told by name', async () => {
    await assert.rejects(reportOfFiles([join(capturesFolder, 'README.md')]), (error) => {
      return error instanceof UserError && /README\.md/.test(error.message);
    });
  });
}
