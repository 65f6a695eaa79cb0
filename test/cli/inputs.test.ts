// What is read: files of every kind, several at once, standard input, FIFOs, with listeners named and times chosen.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { pcapng } from '../support/capture-writer.js';
import { request, response } from '../support/fastcgi-messages.js';
import type { Report } from '../support/report.js';
import { runBin, runShell, temporaryFolder } from '../support/run-bin.js';
import { packetsOf, scene } from '../support/scene.js';
import { plainCapture, plainScene, refusedCapture } from './sample-captures.js';

const folder = temporaryFolder();

function file(name: string, bytes: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

function report(args: readonly string[], input?: Uint8Array): Report {
  const run = runBin([...args, '--format', 'json'], input === undefined ? {} : { input });
  assert.deepEqual([run.status, run.stderr], [0, ''], args.join(' '));
  return JSON.parse(run.stdout) as Report;
}

/** Everything but where it came from. */
function content({ input, ...rest }: Report): object {
  const { packets, tcpPackets, firstTime, lastTime, duration, cut } = input;
  return { ...rest, input: { packets, tcpPackets, firstTime, lastTime, duration, cut } };
}

const capture = plainCapture();
const path = file('capture.pcap', capture);

test('the same report from a file, a redirected file, a pipe and gzip, by either reader', () => {
  const expected = content(report([path]));
  assert.deepEqual(content(report(['-'], capture)), expected);
  assert.deepEqual(content(report(['-'], gzipSync(capture))), expected);
  assert.deepEqual(content(report([file('capture.gz', gzipSync(capture))])), expected);
  assert.deepEqual(content(report([path, '--reader', 'pcap-parser'])), expected);
  assert.deepEqual(content(report([path, '--reader', 'own'])), expected);
  const redirected = runShell('"$NODE" "$BIN" - --format json < capture.pcap', { cwd: folder });
  assert.equal(redirected.status, 0);
  assert.deepEqual(content(JSON.parse(redirected.stdout) as Report), expected);
});

test('what a file is, is seen by its content and not by its name', () => {
  const { input } = report([file('capture.txt', pcapng(packetsOf(plainScene().conversations)))]);
  assert.deepEqual(
    [input.files[0].format, input.files[0].compression, input.files[0].linkTypes],
    ['pcapng', null, [1]],
  );
  assert.equal(report([file('log.pcap', capture)]).input.files[0].format, 'pcap');
});

test('a FIFO', { skip: spawnSync('mkfifo', ['--version']).error && 'mkfifo is not installed' }, () => {
  const line = 'mkfifo fifo && { cat capture.pcap > fifo & "$NODE" "$BIN" fifo --format json; }';
  const run = runShell(line, { cwd: folder });
  assert.deepEqual([run.status, run.stderr], [0, '']);
  assert.deepEqual(content(JSON.parse(run.stdout) as Report), content(report([path])));
});

test('several files are read as one, in the order of time', () => {
  const packets = packetsOf(plainScene(4).conversations);
  const whole = content(report([file('all.pcap', pcapng(packets))]));
  const half = packets.length >> 1;
  const first = file('first.pcap', pcapng(packets.slice(0, half)));
  const second = file('second.pcapng', pcapng(packets.slice(half)));
  assert.deepEqual(content(report([second, first])), whole);
  const every = (rest: number) => packets.filter((_, index) => index % 2 === rest);
  const odd = file('odd.pcap', pcapng(every(1)));
  const even = file('even.pcap', pcapng(every(0)));
  assert.deepEqual(content(report([odd, even])), whole);
  const { input } = report([odd, even]);
  assert.deepEqual(
    input.files.map(({ name, packets }) => [name, packets]),
    [
      [odd, half],
      [even, half],
    ],
  );
});

test('listeners of several files are told apart', () => {
  const one = file('one.pcap', plainScene(2, '10.0.0.1:9000').capture());
  const other = file('other.pcap', plainScene(3, '10.0.0.2:9000', 0.5).capture());
  const backends = report([one, other]).backends.map(({ endpoint, requests }) => `${endpoint} ${requests}`);
  assert.deepEqual(backends.sort(), ['10.0.0.1:9000 2', '10.0.0.2:9000 3']);
});

test('-d and --port name listeners that nothing else shows', () => {
  const play = scene('127.0.0.1:9500');
  for (let i = 0; i < 3; i++) play.conversation(i).refused();
  const refused = file('refused.pcap', play.capture());
  assert.deepEqual(report([refused]).backends, []);
  for (const named of [
    ['-d', 'tcp.port==9500,fcgi'],
    ['--decode-as=tcp.port==9500,fcgi'],
    ['-d', 'tcp.port == 9500, fastcgi'],
    ['--port', '9500'],
    ['-d', 'tcp.port==1,fcgi', '-d', '9500,fcgi'],
  ]) {
    const { backends, summary } = report([refused, ...named]);
    assert.deepEqual(
      backends.map(({ endpoint, protocol }) => [endpoint, protocol]),
      [['127.0.0.1:9500', 'fastcgi']],
    );
    assert.equal(summary.connections, 3);
  }
  assert.equal(report([refused, '-d', 'tcp.port==9500,scgi']).backends[0].protocol, 'scgi');
});

test('-d spelt wrongly is told with the form it has', () => {
  for (const wrong of [
    '9000',
    'tcp.port==9000',
    'tcp.port==9000,http',
    'tcp.port==70000,fcgi',
    'udp.port==9000,fcgi',
    '',
  ]) {
    const run = runBin([path, '-d', wrong]);
    assert.equal(run.status, 2, wrong);
    assert.match(run.stderr, /^fcgi-inspect: -d .*\n(write -d tcp\.port==9000,fcgi|ports go from)/);
    assert.equal(run.stdout, '');
  }
});

test('--since and --until leave out packets outside', () => {
  const uris = (args: readonly string[]) => report([path, ...args]).requests.map((each) => each.uri);
  assert.deepEqual(uris([]), ['/page/0', '/page/1', '/page/2']);
  assert.deepEqual(uris(['--since', '1']), ['/page/1', '/page/2']);
  assert.deepEqual(uris(['--since', '1000ms', '--until', '1.5s']), ['/page/1']);
  assert.deepEqual(uris(['--until', '500ms']), ['/page/0']);
  // The capture begins at 1,700,000,000 s since 1970.
  assert.deepEqual(uris(['--since', '2023-11-14T22:13:21.5Z']), ['/page/2']);
  assert.deepEqual(uris(['--until', '2023-11-14T22:13:20.9Z']), ['/page/0']);
  assert.deepEqual(uris(['--since', '1h']), []);
  const { packets, leftOut } = report([path, '--since', '1h']).input;
  assert.equal(leftOut.packets, packets);
  assert.ok(leftOut.duration > 2 && leftOut.duration < 3, `${leftOut.duration}`);
  const text = runBin([path, '--since', '1h']).stdout;
  assert.match(text, /^None of its \d+ packets lies between --since and --until: it lasts 2(\.\d+)? s\.$/m);
  for (const wrong of ['yesterday', '-1', '1x', '2023-99-99', '']) {
    const run = runBin([path, `--since=${wrong}`]);
    assert.deepEqual([run.status, run.stdout], [2, ''], wrong);
    assert.match(run.stderr, /^fcgi-inspect: --since .*: not a time\n/);
  }
});

test('a connection that began before --since is followed all the same', () => {
  const play = scene();
  const c = play.conversation().connect();
  for (const uri of ['/1', '/2', '/3']) {
    c.wait(1)
      .web(request({ uri, keepConn: true }))
      .app(response({ body: uri }));
  }
  const { requests, summary } = report([file('kept.pcap', play.capture()), '--since', '2']);
  assert.deepEqual(
    requests.map(({ uri, httpStatus }) => [uri, httpStatus]),
    [
      ['/2', 200],
      ['/3', 200],
    ],
  );
  assert.equal(summary.midStream, 1);
});

test('captures and text printed by tcpdump are not one input', () => {
  const dump = file(
    'dump.txt',
    '10:10:04.000000 IP 10.0.0.1.40001 > 10.0.0.2.9000: Flags [S], seq 1, win 512, length 0\n',
  );
  assert.equal(report([dump]).input.files[0].format, 'tcpdump-text');
  const run = runBin([dump, file('refused2.pcap', refusedCapture())]);
  assert.deepEqual([run.status, run.stdout], [2, '']);
  assert.match(run.stderr, /^fcgi-inspect: text printed by tcpdump and captures cannot be read as one input\n/);
});
