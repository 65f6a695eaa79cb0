// How the command speaks of itself: help with examples first, versions, and what it says to mistakes.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createProgram } from '../../src/cli/main.js';
import { projectRoot } from '../support/paths.js';
import { runBin, temporaryFolder } from '../support/run-bin.js';

test('every help begins with examples', () => {
  for (const args of [
    ['--help'],
    ['-h'],
    ['inspect', '--help'],
    ['decode', '--help'],
    ['explain', '--help'],
    ['serve', '--help'],
    ['request', '--help'],
    ['bench', '--help'],
    ['status', '--help'],
    ['watch', '--help'],
    ['tap', '--help'],
    ['compare', '--help'],
    ['reproduce-bug', '--help'],
    ['help', 'decode'],
  ]) {
    const { status, stdout, stderr } = runBin(args);
    assert.deepEqual([status, stderr], [0, ''], args.join(' '));
    assert.match(stdout, /^Examples:\n {2}fcgi-inspect /, args.join(' '));
    assert.match(stdout, /\nUsage: fcgi-inspect/, args.join(' '));
    for (const line of stdout.split('\n')) assert.ok(line.length <= 120, line);
  }
});

test('the help names every option of the default command', () => {
  const { stdout } = runBin(['--help']);
  for (const option of [
    '--decode-as',
    '--format',
    '--filter',
    '--since',
    '--until',
    '--limit',
    '--fail-on',
    '--output',
    '--no-color',
  ]) {
    assert.ok(stdout.includes(option), option);
  }
});

test('the version is that of the package', () => {
  const { version } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as { version: string };
  for (const option of ['--version', '-V']) {
    assert.deepEqual(runBin([option]), { status: 0, signal: null, stdout: `${version}\n`, stderr: '' });
  }
});

test('an option that does not exist, or lacks its value', () => {
  for (const [args, sentence] of [
    [['--bogus'], /^fcgi-inspect: unknown option '--bogus'\n/],
    [['capture.pcap', '--bogus=1'], /^fcgi-inspect: unknown option '--bogus=1'\n/],
    [['--formt', 'json'], /^fcgi-inspect: unknown option '--formt'\n\(Did you mean --format\?\)\n/],
    [['capture.pcap', '--format'], /^fcgi-inspect: option '-f, --format <name>' argument missing\n/],
    [['capture.pcap', '--format', 'xml'], /^fcgi-inspect: --format xml: not one of tui, text, json, ndjson\n/],
    [['decode', '--bogus'], /^fcgi-inspect: unknown option '--bogus'\n/],
    [['completion', 'klingon'], /^fcgi-inspect: /],
    [['explain', 'time-wait-aplication-side'], /time-wait-application-side/],
  ] as const) {
    const { status, stdout, stderr } = runBin([...args]);
    assert.deepEqual([status, stdout], [2, ''], args.join(' '));
    assert.match(stderr, sentence);
    assert.doesNotMatch(stderr, / {4}at |node:/);
  }
});

test('a command that does not exist is taken for a file, and the command it may have been is named', () => {
  const cwd = temporaryFolder();
  for (const [word, command] of [
    ['decod', 'decode'],
    ['explian', 'explain'],
    ['Inspect', 'inspect'],
  ]) {
    const { status, stderr } = runBin([word, 'capture.pcap'], { cwd });
    assert.equal(status, 2);
    assert.match(stderr, new RegExp(`^fcgi-inspect: cannot read ${word}: no such file\n`));
    assert.match(stderr, new RegExp(`\nDid you mean the command ${command}\\?\n$`));
  }
  assert.doesNotMatch(runBin(['capture.pcap'], { cwd }).stderr, /Did you mean/);
});

test('a command is the same without the others', () => {
  for (const { name, argument } of [
    ...createProgram().commands.map((command) => ({ name: command.name(), argument: command.name() })),
    { name: 'inspect', argument: 'capture.pcap' },
    { name: 'inspect', argument: '/tmp/capture' },
  ]) {
    const command = createProgram([argument]).commands.find((each) => each.name() === name);
    const whole = createProgram().commands.find((each) => each.name() === name);
    assert.equal(command?.helpInformation(), whole?.helpInformation(), name);
  }
  const names = (words: string[]) => createProgram(words).commands.map((command) => command.name());
  assert.deepEqual(names(['capture.pcap', '--format', 'json']), ['inspect']);
  assert.deepEqual(names(['decode', 'capture.pcap']), ['inspect', 'decode']);
  const all = createProgram().commands.map((command) => command.name());
  for (const words of [[], ['--help'], ['capture.pcap', '-h'], ['help', 'tap'], ['decod'], ['-q', 'decod']])
    assert.deepEqual(names(words), all, words.join(' '));
});
