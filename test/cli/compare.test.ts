// The compare command as a program: any mix of inputs, exit codes for CI, what it refuses.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runBin, temporaryFolder } from '../support/run-bin.js';
import { failingCapture, plainCapture, refusedCapture } from './sample-captures.js';

const folder = temporaryFolder();
const file = (name: string, content: Uint8Array | string): string => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};
const plain = file('plain.pcap', plainCapture());
const failing = file('failing.pcap', failingCapture());
const refused = file('refused.pcap', refusedCapture());
const report = join(folder, 'plain.json');
assert.equal(runBin([plain, '--format', 'json', '-o', report]).status, 0);

test('captures and JSON reports in any mix', () => {
  for (const [before, after] of [
    [plain, failing],
    [report, failing],
  ]) {
    const run = runBin(['compare', before, after]);
    assert.equal(run.status, 0, run.stderr);
    assert.match(run.stdout, /NEW +NOTE +application-error/);
    assert.match(run.stdout, /HTTP status: 500/);
  }
  const same = runBin(['compare', plain, report, '--format', 'json']);
  const document = JSON.parse(same.stdout);
  assert.deepEqual(
    document.figures.filter((figure: { changed: boolean }) => figure.changed),
    [],
  );
  assert.deepEqual([document.before.source, document.after.source], ['capture', 'report']);
});

test('one side from standard input, a capture or a report', () => {
  for (const input of [plainCapture(), runBin([plain, '--format', 'json']).stdout]) {
    const run = runBin(['compare', '-', failing], { input });
    assert.equal(run.status, 0, run.stderr);
    assert.match(run.stdout, /NEW +NOTE +application-error/);
  }
  const twice = runBin(['compare', '-', '-']);
  assert.equal(twice.status, 2);
  assert.match(twice.stderr, /only once/);
});

test('--fail-on looks at what is new only', () => {
  assert.equal(runBin(['compare', plain, refused, '--fail-on', 'error']).status, 1);
  assert.equal(runBin(['compare', refused, refused, '--fail-on', 'note']).status, 0);
  assert.equal(runBin(['compare', refused, plain, '--fail-on', 'note']).status, 0);
  assert.equal(runBin(['compare', plain, failing, '--fail-on', 'warning']).status, 0);
  assert.equal(runBin(['compare', plain, failing, '--fail-on', 'note']).status, 1);
});

test('what cannot be compared is told in a sentence', () => {
  const other = file('package.json', '{"name": "other"}');
  const broken = file('broken.json', '{"schema": "fcgi-inspect/report/1", ');
  const prose = file('prose.txt', 'nothing\n');
  for (const [path, message] of [
    [other, /no report of fcgi-inspect/],
    [broken, /begins like JSON and is none/],
    [prose, /neither printed by tcpdump nor/],
    [join(folder, 'absent.pcap'), /no such file/],
  ] as const) {
    const run = runBin(['compare', plain, path]);
    assert.equal(run.status, 2);
    assert.match(run.stderr, message);
    assert.equal(run.stdout, '');
  }
});

test('a cut capture is compared as far as it goes, and the exit code says so', () => {
  const cut = file('cut.pcap', plainCapture(8).subarray(0, 3000));
  const run = runBin(['compare', plain, cut]);
  assert.equal(run.status, 2);
  assert.match(run.stderr, /could not be read completely/);
  assert.match(run.stdout, /the input is cut/);
});
