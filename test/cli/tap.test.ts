// `fcgi-inspect tap` as users start it: what it says, how it ends, what it leaves.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { getPriority } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { connectTo, End, listenOn } from '../sources/tap/relay-scene.js';
import { request, response } from '../support/fastcgi-messages.js';
import { eventually } from '../support/peers/eventually.js';
import { type Report, reportOfFiles } from '../support/report.js';
import { bin, runBin, type Started, startBin, temporaryFolder } from '../support/run-bin.js';

const folder = temporaryFolder();
let paths = 0;
const path = (name: string) => join(folder, `${++paths}-${name}`);

/** An application that answers each request; `hold` ones it keeps waiting. */
async function application(context: TestContext): Promise<string> {
  const file = path('app.sock');
  const server = createServer({ allowHalfOpen: true }, (socket: Socket) => {
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      const text = bytes.toString('latin1');
      if (text.includes('/hold')) setTimeout(() => socket.end(response({ body: 'late' })), 500);
      else if (text.includes('/kept')) socket.write(response());
      else if (text.includes('/never')) return;
      else socket.end(response({ body: 'hello' }));
    });
    socket.on('end', () => socket.end());
  });
  context.after(() => server.close());
  await listenOn(server, { kind: 'unix', path: file });
  return file;
}

interface Tapped {
  readonly started: Started;
  readonly listen: string;
  ask(uri: string): Promise<End>;
  /** Resolves when it has said that on stderr. */
  said(text: string): Promise<unknown>;
}

async function tap(context: TestContext, to: string, ...options: readonly string[]): Promise<Tapped> {
  const listen = path('tap.sock');
  const started = startBin(['tap', '--listen', `unix:${listen}`, '--to', `unix:${to}`, ...options]);
  context.after(() => started.process.kill('SIGKILL'));
  let text = '';
  started.process.stderr!.on('data', (bytes: Buffer) => {
    text += bytes.toString();
  });
  const said = (wanted: string) =>
    eventually(`"${wanted}"`, () => {
      if (text.includes(wanted)) return true;
      assert.equal(started.process.exitCode, null, text);
      return false;
    });
  await said('no traffic yet');
  return {
    started,
    listen,
    said,
    async ask(uri) {
      const end = new End(connectTo({ kind: 'unix', path: listen }));
      end.socket.write(request({ uri, keepConn: uri === '/kept' }));
      if (uri === '/hold' || uri === '/never') return end;
      await end.until(() => end.length > 0 || end.closed || end.error !== undefined);
      if (uri !== '/kept') end.socket.end();
      if (uri !== '/kept') await end.until(() => end.closed);
      return end;
    },
  };
}

