// reproduce-bug --from as a program: cases that are exported and played by somebody else, secrets, selections, what is refused,
// and that nothing is left of a run that was cut short.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { request, response } from '../support/fastcgi-messages.js';
import { eventually } from '../support/peers/eventually.js';
import { runBin, startBin, temporaryFolder } from '../support/run-bin.js';
import { type Scene, scene } from '../support/scene.js';
import { plainCapture } from './sample-captures.js';

const folder = temporaryFolder();
function fileOf(name: string, play: Scene | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, play instanceof Uint8Array ? play : play.capture());
  return path;
}
const plain = fileOf('plain.pcap', plainCapture());

const secret = scene();
secret
  .conversation(0)
  .connect()
  .web(request({ uri: '/cart', parameters: { HTTP_COOKIE: 'session=swordfish' } }))
  .app(response({ headers: { 'Set-Cookie': 'session=marlin' }, body: 'fine' }))
  .finApp()
  .finWeb();
secret
  .conversation(0.1)
  .connect()
  .web(request({ uri: '/other' }))
  .app(response({ body: 'other' }))
  .finApp()
  .finWeb();
const secrets = fileOf('secrets.pcap', secret);

/** A long pause between two requests. */
const slow = scene();
slow
  .conversation(0)
  .connect()
  .web(request({ uri: '/1' }))
  .app(response({ body: '1' }))
  .finApp()
  .finWeb();
slow
  .conversation(30)
  .connect()
  .web(request({ uri: '/2' }))
  .app(response({ body: '2' }))
  .finApp()
  .finWeb();
const long = fileOf('long.pcap', slow);

interface Document {
  readonly schema: string;
  readonly took: number;
  readonly late: number;
  readonly case: { readonly connections: number; readonly secretsReplaced: number | null };
  readonly comparison: { readonly figures: readonly { readonly name: string; readonly changed: boolean }[] };
}

const playedAs = (args: readonly string[]): Document => {
  const run = runBin(['reproduce-bug', '-f', 'json', '--from', ...args]);
  assert.equal(run.status, 0, run.stderr);
  return JSON.parse(run.stdout) as Document;
};

test('an exported case holds no secrets, is for its owner only, and is played from its folder alone', () => {
  const exported = join(folder, 'case');
  const run = runBin(['reproduce-bug', '--from', secrets, '--export', exported]);
  assert.equal(run.status, 0, run.stderr);
  assert.match(run.stdout, /2 connections, 2 requests/);
  assert.match(run.stdout, /2 values of cookies and authorization replaced/);
  const names = readdirSync(exported).sort();
  assert.deepEqual(names, ['application.bin', 'case.json', 'events.jsonl', 'report.json', 'web-server.bin']);
  for (const name of names) {
    const content = readFileSync(join(exported, name), 'latin1');
    assert.doesNotMatch(content, /swordfish|marlin/);
    // Nor where it lay on this machine.
    assert.ok(!content.includes(folder), name);
    assert.equal(statSync(join(exported, name)).mode & 0o077, 0, name);
  }
  const document = playedAs([exported]);
  assert.equal(document.schema, 'fcgi-inspect/replay/1');
  assert.equal(document.case.secretsReplaced, 2);
  assert.deepEqual(
    document.comparison.figures.filter(({ name, changed }) => changed && name !== 'timeWaitRate'),
    [],
  );
});

test('secrets are kept where the user says so', () => {
  const exported = join(folder, 'with-secrets');
  runBin(['reproduce-bug', '--from', secrets, '--export', exported, '--keep-secrets']);
  assert.match(readFileSync(join(exported, 'web-server.bin'), 'latin1'), /session=swordfish/);
  assert.match(readFileSync(join(exported, 'application.bin'), 'latin1'), /session=marlin/);
});

test('a filter takes the connections whose requests match, and compares with those', () => {
  const document = playedAs([secrets, '--filter', 'uri == "/cart"']);
  assert.equal(document.case.connections, 1);
  assert.deepEqual(
    document.comparison.figures.filter(({ name, changed }) => changed && name !== 'timeWaitRate'),
    [],
  );
  const none = runBin(['reproduce-bug', '--from', secrets, '--filter', 'uri == "/nothing"']);
  assert.equal(none.status, 2);
  assert.match(none.stderr, /no connection of .* matches/);
});

test('played faster, a pause is shorter', () => {
  const document = playedAs([long, '--speed', '60']);
  assert.equal(document.case.connections, 2);
  assert.ok(document.took < 30 && document.late >= 0);
});

