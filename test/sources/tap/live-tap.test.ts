// A tap between real sockets: its report is that of its recording, whatever ended it.
import assert from 'node:assert/strict';
import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { CHECKS } from '../../../src/analysis/checks/index.js';
import { notesComment } from '../../../src/analysis/live/tap-notes.js';
import type { EndpointAddress } from '../../../src/model/endpoint-address.js';
import { type LiveTap, openLiveTap } from '../../../src/sources/tap/live-tap.js';
import { request, response } from '../../support/fastcgi-messages.js';
import { type Report, reportOf, reportOfFiles } from '../../support/report.js';
import { temporaryFolder } from '../../support/run-bin.js';
import { tsharkLines, tsharkMissing } from '../../support/tshark.js';
import { addressOf, connectTo, End, type Family, listenOn } from './relay-scene.js';

const folder = temporaryFolder();
let files = 0;

async function application(context: TestContext, family: Family): Promise<readonly [EndpointAddress, Server]> {
  const server = createServer({ allowHalfOpen: true }, (socket: Socket) => {
    let length = 0;
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      length += bytes.length;
      const text = bytes.toString('latin1');
      if (text.includes('/reset')) socket.resetAndDestroy();
      else if (text.includes('/kept')) socket.write(response());
      else if (length > 100) socket.end(response({ body: 'x'.repeat(70_000) }));
    });
    socket.on('end', () => socket.end());
  });
  context.after(() => server.close());
  return [await listenOn(server, addressOf(family, folder)), server];
}

async function open(context: TestContext, web: Family, family: Family, record = {}): Promise<[LiveTap, string]> {
  const [to] = await application(context, family);
  const file = join(folder, `tap-${++files}.pcapng`);
  const tap = await openLiveTap({
    pairs: [{ listen: addressOf(web, folder), to }],
    checks: CHECKS,
    record: { file, comment: notesComment, application: 'fcgi-inspect test', ...record },
  });
  return [tap, file];
}

async function ask(tap: LiveTap, uri: string): Promise<End> {
  const end = new End(connectTo(tap.listening[0]));
  end.socket.write(request({ uri, keepConn: uri.startsWith('/kept') }));
  if (uri.startsWith('/kept')) await end.until(() => end.length > 0 || end.closed);
  else await end.until(() => end.ended || end.closed);
  end.socket.end();
  await end.until(() => end.closed);
  return end;
}

async function recorded(file: string): Promise<Report> {
  return (await reportOfFiles([file])).report;
}

/** Without what tells where it came from. */
function content(report: object): object {
  const { input, tap, ...rest } = report as { input: { files: unknown; bytes: unknown }; tap?: unknown };
  const { files: names, bytes, ...figures } = input;
  void [names, bytes, tap];
  return { ...rest, input: figures };
}

