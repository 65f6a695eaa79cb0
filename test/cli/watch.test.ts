// The watch command's edges: what it refuses, what it says in one look, and how it ends.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { runBin, startBin, temporaryFolder } from '../support/run-bin.js';

const isLinux = process.platform === 'linux';

test('what makes no sense is told in a sentence, with exit code 2', () => {
  const cases: [string[], RegExp][] = [
    [['nonsense'], /"nonsense" is no address/],
    [['127.0.0.1:99999'], /port 99999/],
    [['--interval', 'soon'], /--interval soon: not a time/],
    [['--format', 'xml'], /--format xml: not one of tui, text, json, ndjson/],
    [['--fail-on', 'everything'], /not one of error, warning, note, never/],
    [['127.0.0.1:1', '--pid', '0'], /--pid 0/],
    [['127.0.0.1:1', '--pid', '4194305'], /there is no process 4194305/],
    [['127.0.0.1:1', '--once', '--log-file', '/no/such/file'], /cannot write \/no\/such\/file/],
    [['127.0.0.1:1', '--once', '--metrics', 'unix:/x'], /served over TCP/],
    [['127.0.0.1:1', '--once', '--metrics', '192.0.2.1:1'], /no address of this host/],
  ];
  for (const [args, said] of cases) {
    const { status, stdout, stderr } = runBin(['watch', ...args]);
    assert.deepEqual([status, stdout], [2, ''], args.join(' '));
    assert.match(stderr, said);
    assert.doesNotMatch(stderr, /\n {4}at /);
  }
});

test('its help has examples and its exit codes', () => {
  const { status, stdout } = runBin(['watch', '--help']);
  assert.equal(status, 0);
  assert.match(stdout, /^Examples:\n {2}fcgi-inspect watch/);
  assert.match(stdout, /Exit codes: 0/);
  for (const line of stdout.split('\n')) assert.ok(line.length <= 120, line);
});

describe('one look', { skip: isLinux ? false : 'needs /proc' }, () => {
  const folder = temporaryFolder();
  const server = createServer(() => {});
  let address = '';
  before(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    address = `127.0.0.1:${(server.address() as { port: number }).port}`;
  });
  after(() => server.close());

  test('as text says that nothing is wrong', async () => {
    const { status, stdout, stderr } = await startBin(['watch', address, '--once', '--interval', '0']).ended;
    assert.deepEqual([status, stderr], [0, '']);
    assert.match(stdout, /^Nothing wrong was seen\.\n\n127\.0\.0\.1:\d+\n {2}accept queue {4}0 of /);
    assert.match(stdout, new RegExp(`\\n +${process.pid} +`), 'this process listens');
  });

  test('as JSON, to a file, with a finding that decides the exit code', async () => {
    const output = join(folder, 'report.json');
    const args = [
      'watch',
      'unix:/no/such/socket',
      '--once',
      '--interval',
      '0',
      '-f',
      'json',
      '-o',
      output,
      '--fail-on',
      'error',
      '--log-file',
      join(folder, 'watch.log'),
    ];
    const { status, stdout } = await startBin(args).ended;
    assert.deepEqual([status, stdout], [1, '']);
    const report = JSON.parse(readFileSync(output, 'utf8')) as {
      schema: string;
      findings: { id: string }[];
      looks: number;
    };
    assert.deepEqual(
      [report.schema, report.looks, report.findings.map(({ id }) => id)],
      ['fcgi-inspect/watch/1', 1, ['daemon-gone']],
    );
    assert.match(readFileSync(join(folder, 'watch.log'), 'utf8'), /Z finding appeared: error daemon-gone: /);
  });

  test('takes two looks an interval apart unless told otherwise', async () => {
    const { stdout } = await startBin(['watch', address, '--once', '--interval', '0.1', '-f', 'ndjson']).ended;
    const kinds = stdout
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { kind: string }).kind);
    assert.deepEqual(kinds, ['look', 'look', 'end']);
  });

  test('after another until the duration is over', async () => {
    const { stdout, status } = await startBin([
      'watch',
      address,
      '--interval',
      '0.1',
      '--duration',
      '0.35',
      '-f',
      'ndjson',
    ]).ended;
    const lines = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { kind: string; time: number });
    assert.equal(status, 0);
    const looks = lines.filter(({ kind }) => kind === 'look');
    assert.ok(looks.length >= 2, `${looks.length} looks`);
    assert.ok(looks.at(-1)!.time >= 0.35, 'the last one is at the end');
    assert.ok(looks.every(({ time }, index) => index === 0 || time > looks[index - 1].time));
  });
});