test('what cannot be played is told in a sentence', () => {
  const text = fileOf(
    'dump.txt',
    Buffer.from('12:00:00.000000 IP 127.0.0.1.1 > 127.0.0.1.2: Flags [S], seq 1, win 1, length 0\n'),
  );
  const other = join(folder, 'other');
  mkdirSync(other);
  writeFileSync(join(other, 'case.json'), '{"schema":"fcgi-inspect/case/2"}');
  for (const [args, message] of [
    [['--from', join(folder, 'absent.pcap')], /no such file/],
    [['--from', '-'], /standard input/],
    [['--from', text], /no payload|no FastCGI/],
    [['--from', other], /schema/],
    [['--from', long, '--time-limit', '5'], /--speed/],
    [['--from', plain, '--speed', '0'], /not a factor/],
    [['--from', plain, '--against', '127.0.0.1:9', '--serve', ':0'], /do not go together/],
    [['--from', plain, '--against', '127.0.0.1:9', '--export', join(folder, 'x')], /plays nothing/],
    [['--from', plain, '--against', 'nowhere'], /no address/],
  ] as const) {
    const run = runBin(['reproduce-bug', ...args]);
    assert.equal(run.status, 2, args.join(' '));
    assert.match(run.stderr, message);
    assert.equal(run.stdout, '');
  }
});

test('a case that somebody made up does no harm', () => {
  const made = join(folder, 'made-up');
  mkdirSync(made);
  const header = { schema: 'fcgi-inspect/case/1', duration: 1, connections: 1, mostOpen: 1, requests: 1, events: 1 };
  const listeners = [{ endpoint: '10.0.0.1:9000', protocol: 'fastcgi' }];
  writeFileSync(join(made, 'case.json'), JSON.stringify({ ...header, bytes: [3, 0], listeners }));
  writeFileSync(join(made, 'web-server.bin'), 'abc');
  writeFileSync(join(made, 'application.bin'), '');
  runBin([plain, '-f', 'json', '-o', join(made, 'report.json')]);
  const open = '{"time":0,"connection":0,"do":"open","listener":0}';
  for (const [lines, message] of [
    [['{"time":0,"connection":0,"do":"open","listener":7}'], /no listener 7/],
    [[open, '{"time":0,"connection":0,"do":"send","side":"web-server","from":0,"length":9}'], /ends before byte 9/],
    [[open, 'nonsense'], /line 2: no JSON/],
  ] as const) {
    writeFileSync(join(made, 'events.jsonl'), `${lines.join('\n')}\n`);
    const run = runBin(['reproduce-bug', '--from', made]);
    assert.equal(run.status, 2, run.stderr);
    assert.match(run.stderr, message);
  }
  // Events of connections that there are not, ends before the beginning, the same connection twice.
  const odd = [
    '{"time":0,"connection":5,"do":"end","side":"application"}',
    open,
    open,
    '{"time":0,"connection":0,"do":"end","side":"application"}',
    '{"time":0,"connection":0,"do":"reset","side":"application"}',
    '{"time":0,"connection":0,"do":"send","side":"application","from":0,"length":0}',
  ];
  writeFileSync(join(made, 'events.jsonl'), odd.join('\n'));
  const run = runBin(['reproduce-bug', '--from', made, '--patience', '300ms']);
  assert.equal(run.status, 0, run.stderr);
});

test('an application that is not there is a finding, not an error', () => {
  const run = runBin([
    'reproduce-bug',
    '--from',
    plain,
    '--against',
    '127.0.0.1:9',
    '--patience',
    '200ms',
    '--fail-on',
    'error',
  ]);
  assert.equal(run.status, 1, run.stderr);
  assert.match(run.stdout, /NEW +ERROR +connection-refused/);
});

test('Ctrl-C ends a run, tells what was seen, and leaves nothing', async () => {
  const before = readdirSync(tmpdir());
  const recording = join(folder, 'cut.pcapng');
  const { process: child, ended } = startBin(['reproduce-bug', '--from', long, '--record', recording]);
  // The recording is opened with the tap: what is left to play has a long pause in it.
  await eventually('the tap', () => existsSync(recording));
  child.kill('SIGINT');
  const run = await ended;
  assert.equal(run.status, 130, run.stderr);
  assert.match(run.stdout, /ended before its time/);
  const left = readdirSync(tmpdir()).filter((name) => /^fcgi-inspect-case/.test(name) && !before.includes(name));
  assert.deepEqual(left, []);
});