describe('tap', { concurrency: 4, timeout: 60_000 }, () => {
  test('T10 and T12: it says where to point the web server, and what to undo; SIGINT ends it with 0', async (context) => {
    const to = await application(context);
    const { started, listen, ask } = await tap(context, to, '--interval', '0');
    const answer = await ask('/a');
    assert.match(answer.bytes.toString('latin1'), /hello/);
    started.process.kill('SIGINT');
    const run = await started.ended;
    assert.equal(run.status, 0);
    assert.match(run.stderr, /listening on unix:.*, relaying to unix:/);
    assert.match(run.stderr, /no traffic yet; point the web server here, for nginx: fastcgi_pass unix:/);
    assert.match(run.stderr, /the first connection has come/);
    assert.match(run.stderr, /must go to unix:.* again/);
    assert.match(run.stdout, /1 connection, 1 request/);
    assert.match(run.stdout, /Tap\n {2}Relayed 1 connection/);
    assert.match(run.stdout, /every connection exists twice/);
    assert.ok(!existsSync(listen), 'the socket file is gone');
  });

  test('T12: the first signal lets a request end, kept connections are closed', async (context) => {
    const { started, ask } = await tap(context, await application(context), '--format', 'json');
    const kept = await ask('/kept');
    const held = await ask('/hold');
    await new Promise((resolve) => setTimeout(resolve, 100));
    started.process.kill('SIGTERM');
    await held.until(() => held.ended);
    assert.match(held.bytes.toString('latin1'), /late/);
    held.socket.end();
    await kept.until(() => kept.ended);
    kept.socket.end();
    const run = await started.ended;
    assert.equal(run.status, 0);
    const report = JSON.parse(run.stdout) as Report;
    assert.deepEqual(report.summary.httpStatus, { 200: 2 });
    assert.equal(report.summary.unfinished, 0);
  });

  const onLinux = process.platform === 'linux';
  test('the analysis gives way to the relay', { skip: !onLinux && 'threads have no priority' }, async (context) => {
    const { started } = await tap(context, await application(context), '--no-host');
    const { pid } = started.process;
    // proc_pid_stat(5): the 19th word, behind a name that may have spaces in it, is the nice value.
    const nice = (thread: string) =>
      Number(readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8').split(') ').at(-1)!.split(' ')[16]);
    const threads = readdirSync(`/proc/${pid}/task`);
    assert.equal(nice(String(pid)), Math.min(getPriority() + 10, 19));
    const others = threads.filter((thread) => thread !== String(pid));
    assert.ok(others.length > 0);
    for (const thread of others) assert.equal(nice(thread), getPriority());
    started.process.kill('SIGINT');
    assert.equal((await started.ended).status, 0);
  });

  test('T12: the second signal ends what is under way', async (context) => {
    const { started, ask, said } = await tap(context, await application(context), '--format', 'json');
    const never = await ask('/never');
    await said('the first connection has come');
    await new Promise((resolve) => setTimeout(resolve, 300));
    started.process.kill('SIGINT');
    await said('with requests under way');
    assert.equal(never.closed, false);
    started.process.kill('SIGINT');
    const run = await started.ended;
    assert.equal(run.status, 0);
    assert.match(run.stderr, /waiting for 1 connections? with requests under way/);
    const report = JSON.parse(run.stdout) as Report & { tap: { cut: number } };
    assert.deepEqual([report.summary.unfinished, report.tap.cut], [1, 1]);
  });

  test('--duration ends it by itself, --fail-on tells by the exit code', async (context) => {
    const { started, ask } = await tap(
      context,
      path('nobody.sock'),
      ...['--duration', '1.5s', '--fail-on', 'error', '--interval', '0'],
    );
    await ask('/a');
    const run = await started.ended;
    assert.equal(run.status, 1, run.stderr);
    assert.match(run.stdout, /could not be opened \(ENOENT\): there is no such socket file/);
  });

  test('--once ends with the first connection', async (context) => {
    const { started, ask } = await tap(context, await application(context), '--once', '--format', 'json');
    await ask('/a');
    const run = await started.ended;
    assert.equal(run.status, 0);
    assert.equal((JSON.parse(run.stdout) as Report).summary.requests, 1);
  });

  test('a report each period', async (context) => {
    const { started, ask } = await tap(context, await application(context), '--interval', '300ms', '--duration', '6s');
    await ask('/a');
    const { stdout, status } = await started.ended;
    assert.equal(status, 0);
    assert.ok((stdout.match(/^=== after /gm) ?? []).length >= 2, stdout);
  });

  test('ndjson: rows as they end, findings, and figures at the end', async (context) => {
    const { started, ask } = await tap(context, await application(context), '--format', 'ndjson', '--duration', '12s');
    await ask('/a');
    await ask('/b');
    const { stdout, status } = await started.ended;
    assert.equal(status, 0);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { kind: string; uri?: string; id?: number; state?: string });
    const kinds = lines.map(({ kind }) => kind);
    assert.equal(kinds[0], 'tap-opened');
    assert.deepEqual(
      lines.filter(({ kind }) => kind === 'request').map(({ uri, id }) => [uri, id]),
      [
        ['/a', 0],
        ['/b', 1],
      ],
    );
    assert.deepEqual(
      lines.filter(({ kind }) => kind === 'connection').map(({ state, id }) => [state, id]),
      [
        ['SF', 0],
        ['SF', 1],
      ],
    );
    assert.equal(kinds.at(-1), 'summary');
  });

  test('killed at any moment it leaves a recording that can be read', async (context) => {
    const file = path('killed.pcapng');
    const { started, ask, listen } = await tap(context, await application(context), '--record', file);
    for (let i = 0; i < 5; i++) await ask(`/${i}`);
    await new Promise((resolve) => setTimeout(resolve, 500));
    const busy = ask('/more');
    started.process.kill('SIGKILL');
    await started.ended;
    void busy.catch(() => {});
    const { report } = await reportOfFiles([file]);
    assert.ok(report.summary.requests >= 5);
    assert.deepEqual(report.input.problems, []);
    assert.equal(report.connections[0].application.startsWith('unix:'), true);
    // The socket file is left behind then, and the next tap says so.
    const again = runBin(['tap', '--listen', `unix:${listen}`, '--to', 'unix:/none']);
    assert.equal(again.status, 2);
    assert.match(again.stderr, /the file is there already\n.*remove it/);
  });

  test('--fault is made, said and counted; --fault help lists what there is', async (context) => {
    const to = await application(context);
    const { started, ask } = await tap(context, to, '--format', 'json', '--fault', 'app_status=7,match="uri ~ /bad"');
    await ask('/good');
    await ask('/bad');
    started.process.kill('SIGINT');
    const { stdout, stderr } = await started.ended;
    assert.match(stderr, /making faults on purpose: app_status=7/);
    const report = JSON.parse(stdout) as Report & { tap: { faults: unknown } };
    assert.deepEqual(report.summary.appStatus, { 0: 1, 7: 1 });
    assert.deepEqual(report.tap.faults, { app_status: 1 });
    const help = runBin(['tap', '--fault', 'help']);
    assert.equal(help.status, 0);
    assert.match(help.stdout, /drop_end_request/);
    assert.doesNotMatch(help.stdout, /stop_accepting/);
  });

  test('--log-file keeps the messages', async (context) => {
    const log = path('tap.log');
    const { started } = await tap(context, await application(context), '--log-file', log, '--duration', '300ms');
    await started.ended;
    assert.match(readFileSync(log, 'utf8'), /^\d{4}-\d\d-\d\dT.*Z listening on unix:/);
    // What is found stands there too: nobody listens behind this one.
    const other = path('tap.log');
    const lost = await tap(context, path('nobody.sock'), '--log-file', other, '--duration', '1500ms');
    await lost.ask('/');
    await lost.started.ended;
    assert.match(readFileSync(other, 'utf8'), /Z finding appeared: error connection-refused: /);
  });

  test('what makes no sense: one sentence, a hint, exit 2', async (context) => {
    const server = createServer();
    const address = await listenOn(server, { kind: 'tcp', host: '127.0.0.1', port: 0 });
    context.after(() => server.close());
    assert.ok(address.kind === 'tcp');
    for (const [args, message] of [
      [[], /needs to know where to listen/],
      [['--listen', ':1'], /--listen is given once, --to 0 times/],
      [['--listen', 'nonsense', '--to', ':9'], /"nonsense" is no address/],
      [['--listen', ':9000', '--to', ':9000'], /are the same address/],
      [['--listen', `:${address.port}`, '--to', ':9'], /another program listens there/],
      [['--listen', 'unix:/no/such/folder/tap.sock', '--to', ':9'], /there is no folder|no permission/],
      [['--listen', ':0', '--to', ':9', '--interval', 'soon'], /--interval soon: not a time/],
      [['--listen', ':0', '--to', ':9', '--rotate-size', 'big'], /--rotate-size big: not a size/],
      [['--listen', ':0', '--to', ':9', '--record', '/no/such/file'], /cannot write \/no\/such\/file/],
      [['--listen', ':0', '--to', ':9', '--filter', 'nonsense =='], /filter|nonsense/],
      [['--listen', ':0', '--to', ':9', '--fault', 'drop_everything'], /drop_everything/],
      [['--listen', ':0', '--to', ':9', '--fault', 'stop_accepting'], /stop_accepting cannot be made here/],
      [['--listen', ':0', '--to', ':9', '--log-file', '/no/such/file'], /cannot write \/no\/such\/file/],
      [['--listen', ':0', '--to', ':9', '--metrics', 'unix:/x'], /served over TCP/],
      [['--listen', ':0', '--to', ':9', '--metrics', '192.0.2.1:1'], /no address of this host/],
      [['--listen', ':0', '--to', ':9', '--pid', '4194305'], /there is no process 4194305/],
      [['--listen', ':0', '--to', 'no-such-host.invalid:9000'], /the name is not known/],
    ] as const) {
      const { status, stderr, stdout } = runBin(['tap', ...args]);
      assert.equal(status, 2, stderr);
      assert.match(stderr, message);
      assert.ok(!/\n\s+at /.test(stderr), stderr);
      assert.equal(stdout, '');
    }
  });

  const asRoot = process.getuid?.() === 0 ? false : 'only root can start it as somebody else';
  test('without permission: one sentence, exit 2; the socket file of somebody else stays', { skip: asRoot }, () => {
    const other = 65_534;
    for (const [listen, message] of [
      [`unix:${path('tap.sock')}`, /cannot listen on unix:.*: no permission\n.*must be writable for this user/],
      ['unix:/proc/tap.sock', /cannot listen on unix:\/proc\/tap\.sock: /],
    ] as const) {
      const args = [bin, 'tap', '--listen', listen, '--to', '127.0.0.1:9', '--no-host'];
      const { status, stderr } = spawnSync(process.execPath, args, { uid: other, gid: other, encoding: 'utf8' });
      assert.equal(status, 2, stderr);
      assert.match(stderr, message);
      assert.doesNotMatch(stderr, /\n\s+at /);
    }
  });
});
