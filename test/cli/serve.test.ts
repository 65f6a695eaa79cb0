// `fcgi-inspect serve` as a program: what it answers, what it prints, how it ends.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { camelCase, LIMIT_NAMES, parseListenAddress, TIMEOUT_NAMES } from '../../src/cli/serve-options.js';
import { parseAddress } from '../../src/endpoints/address.js';
import { hostAcceptQueue } from '../../src/endpoints/host-queue.js';
import { DEFAULT_TIMEOUTS } from '../../src/endpoints/server/options.js';
import { DEFAULT_LIMITS } from '../../src/protocol/application-options.js';
import { eventually, WebServer } from '../endpoints/server/web-server.js';
import { request } from '../support/fastcgi-messages.js';
import { missingPrograms, programPath } from '../support/peers/programs.js';
import { bin, runBin, startBin, temporaryFolder } from '../support/run-bin.js';
import { serving } from '../support/serving.js';

const folder = temporaryFolder();
const SPAWN_FCGI = { name: 'spawn-fcgi', package: 'spawn-fcgi' };

function ask(address: string, ...args: readonly string[]) {
  const { status, stdout, stderr } = runBin(['request', address, ...args]);
  return { status, stdout, stderr };
}

test('the demo application, a line for each request, sums at the end, exit 0', async (context) => {
  const { address, stop } = await serving(context, ['-v']);
  assert.deepEqual(ask(address, '/hello'), { status: 0, stdout: 'hello\n', stderr: '' });
  assert.match(ask(address, '/x?y=1').stdout, /^GET \/x\?y=1\n\nanswered by fcgi-inspect serve/);
  assert.equal(ask(address, '/echo', '-d', 'some body').stdout, 'some body');
  assert.equal(ask(address, '/stream?bytes=200000').stdout.length, 200_000);
  assert.match(ask(address, '/status/503', '-i').stdout, /^Status: 503 Service Unavailable\r\n/);
  assert.match(ask(address, '/stderr?text=boo').stderr, /wrote to STDERR:\n {2}boo\n/);
  assert.match(ask(address, '/exit/7').stderr, /appStatus 7/);
  assert.match(ask(address, '/', '--role', 'authorizer', '-i').stdout, /Variable-FCGI_INSPECT: authorizer/);
  writeFileSync(join(folder, 'data.txt'), 'filter me');
  assert.equal(ask(address, '/', '--role', 'filter', '--filter-data', join(folder, 'data.txt')).stdout, 'FILTER ME');
  const { status, stdout } = await stop();
  assert.equal(status, 0);
  const lines = stdout.split('\n');
  assert.match(lines[0], /^\d\d:\d\d:\d\d\.\d{3} {2}#1 id 1 {2}GET \/hello {2}200 {2}\d+ bytes {2}\S+ \S+$/);
  assert.match(lines[4], /GET \/status\/503 {2}503 /);
  assert.match(lines[6], /appStatus 7$/);
  assert.match(lines[7], /authorizer$/);
  assert.match(stdout, /\nserved for .*: 9 requests on 9 connections, .* received, .* sent\n$/);
});

test('one answer for everybody, by option', async (context) => {
  const { address } = await serving(context, [
    '--echo',
    '--status',
    '404',
    '--exit',
    '3',
    '--stderr',
    'careful',
    '--sleep',
    '10ms',
  ]);
  const { status, stdout, stderr } = ask(address, '/hello', '-d', 'b', '-i', '--fail');
  assert.equal(status, 1);
  assert.match(stdout, /^Status: 404 [\s\S]*\r\n\r\nb$/);
  assert.match(stderr, /careful[\s\S]*appStatus 3[\s\S]*the status is 404/);
});

test('a folder, a CGI program, SCGI, a unix socket with its mode', async (context) => {
  mkdirSync(join(folder, 'www'));
  writeFileSync(join(folder, 'www', 'a.txt'), 'file a');
  const files = await serving(context, ['--root', join(folder, 'www')]);
  assert.equal(ask(files.address, '/a.txt').stdout, 'file a');
  assert.match(ask(files.address, '/../serve.test').stdout, /^404/);
  const script = join(folder, 'program.sh');
  writeFileSync(
    script,
    '#!/bin/sh\nprintf "Content-Type: text/plain\\n\\n$REQUEST_METHOD $QUERY_STRING "; cat; exit 4\n',
  );
  chmodSync(script, 0o755);
  const cgi = await serving(context, ['--cgi', script]);
  const answer = ask(cgi.address, '/?q', '-d', 'in');
  assert.deepEqual([answer.stdout, answer.stderr], ['POST q in', 'fcgi-inspect: appStatus 4\n']);
  const scgi = await serving(context, ['--scgi', '--hello', '-v']);
  assert.equal(ask(scgi.address, '/', '--scgi').stdout, 'hello\n');
  assert.match((await scgi.stop()).stdout, /#1 {2}GET \/ {2}- /);
  const path = join(folder, 'app.sock');
  const unix = await serving(context, ['--hello', '--mode', '600'], { address: `unix:${path}` });
  assert.equal(unix.address, `unix:${path}`);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(ask(unix.address).stdout, 'hello\n');
  assert.equal((await unix.stop('SIGINT')).status, 0);
  assert.ok(!existsSync(path));
});

test('faults happen as told, and are counted', async (context) => {
  const spec = `drop_end_request,count=1,after=1,match="uri ~ /x"`;
  const { address, stop } = await serving(context, ['--fault', spec, '--fault', 'app_status=9,match=uri == "/y"']);
  assert.equal(ask(address, '/x').status, 0);
  const { status, stderr } = ask(address, '/x');
  assert.equal(status, 56);
  assert.match(stderr, /^fcgi-inspect: closed after STDOUT, before END_REQUEST: /);
  assert.equal(ask(address, '/x').status, 0);
  assert.match(ask(address, '/y').stderr, /appStatus 9/);
  const { stdout } = await stop();
  assert.match(stdout, /fault drop_end_request,.*: happened 1 times\nfault app_status=9.*: happened 1 times\n$/);
});

test('down: refused for a while, then there again', async (context) => {
  const { address } = await serving(context, ['--hello', '--fault', 'down=300ms,after=2,count=1']);
  assert.equal(ask(address).status, 0);
  // The second connection is taken, and nobody listens after it.
  assert.equal(ask(address).status, 0);
  const [host, port] = address.split(':');
  const refused = async () => {
    const socket = connect({ host, port: Number(port) });
    const code = await new Promise<string | undefined>((resolve) => {
      socket.once('connect', () => resolve(undefined));
      socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code));
    });
    socket.destroy();
    return code;
  };
  let was = false;
  for (let code = await refused(); ; code = await refused()) {
    if (code === 'ECONNREFUSED') was = true;
    else if (was || code === undefined) break;
  }
  assert.equal(ask(address).stdout, 'hello\n');
});

