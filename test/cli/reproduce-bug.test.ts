// `fcgi-inspect reproduce-bug` as users run it: lists, explanations, reports, what is kept; and that nothing is left of it,
// however it ends.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { SCENARIOS } from '../../src/scenarios/index.js';
import { eventually } from '../support/peers/eventually.js';
import { runBin, startBin, temporaryFolder } from '../support/run-bin.js';

const folder = temporaryFolder();
let runs = 0;

/** A place for temporary files of one run alone: what names it belongs to the run. */
function place(): string {
  const path = join(folder, `run-${++runs}`);
  mkdirSync(path);
  return path;
}

/** Processes whose command line or environment names the folder. */
function processesOf(path: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && name !== String(process.pid))
    .filter((pid) =>
      ['cmdline', 'environ'].some((file) => {
        try {
          return readFileSync(`/proc/${pid}/${file}`, 'latin1').includes(path);
        } catch {
          return false;
        }
      }),
    );
}

async function nothingLeft(path: string): Promise<void> {
  await eventually('no process is left', () => processesOf(path).length === 0);
  await eventually('no file is left', () => readdirSync(path).length === 0);
}

test('without a name all are listed; --explain runs nothing', () => {
  const list = runBin(['reproduce-bug']);
  assert.deepEqual([list.status, list.stderr], [0, '']);
  for (const { name } of SCENARIOS) assert.ok(list.stdout.includes(`  ${name} `), name);
  const explained = runBin(['reproduce', 'split-pair-reset', '--explain']);
  assert.deepEqual([explained.status, explained.stderr], [0, '']);
  assert.match(explained.stdout, /^split-pair-reset\n/);
  assert.match(explained.stdout, /ends with premature-close/);
  assert.match(explained.stdout, /--app php-fpm/);
});

test('mistakes are told in a sentence', () => {
  for (const [args, sentence] of [
    [['no-such-bug'], /there is no scenario "no-such-bug"/],
    [['time-wait-churn', '--stage', 'x'], /has no stage "x"\nit has plain, flag, pool/],
    [['time-wait-churn', '--set', 'requests=0'], /not a whole number from 20/],
    [['premature-close', '--app', 'php-fpm'], /is not played with --app php-fpm\n--app embedded/],
    [['worker-recycling', '--front', 'nginx'], /is not played with --front nginx/],
    [['premature-close', '--front', 'iis'], /--front iis: not one of/],
    [['premature-close', '--tui'], /no screen, as the output is no terminal/],
    [['premature-close', '--time-limit', '0'], /not between 1s and 1h/],
    [['premature-close', '--keep', '/dev/null/nowhere'], /cannot make the folder/],
  ] as const) {
    const { status, stdout, stderr } = runBin(['reproduce-bug', ...args]);
    assert.deepEqual([status, stdout], [2, ''], args.join(' '));
    assert.match(stderr, sentence);
  }
});

test('a bug and its cure: reports, the table, and what is kept', async () => {
  const own = place();
  const kept = join(folder, 'kept');
  const args = ['reproduce-bug', 'premature-close', '--fixed', '--keep', kept];
  const { status, stdout, stderr } = runBin(args, { env: { TMPDIR: own } });
  assert.equal(status, 0, stderr);
  assert.match(stderr, /premature-close, bug: .*\npremature-close, cure: /);
  assert.match(stdout, /ERROR {2}premature-close/);
  assert.match(stdout, /\nSide by side\n +bug +cure\n/);
  assert.match(stdout, /\nWhat the cure changed\n/);
  for (const stage of ['bug', 'cure'])
    for (const file of ['tap.pcapng', 'report.txt', 'report.json', 'front-0.log', 'application-0.log'])
      assert.ok(existsSync(join(kept, stage, file)), `${stage}/${file}`);
  // The recording gives the same findings as the run did.
  const recorded = runBin([join(kept, 'bug', 'tap.pcapng'), '--format', 'json']);
  const findings = (text: string) => (JSON.parse(text).findings as { id: string }[]).map(({ id }) => id);
  assert.deepEqual(findings(recorded.stdout), findings(readFileSync(join(kept, 'bug', 'report.json'), 'utf8')));
  await nothingLeft(own);
});

test('as JSON: the runs with their verdicts, figures and reports; --fail-on', () => {
  const args = ['reproduce-bug', 'header-too-big', '--format', 'json', '--quiet', '--fail-on', 'warning'];
  const { status, stdout, stderr } = runBin(args);
  assert.deepEqual([status, stderr], [1, '']);
  const { schema, scenario, runs: played } = JSON.parse(stdout);
  assert.deepEqual([schema, scenario], ['fcgi-inspect/reproduce/1', 'header-too-big']);
  const [{ stage, asDeclared, missing, unexpected, outcomes, figures, report }] = played;
  assert.deepEqual([stage, asDeclared, missing, unexpected], ['bug', true, [], []]);
  assert.deepEqual(outcomes, { 200: 8 });
  assert.equal(figures.requests, 8);
  assert.equal(report.schema, 'fcgi-inspect/report/1');
});

test('with a finding less than declared the exit status says so', () => {
  const { status, stderr } = runBin(['reproduce-bug', 'premature-close', '--stage', 'cure']);
  assert.equal(status, 0, stderr);
  // With values of the user's own nothing is expected.
  const own = runBin(['reproduce-bug', 'premature-close', '--set', 'fault=no']);
  assert.deepEqual([own.status, /not found/.test(own.stderr)], [0, false]);
});

test('a time limit ends it, with a report', async () => {
  const own = place();
  const args = ['reproduce-bug', 'stuck-accept-queue', '--set', 'poll-time=30000', '--time-limit', '2s'];
  const { status, stdout, stderr } = runBin(args, { env: { TMPDIR: own } });
  assert.equal(status, 0);
  assert.match(stderr, /bug was ended by its time limit/);
  assert.match(stdout, /Requests {2}\d+/);
  await nothingLeft(own);
});

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  test(`${signal} ends it: the report so far, and nothing is left`, async () => {
    const own = place();
    const { process: child, ended } = startBin(['reproduce-bug', 'stuck-accept-queue', '--set', 'poll-time=30000'], {
      env: { TMPDIR: own },
    });
    await eventually('the application runs', () => processesOf(own).length > 4);
    await new Promise((resolve) => setTimeout(resolve, 500));
    child.kill(signal);
    const { status, stdout } = await ended;
    assert.equal(status, code);
    assert.match(stdout, /Requests {2}\d+|No FastCGI|No traffic yet/);
    await nothingLeft(own);
  });
}

test('SIGKILL: the processes end, and the guardian removes what was left', async () => {
  const own = place();
  const { process: child, ended } = startBin(['reproduce-bug', 'stuck-accept-queue', '--set', 'poll-time=30000'], {
    env: { TMPDIR: own },
  });
  await eventually('the application runs', () => processesOf(own).length > 4);
  child.kill('SIGKILL');
  await ended;
  await nothingLeft(own);
});