describe('live tap', { timeout: 60_000 }, () => {
  test('a request that the analysis has not looked at yet is under way: its connection is not idle', async (context) => {
    const server = createServer({ allowHalfOpen: true });
    context.after(() => server.close());
    const to = await listenOn(server, addressOf('unix', folder));
    const tap = await openLiveTap({ pairs: [{ listen: addressOf('unix', folder), to }], checks: CHECKS });
    context.after(() => tap.close());
    const [end, idle] = [new End(connectTo(tap.listening[0])), new End(connectTo(tap.listening[0]))];
    context.after(() => [end, idle].map(({ socket }) => socket.destroy()));
    let came = 0;
    server.on('connection', (socket) => {
      socket.on('error', () => {});
      socket.on('data', () => ++came);
      socket.on('end', () => socket.end());
    });
    end.socket.write(request({ uri: '/never' }));
    while (came === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    // The relay, which passes on first and tells then, has told by now; this thread, the analysis', had no time to look.
    const until = performance.now() + 30;
    while (performance.now() < until);
    tap.endIdle();
    await idle.until(() => idle.ended);
    assert.equal(end.ended, false);
  });

  for (const [web, family] of [
    ['tcp', 'tcp'],
    ['unix', 'unix'],
    ['tcp', 'unix'],
    ['unix', 'tcp'],
  ] as const) {
    test(`the recording gives the report that the tap gives, ${web} to ${family}`, async (context) => {
      const [tap, file] = await open(context, web, family);
      const answers = await Promise.all(['/a', '/b?x=1', '/kept', '/c'].map((uri) => ask(tap, uri)));
      assert.ok(answers[0].length > 70_000);
      if (family === 'tcp') await ask(tap, '/reset');
      await tap.close();
      const live = reportOf(tap.snapshot(), tap);
      assert.deepEqual(content(await recorded(file)), content(live));
      assert.equal(live.summary.requests, family === 'tcp' ? 5 : 4);
      assert.equal(live.summary.firstFin.application, 3);
      assert.equal(live.backends[0].endpoint.startsWith('unix:'), family === 'unix');
    });
  }

  test('what could not be opened is in the recording too', async () => {
    const file = join(folder, 'failed.pcapng');
    const tap = await openLiveTap({
      pairs: [{ listen: addressOf('tcp', folder), to: { kind: 'unix', path: join(folder, 'nobody.sock') } }],
      checks: CHECKS,
      record: { file, comment: notesComment, application: 'fcgi-inspect test' },
    });
    await ask(tap, '/a');
    await tap.close();
    const live = reportOf(tap.snapshot(), tap);
    assert.deepEqual(content(await recorded(file)), content(live));
    assert.equal(live.connections[0].connectError, 'ENOENT');
  });

  test('a recording that is cut anywhere can be read to its last whole block', async (context) => {
    const [tap, file] = await open(context, 'unix', 'unix');
    for (let i = 0; i < 3; i++) await ask(tap, `/${i}`);
    await tap.close();
    const whole = readFileSync(file);
    const { input } = await recorded(file);
    for (const length of [whole.length - 1, whole.length >> 1, 700]) {
      writeFileSync(file, whole);
      truncateSync(file, length);
      const cut = await recorded(file);
      assert.ok(cut.input.packets < input.packets);
      assert.equal(cut.input.cut, true);
    }
  });

  test('rotation: each file can be read, and only the newest ones are kept', async (context) => {
    const [tap, file] = await open(context, 'tcp', 'unix', { rotateSize: 200_000, rotateFiles: 2 });
    for (let i = 0; i < 9; i++) await ask(tap, `/${i}`);
    await tap.close();
    const names = tap.recording!.files;
    assert.ok(names.length >= 3, `${names.length} files`);
    assert.match(names[0], /tap-\d+-00001\.pcapng$/);
    assert.throws(() => readFileSync(names[0]), /ENOENT/);
    for (const name of names.slice(-2)) {
      assert.ok(readFileSync(name).length <= 200_000 + 70_000);
      const { input, connections } = await recorded(name);
      assert.equal(input.cut, false);
      for (const { application: endpoint } of connections) assert.match(endpoint, /^unix:/);
    }
    assert.ok(!file.endsWith('-00001.pcapng'));
  });

  test('a recording that cannot be written goes wrong at once', async (context) => {
    await assert.rejects(open(context, 'tcp', 'tcp', { file: join(folder, 'no/such/file') }), /cannot write/);
  });

  test('a disk that is full ends the recording, not the relay', async (context) => {
    const [tap] = await open(context, 'tcp', 'tcp', { file: '/dev/full' }).catch((error: Error) => {
      assert.match(error.message, /ENOSPC/);
      return [undefined];
    });
    assert.equal(tap, undefined, 'even the beginning could not be written');
  });

  test('Wireshark reads it: FastCGI in order, no damage', { skip: tsharkMissing() }, async (context) => {
    const [tap, file] = await open(context, 'unix', 'unix');
    await ask(tap, '/a');
    await tap.close();
    const lines = tsharkLines(readFileSync(file), [
      '-d',
      'tcp.port==9000,fcgi',
      '-T',
      'fields',
      '-e',
      '_ws.expert.message',
      '-e',
      'fcgi.type',
    ]);
    assert.ok(
      lines.some((line) => line.includes('3')),
      'END_REQUEST is there',
    );
    assert.ok(!lines.some((line) => /malformed|retransmission|unseen|previous segment/i.test(line)), lines.join('\n'));
  });
});