test('stop_accepting: connections wait in the accept queue', async (context) => {
  const { address, stop } = await serving(context, ['--hello', '--fault', 'stop_accepting,after=1']);
  assert.equal(ask(address).stdout, 'hello\n');
  const { status, stderr } = ask(address, '/', '-m', '300ms');
  assert.equal(status, 28);
  assert.match(stderr, /^fcgi-inspect: total-timeout before a byte was answered/);
  assert.match((await stop()).stdout, /happened 1 times/);
});

test('accept_mutex: one idle kept connection keeps all others waiting', async (context) => {
  const { address } = await serving(context, ['--hello', '--fault', 'accept_mutex', '--per-worker', '4']);
  assert.equal(ask(address).stdout, 'hello\n');
  const [host, port] = address.split(':');
  const silent = connect({ host, port: Number(port) });
  context.after(() => silent.destroy());
  await new Promise((resolve) => silent.once('connect', resolve));
  assert.equal(ask(address, '/', '-m', '300ms').status, 28);
  silent.destroy();
  assert.equal(ask(address).stdout, 'hello\n');
});

test('backlog: the accept queue is that short', { skip: process.platform !== 'linux' }, async (context) => {
  const { address } = await serving(context, ['--hello', '--fault', 'stop_accepting', '--fault', 'backlog=2']);
  const [host, port] = address.split(':');
  const sockets = Array.from({ length: 8 }, () => connect({ host, port: Number(port) }).on('error', () => {}));
  context.after(() => sockets.map((socket) => socket.destroy()));
  // Linux keeps one more than it was asked for.
  const full = () => hostAcceptQueue(parseAddress(address)) === 3;
  await eventually(full, 'a full queue');
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.ok(full());
});

test('accept_delay: the next connection is accepted later', async (context) => {
  const { address } = await serving(context, ['--hello', '--fault', 'accept_delay=250ms']);
  const [host, port] = address.split(':');
  const webs = [1, 2, 3].map(() => WebServer.connect(context, { host, port: Number(port) }));
  const answered = await Promise.all(
    webs.map(async (web) => {
      await (await web).send(request()).answer();
      return performance.now();
    }),
  );
  const [first, , last] = answered.sort((one, other) => one - other);
  // From below only: two delays lie between them, less what the first answer was late.
  assert.ok(last - first >= 200, `${last - first} ms`);
});

test('a socket that is inherited on descriptor 0', { skip: missingPrograms(SPAWN_FCGI) }, async (context) => {
  const path = join(folder, 'inherited.sock');
  const args = ['-n', '-s', path, '--', process.execPath, bin, 'serve', 'fd:0', '--hello'];
  const child = spawn(programPath(SPAWN_FCGI), args, { stdio: 'ignore' });
  const ended = once(child, 'close');
  context.after(() => child.kill('SIGKILL'));
  await eventually(() => existsSync(path), 'the socket');
  assert.equal(ask(`unix:${path}`).stdout, 'hello\n');
  child.kill('SIGTERM');
  assert.deepEqual(await ended, [0, null]);
});

