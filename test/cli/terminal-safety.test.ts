// Captured bytes never act on a terminal, whatever they are and wherever they stand.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Report } from '../support/report.js';
import { runBin, runShell, temporaryFolder } from '../support/run-bin.js';
import { failingCapture, hostileCapture, TERMINAL_COMMANDS } from './sample-captures.js';

const folder = temporaryFolder();
const hostile = join(folder, 'hostile.pcap');
writeFileSync(hostile, hostileCapture());

/** Controls of both sets, direction overrides and isolates, marks that are not seen, line and paragraph separators. */
const ACTING = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

function acting(text: string): string[] {
  return [...new Set(text.replaceAll('\n', '').match(ACTING) ?? [])].map((c) => c.codePointAt(0)!.toString(16));
}

const COMMANDS: readonly (readonly string[])[] = [
  [hostile],
  [hostile, '--ascii'],
  [hostile, '--show-secrets', '--limit', '100'],
  [hostile, '--filter', 'uri ~ "a"'],
  [hostile, '--format', 'json'],
  [hostile, '--format', 'ndjson'],
  [hostile, '--port', '9000', '--port', '9100'],
  ['decode', hostile],
];

for (const args of COMMANDS) {
  test(`fcgi-inspect ${args.map((arg) => arg.replace(folder, '')).join(' ')}`, () => {
    const run = runBin(args);
    assert.deepEqual([run.status, run.stderr], [0, '']);
    assert.match(run.stdout, /owned/, 'the text itself is shown');
    assert.deepEqual(acting(run.stdout), []);
  });
}

test('json gives back exactly what was captured', () => {
  const { requests } = JSON.parse(runBin([hostile, '--format', 'json']).stdout) as Report;
  assert.equal(requests[0].uri, `/a${TERMINAL_COMMANDS}b`);
  assert.equal(requests[0].script, `/srv/${TERMINAL_COMMANDS}.php`);
});

test('names of files do not act either', () => {
  const name = `x${TERMINAL_COMMANDS.replaceAll('\u0000', '')}.pcap`;
  writeFileSync(join(folder, name), hostileCapture());
  for (const format of ['text', 'json', 'ndjson']) {
    const run = runBin([name, '--format', format], { cwd: folder });
    assert.equal(run.status, 0);
    assert.deepEqual(acting(run.stdout), [], format);
  }
  const missing = runBin([`missing${name}`, '--filter', 'x', '-d', `\u001b[2J`], { cwd: folder });
  assert.equal(missing.status, 2);
  assert.deepEqual(acting(missing.stderr), []);
  assert.deepEqual(acting(runBin([`missing${name}`], { cwd: folder }).stderr), []);
});

test('colours: only on a terminal, and not when they are refused', () => {
  const plain = join(folder, 'plain.pcap');
  writeFileSync(plain, failingCapture());
  const colours = (text: string) => text.includes('\u001b[');
  assert.ok(!colours(runBin([plain]).stdout));
  assert.ok(!colours(runBin([plain], { env: { FORCE_COLOR: '3' } }).stdout));
});

const script = spawnSync('script', ['--version']).error ? 'script (of util-linux) is not installed' : false;
test('colours on a terminal', { skip: script }, () => {
  const plain = join(folder, 'plain.pcap');
  writeFileSync(plain, failingCapture());
  const onTerminal = (line: string, env: Record<string, string> = {}) => {
    const run = runShell(`script -qec '${line}' /dev/null`, { cwd: folder, env: { TERM: 'xterm', ...env } });
    assert.equal(run.status, 0, run.stderr);
    return run.stdout;
  };
  const report = '"$NODE" "$BIN" plain.pcap --format text';
  assert.ok(onTerminal(report).includes('\u001b['), 'a terminal gets colours');
  assert.ok(!onTerminal(`${report} --no-color`).includes('\u001b['));
  assert.ok(!onTerminal(report, { NO_COLOR: '1' }).includes('\u001b['));
  assert.ok(onTerminal(report, { NO_COLOR: '' }).includes('\u001b['), 'an empty NO_COLOR refuses nothing');
  assert.ok(!onTerminal(report, { TERM: 'dumb' }).includes('\u001b['));
  assert.ok(!onTerminal(`${report} -o out.txt; cat out.txt`).includes('\u001b['));
});
