// What comes out: formats, limits, files, exit codes, and what a pipe's other end may do.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Report } from '../support/report.js';
import { runBin, runShell, temporaryFolder } from '../support/run-bin.js';
import { failingCapture, plainCapture, refusedCapture } from './sample-captures.js';

const folder = temporaryFolder();

function file(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

const plain = file('plain.pcap', plainCapture());
const failing = file('failing.pcap', failingCapture());
const refused = file('refused.pcap', refusedCapture());

test('json: one document, and nothing on stderr', () => {
  const run = runBin([plain, '--format', 'json']);
  assert.deepEqual([run.status, run.stderr], [0, '']);
  const report = JSON.parse(run.stdout) as Report;
  assert.equal(report.schema, 'fcgi-inspect/report/1');
  const keys = ['schema', 'input', 'summary', 'backends', 'processes', 'findings', 'connections', 'requests'];
  assert.deepEqual(Object.keys(report), keys);
  assert.equal(report.input.files[0].name, plain);
  assert.equal(runBin([plain, '-f', 'json']).stdout, run.stdout);
  assert.ok(run.stdout.endsWith('}\n'));
});

test('ndjson: one object a line, of the same content', () => {
  const run = runBin([failing, '--format', 'ndjson']);
  assert.deepEqual([run.status, run.stderr], [0, '']);
  const lines = run.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { kind: string });
  const report = JSON.parse(runBin([failing, '--format', 'json']).stdout) as Report;
  const of = (kind: string) =>
    lines.filter((line) => line.kind === kind).map(({ kind: _, ...rest }) => rest as Record<string, unknown>);
  assert.deepEqual(of('connection'), report.connections);
  assert.deepEqual(of('request'), report.requests);
  assert.deepEqual(of('finding'), report.findings);
  assert.deepEqual(of('backend'), report.backends);
  assert.deepEqual(of('summary'), [report.summary]);
  assert.deepEqual(of('input'), [{ schema: report.schema, ...report.input }]);
  assert.equal(lines[0].kind, 'input');
});

test('text: findings, and a next command that works', () => {
  const run = runBin([refused]);
  assert.deepEqual([run.status, run.stderr], [0, '']);
  assert.match(run.stdout, /refused\.pcap/);
  assert.match(run.stdout, /refused/i);
  const next = /^ *(fcgi-inspect .*?)(?: {2,}.*)?$/m.exec(run.stdout)?.[1];
  assert.ok(next, run.stdout);
  const again = runShell(next.replace('fcgi-inspect', '"$NODE" "$BIN"'), { cwd: folder });
  assert.equal(again.status, 0, again.stderr);
});

test('--limit bounds the lists, not the figures', () => {
  for (const [limit, expected] of [
    [0, 0],
    [2, 2],
    [99, 3],
  ] as const) {
    const report = JSON.parse(runBin([plain, '--format', 'json', '--limit', String(limit)]).stdout) as Report;
    assert.deepEqual([report.connections.length, report.requests.length], [expected, expected]);
    assert.deepEqual([report.summary.connections, report.summary.requests], [3, 3]);
    const lines = runBin([plain, '--format', 'ndjson', '--limit', String(limit)]).stdout.split('\n');
    assert.equal(lines.filter((line) => line.startsWith('{"kind":"request"')).length, expected);
  }
  for (const wrong of ['-1', 'many', '1.5', '']) {
    const run = runBin([plain, `--limit=${wrong}`]);
    assert.deepEqual([run.status, run.stdout], [2, '']);
    assert.match(run.stderr, /^fcgi-inspect: --limit .*: not a whole number/);
  }
});

test('-o writes the file and nothing else', () => {
  for (const format of ['text', 'json', 'ndjson']) {
    const target = join(folder, `report.${format}`);
    const run = runBin([plain, '--format', format, '-o', target]);
    assert.deepEqual([run.status, run.stdout, run.stderr], [0, '', '']);
    assert.equal(readFileSync(target, 'utf8'), runBin([plain, '--format', format]).stdout);
  }
  assert.deepEqual(
    readdirSync(folder)
      .filter((name) => name.startsWith('report'))
      .sort(),
    ['report.json', 'report.ndjson', 'report.text'],
  );
});

test('--fail-on: exit 1 for findings that bad', () => {
  const worst = (path: string) =>
    new Set(
      (JSON.parse(runBin([path, '--format', 'json']).stdout) as Report).findings.map((finding) => finding.severity),
    );
  assert.ok(worst(refused).has('error'));
  assert.deepEqual([...worst(failing)], ['note']);
  const status = (path: string, severity: string) => runBin([path, '--fail-on', severity]).status;
  const table = ['error', 'warning', 'note', 'never'].map((severity) => [
    status(refused, severity),
    status(failing, severity),
  ]);
  assert.deepEqual(table, [
    [1, 0],
    [1, 0],
    [1, 1],
    [0, 0],
  ]);
  assert.equal(runBin([refused]).status, 0);
  // What could not be read outweighs what was found, and the report is there all the same.
  const both = runBin([refused, join(folder, 'missing.pcap'), '--fail-on', 'error', '--format', 'json']);
  assert.equal(both.status, 2);
  assert.ok(both.stdout.length > 0);
  const wrong = runBin([refused, '--fail-on', 'fatal']);
  assert.deepEqual([wrong.status, wrong.stdout], [2, '']);
  assert.match(wrong.stderr, /^fcgi-inspect: --fail-on fatal: not one of error, warning, note, never/);
});

test('--filter chooses the rows of the lists', () => {
  const report = JSON.parse(runBin([plain, '--format', 'json', '--filter', 'status == 404']).stdout) as Report;
  assert.deepEqual(
    report.requests.map((request) => request.uri),
    ['/page/1'],
  );
  assert.equal(report.summary.requests, 3);
  const wrong = runBin([plain, '--filter', 'status ==']);
  assert.deepEqual([wrong.status, wrong.stdout], [2, '']);
  assert.match(wrong.stderr, /^fcgi-inspect: /);
});

const large = file('large.pcap', plainCapture(1500));

test('a reader that goes away ends the program quietly', () => {
  for (const format of ['text', 'json', 'ndjson']) {
    const line = `"$NODE" "$BIN" large.pcap --format ${format} --limit 1500 | head -n 1; echo "\${PIPESTATUS[0]}"`;
    const run = runShell(line, { cwd: folder });
    const lines = run.stdout.trimEnd().split('\n');
    assert.deepEqual([lines.length, lines[1], run.stderr], [2, '0', ''], format);
  }
});

test('a slow reader gets everything', () => {
  const whole = runBin([large, '--format', 'json']).stdout;
  assert.ok(whole.length > 500_000, `${whole.length}`);
  const slow = runShell('"$NODE" "$BIN" large.pcap --format json | { sleep 0.5; cat; }', { cwd: folder });
  // The name is that of the command line.
  assert.equal(slow.stdout, whole.replace(JSON.stringify(large), '"large.pcap"'));
});

test('the same capture gives the same report, byte for byte', () => {
  assert.equal(runBin([failing, '--format', 'json']).stdout, runBin([failing, '--format', 'json']).stdout);
  assert.equal(runBin([failing]).stdout, runBin([failing]).stdout);
});

test('-q keeps warnings to itself', () => {
  const cut = file('cut.pcap', plainCapture().subarray(0, 2000));
  const loud = runBin([cut]);
  const quiet = runBin([cut, '-q']);
  assert.deepEqual([loud.status, quiet.status, quiet.stderr], [2, 2, '']);
  assert.match(loud.stderr, /cut\.pcap/);
  assert.equal(quiet.stdout, loud.stdout);
});