test('workers answer, each request tells of its process, and all are gone at the end', async (context) => {
  const { address, stop } = await serving(context, ['--workers', '2', '-v', '--fault', 'app_status=5,every=2']);
  for (let i = 0; i < 4; i++) assert.equal(ask(address, '/hello').stdout, 'hello\n');
  const { status, stdout, stderr } = await stop();
  assert.equal(status, 0);
  assert.match(stderr, /; 2 workers\n/);
  const pids = [...stdout.matchAll(/\[(\d+)\] #\d+ id 1 {2}GET \/hello/g)].map((match) => Number(match[1]));
  assert.equal(pids.length, 4);
  assert.match(stdout, /served for .*: 4 requests on 4 connections/);
  for (const pid of pids) assert.throws(() => process.kill(pid, 0), /ESRCH/);
});

test('as a CGI program: the same application for one request', () => {
  const env = { REQUEST_METHOD: 'POST', REQUEST_URI: '/echo?exit=3', QUERY_STRING: 'exit=3', CONTENT_LENGTH: '4' };
  const { status, stdout, stderr } = runBin(['serve', '--as-cgi'], { env, input: 'body' });
  assert.deepEqual([status, stderr], [3, '']);
  assert.match(stdout, /^Content-Type: application\/octet-stream\r\n\r\nbody$/);
  const bare = runBin(['serve', '--as-cgi'], { env: { REQUEST_METHOD: undefined } });
  assert.deepEqual([bare.status, bare.stdout], [2, '']);
  assert.match(bare.stderr, /no request in the environment/);
});

test('limits and web server addresses hold', async (context) => {
  const { address, stop } = await serving(context, ['--limit', 'params-bytes=200', '--hello']);
  assert.match(ask(address, `/${'x'.repeat(300)}`).stderr, /overloaded|closed/);
  assert.match((await stop()).stdout, /served for/);
  const closed = await serving(context, ['--web-servers', '192.0.2.1', '--hello']);
  assert.equal(ask(closed.address).status, 56);
  assert.match((await closed.stop()).stdout, /1 connections closed at once/);
  const named = await serving(context, ['--hello'], { env: { FCGI_WEB_SERVER_ADDRS: '127.0.0.1' } });
  assert.equal(ask(named.address).stdout, 'hello\n');
});

test('what cannot be is told in a sentence, exit 2', async () => {
  const mistakes = [
    [['nonsense'], /^fcgi-inspect: "nonsense" is no address to listen on\n/],
    [['127.0.0.1:99999'], /is no address/],
    [['fd:0'], /^fcgi-inspect: descriptor 0 is no listening socket\n/],
    [['--hello', '--echo'], /--hello and --echo do not go together/],
    [['--cgi', 'x', '--status', '404'], /--status is of the demo application/],
    [['--slot', 'request'], /--slot is about workers\nadd --workers N/],
    [['--slot', 'seat', '--workers', '1'], /--slot seat: not one of connection, request, compute/],
    [['--fault', 'nothing'], /there is no fault "nothing"/],
    [['--fault', 'down', '--workers', '2'], /down is made without workers/],
    [['--limit', 'bytes=1'], /--limit bytes=1: not one of connections/],
    [['--timeout', 'idle'], /the value is missing/],
    [['--root', join(folder, 'missing')], /is no folder that can be read/],
    [['--status', '777'], /--status 777/],
  ] as const;
  const check = async ([args, sentence]: (typeof mistakes)[number]) => {
    const { status, stdout, stderr } = await startBin(['serve', ...args]).ended;
    assert.deepEqual([status, stdout], [2, ''], args.join(' '));
    assert.match(stderr, sentence);
    assert.doesNotMatch(stderr, / {4}at |node:/);
  };
  await Promise.all(mistakes.map(check));
});

test('--fault help lists them', () => {
  const { status, stdout } = runBin(['serve', '--fault', 'help']);
  assert.equal(status, 0);
  assert.match(stdout, /^Examples:\n[\s\S]*\n {2}drop_end_request .*\n[\s\S]*toxicity=0\.5/);
});

test('names of limits and timeouts are those of the server', () => {
  assert.deepEqual(LIMIT_NAMES.map(camelCase), Object.keys(DEFAULT_LIMITS));
  assert.deepEqual(TIMEOUT_NAMES.map(camelCase), Object.keys(DEFAULT_TIMEOUTS));
});

test('addresses to listen on', () => {
  assert.deepEqual(parseListenAddress('9001'), { host: '127.0.0.1', port: 9001 });
  assert.deepEqual(parseListenAddress(':9001'), { host: '127.0.0.1', port: 9001 });
  assert.deepEqual(parseListenAddress('*:0'), { host: '0.0.0.0', port: 0 });
  assert.deepEqual(parseListenAddress('[::1]:9000'), { host: '::1', port: 9000 });
  assert.deepEqual(parseListenAddress('unix:/a b'), { path: '/a b' });
  assert.deepEqual(parseListenAddress('/run/x.sock'), { path: '/run/x.sock' });
  assert.deepEqual(parseListenAddress('fd:3'), { fd: 3 });
});
