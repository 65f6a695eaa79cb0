// Live capture through tcpdump, which a script stands in for.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import test, { type TestContext } from 'node:test';
import { UserError } from '../../src/model/errors.js';
import { openInterface } from '../../src/sources/capture-interface.js';
import { pcap } from '../support/capture-writer.js';
import { requirePeers } from '../support/paths.js';
import { drain, temporaryFile, temporaryFolder } from './capture-inputs.js';

/** A program in a shell script. `$CAPTURE` is the path of a capture with three packets. */
function program(context: TestContext, script: string): string {
  const capture = temporaryFile(context, pcap([1, 2, 3].map((time) => ({ time, data: new Uint8Array(60) }))));
  const path = join(temporaryFolder(context), 'tcpdump');
  writeFileSync(path, `#!/bin/sh\nCAPTURE=${capture}\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

async function refusal(name: string, command: string): Promise<UserError> {
  try {
    (await openInterface(name, { filter: 'tcp', command })).close();
  } catch (error) {
    assert.ok(error instanceof UserError, String(error));
    return error;
  }
  throw new Error('it was opened');
}

test('packets come until the program ends, and its words about drops are a problem', async (context) => {
  const script = `
    echo "$@" > $CAPTURE.arguments
    echo 'tcpdump: listening on lo, link-type EN10MB' >&2
    cat $CAPTURE
    printf '3 packets captured\\n6 packets received by filter\\n17 packets dropped by kernel\\n' >&2`;
  const command = program(context, script);
  const input = await openInterface('lo', { filter: 'tcp port 9000', command });
  const frames = await drain({ next: (frame) => input.reader.next(frame), fill: () => input.fill() });
  assert.equal(frames.length, 3);
  const { name, cut, problems } = input.describe();
  assert.equal(name, 'interface lo');
  assert.equal(cut, false);
  assert.deepEqual(
    problems.map(({ code, count }) => [code, count]),
    [['packets-dropped', 17]],
  );
  const capture = /CAPTURE=(.*)/.exec(readFileSync(command, 'utf8'))?.[1] ?? '';
  assert.equal(readFileSync(`${capture}.arguments`, 'utf8'), '-U -w - -i lo -- tcp port 9000\n');
  input.close();
});

test('close ends the program', { timeout: 20_000 }, async (context) => {
  const command = program(context, 'echo $$ > $CAPTURE.pid\nhead -c 24 $CAPTURE\nexec sleep 1000');
  const input = await openInterface('lo', { filter: 'tcp', command });
  const capture = /CAPTURE=(.*)/.exec(readFileSync(command, 'utf8'))?.[1] ?? '';
  const pid = Number(readFileSync(`${capture}.pid`, 'utf8'));
  assert.equal(isRunning(pid), true);
  input.close();
  while (isRunning(pid)) await new Promise((resolve) => setTimeout(resolve, 10));
});

test('after stop, what was captured is read to the end', { timeout: 20_000 }, async (context) => {
  // As tcpdump does: at SIGTERM what is buffered is written, then some words.
  const script = `
    trap 'tail -c +25 $CAPTURE; echo "5 packets dropped by kernel" >&2; exit 0' TERM
    head -c 24 $CAPTURE
    while true; do sleep 0.05; done`;
  const input = await openInterface('lo', { filter: 'tcp', command: program(context, script) });
  const reading = drain({ next: (frame) => input.reader.next(frame), fill: () => input.fill() });
  input.stop();
  assert.equal((await reading).length, 3);
  assert.equal(input.describe().cut, false);
  assert.equal(input.describe().problems[0].count, 5);
  input.close();
});

test('after stop, what the kernel hands over late is read too', { timeout: 20_000 }, async (context) => {
  const script = 'head -c 24 $CAPTURE\nsleep 0.3\ntail -c +25 $CAPTURE\nexec sleep 1000';
  const input = await openInterface('lo', { filter: 'tcp', command: program(context, script) });
  const reading = drain({ next: (frame) => input.reader.next(frame), fill: () => input.fill() });
  input.stop();
  assert.equal((await reading).length, 3);
  assert.equal(input.describe().cut, false);
  input.close();
});

test('after close, reading ends without a problem', { timeout: 20_000 }, async (context) => {
  const command = program(context, 'cat $CAPTURE\nexec sleep 1000');
  const input = await openInterface('lo', { filter: 'tcp', command });
  const reading = drain({ next: (frame) => input.reader.next(frame), fill: () => input.fill() });
  setTimeout(() => input.close(), 50);
  assert.ok((await reading).length <= 3);
  assert.deepEqual(input.describe().problems, []);
  assert.equal(input.describe().cut, false);
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('what tcpdump says is what the user is told', async (context) => {
  const script = (words: string) => program(context, `echo "${words}" >&2\nexit 1`);
  const missing = await refusal('nosuch0', script('tcpdump: nosuch0: No such device exists'));
  assert.equal(missing.message, 'cannot capture on interface nosuch0: nosuch0: No such device exists');
  assert.equal(missing.hint, undefined);
  const denied = await refusal('lo', script("tcpdump: lo: You don't have permission to capture on that device"));
  assert.match(denied.message, /^cannot capture on interface lo: lo: You don't have permission/);
  assert.match(denied.hint ?? '', /root|setcap/);
  const silent = await refusal('lo', program(context, 'exit 1'));
  assert.match(silent.message, /it is empty/);
});

test('a program that is not installed', async () => {
  const error = await refusal('lo', '/nonexistent/tcpdump');
  assert.match(error.message, /needed to capture on an interface, and is not installed/);
});

/** Why the loopback interface cannot be captured here. */
async function noLiveCapture(): Promise<string | false> {
  const ends = await new Promise<boolean>((resolve) => {
    const child = spawn('tcpdump', ['-U', '-i', 'lo', '-w', '-'], { stdio: ['ignore', 'pipe', 'ignore'] });
    child.on('error', () => resolve(false));
    child.stdout.once('data', () => {
      child.kill();
      resolve(true);
    });
    child.on('close', () => resolve(false));
  });
  if (!ends && requirePeers) throw new Error('tcpdump is required here and cannot capture on lo');
  return ends ? false : 'tcpdump is not installed or may not capture on lo';
}

const linux = existsSync('/proc/net/tcp') ? await noLiveCapture() : 'not Linux';

test('a real connection on the loopback interface', { skip: linux, timeout: 30_000 }, async () => {
  const server = createServer((socket) => socket.end('answer'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  const input = await openInterface('lo', { filter: `tcp port ${port}` });
  const answered = new Promise((resolve) => connect(port, '127.0.0.1').on('data', resolve).on('close', resolve));
  const found: string[] = [];
  const seen = drain({
    next: (frame) => {
      const code = input.reader.next(frame);
      if (code === 0)
        found.push(
          Buffer.from(frame.data.subarray(frame.offset, frame.offset + frame.capturedLength)).toString('latin1'),
        );
      if (found.some((packet) => packet.includes('answer'))) input.close();
      return code;
    },
    fill: () => input.fill(),
  });
  await answered;
  await seen;
  server.close();
  assert.ok(found.some((packet) => packet.includes('answer')));
});
