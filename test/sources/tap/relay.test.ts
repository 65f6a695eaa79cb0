// The relay passes on what it gets: bytes, ends of streams and resets, each at once and in its own direction. The tests
// are named after the rules that keep a relay from causing the outage it is to explain.
import assert from 'node:assert/strict';
import { existsSync, lstatSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parseEndpoint } from '../../../src/model/endpoint-address.js';
import { UserError } from '../../../src/model/errors.js';
import { APPLICATION, WEB_SERVER } from '../../../src/model/side.js';
import { systemClock } from '../../../src/sources/clock.js';
import { startRelay } from '../../../src/sources/tap/relay.js';
import { resetSocket } from '../../../src/sources/tap/relay-connection.js';
import { temporaryFolder } from '../../support/run-bin.js';
import {
  addressOf,
  bytesOf,
  connectTo,
  End,
  FAMILIES,
  type Family,
  listenOn,
  MIXES,
  noting,
  scene,
  type Told,
} from './relay-scene.js';

const folder = temporaryFolder();

describe('relay', { timeout: 60_000 }, () => {
  for (const [web, application] of MIXES) {
    describe(`${web} to ${application}`, () => {
      test('T1: the end of a stream goes on at once, and the other direction stays open', async (context) => {
        const { open, notes } = await scene(context, folder, web, application);
        const [front, back] = await open();
        back.socket.end('answer');
        await front.until(() => front.ended);
        assert.equal(front.bytes.toString(), 'answer');
        assert.equal(back.ended, false);
        front.socket.write('more of the question');
        await back.until(() => back.length === 20);
        front.socket.end();
        await back.until(() => back.closed);
        await front.until(() => front.closed);
        assert.deepEqual([front.error, back.error], [undefined, undefined]);
        const ends = notes.filter(({ what }) => what === 'finished').map(({ detail }) => detail.slice(0, 2));
        assert.deepEqual(ends, [
          [APPLICATION, false],
          [WEB_SERVER, true],
        ]);
      });

      test('T1: a web server that ends first is told apart', async (context) => {
        const { open, notes } = await scene(context, folder, web, application);
        const [front, back] = await open();
        front.socket.end('question');
        await back.until(() => back.ended);
        back.socket.end('answer');
        await front.until(() => front.closed);
        assert.equal(front.bytes.toString(), 'answer');
        await back.until(() => back.closed);
        const ends = notes.filter(({ what }) => what === 'finished').map(({ detail }) => detail.slice(0, 2));
        assert.deepEqual(ends, [
          [WEB_SERVER, false],
          [APPLICATION, true],
        ]);
      });

      test('T3: one connection to the application for each, opened before a byte came', async (context) => {
        const { open, relay } = await scene(context, folder, web, application);
        const ends = [await open(), await open(), await open()];
        assert.equal(relay.open, 3);
        for (const [index, [front]] of ends.entries()) front.socket.write(`${index}`);
        for (const [, back] of ends) await back.until(() => back.length === 1);
        assert.deepEqual(ends.map(([, back]) => back.bytes.toString()).sort(), ['0', '1', '2']);
        for (const [front] of ends) front.socket.destroy();
        for (const [, back] of ends) back.socket.destroy();
      });

      test('T5: a side that does not read stops the other, and nothing is lost', async (context) => {
        const { open, notes } = await scene(context, folder, web, application);
        const [front, back] = await open();
        back.socket.write('x');
        await front.until(() => front.length === 1);
        front.socket.pause();
        const bytes = bytesOf(5, 24 << 20);
        let written = false;
        back.socket.end(bytes, () => {
          written = true;
        });
        await new Promise((resolve) => setTimeout(resolve, 100));
        assert.equal(written, false, 'so much cannot be on its way');
        const inside = notes.filter(({ what }) => what === 'data').length;
        assert.ok(inside * 65536 < 20 << 20, 'the relay did not read it all');
        front.socket.resume();
        await front.until(() => front.ended);
        assert.ok(front.bytes.subarray(1).equals(bytes));
        front.socket.end();
        await back.until(() => back.closed);
        await front.until(() => front.closed);
        await new Promise((resolve) => setTimeout(resolve, 20));
        const closed = notes.find(({ what }) => what === 'closed');
        const [paused] = closed!.detail as [readonly [number, number]];
        assert.ok(paused[APPLICATION] > 0, 'the time is counted');
        assert.equal(paused[WEB_SERVER], 0);
      });

      test('killing one end of a connection ends that connection only', async (context) => {
        const { open } = await scene(context, folder, web, application);
        const [front, back] = await open();
        const [otherFront, otherBack] = await open();
        front.socket.destroy();
        await back.until(() => back.ended || back.error !== undefined);
        back.socket.destroy();
        otherFront.socket.write('still here');
        await otherBack.until(() => otherBack.length === 10);
        otherBack.socket.destroy();
        await otherFront.until(() => otherFront.ended || otherFront.error !== undefined);
        otherFront.socket.destroy();
      });
    });
  }

  test('T2: a reset goes on as a reset, from either side', async (context) => {
    const { open, notes } = await scene(context, folder, 'tcp', 'tcp');
    for (const side of [WEB_SERVER, APPLICATION] as const) {
      const ends = await open();
      const [own, other] = side === WEB_SERVER ? ends : [ends[1], ends[0]];
      own.socket.write('x');
      await other.until(() => other.length === 1);
      resetSocket(own.socket, true);
      await other.until(() => other.closed);
      assert.equal(other.error, 'ECONNRESET');
      assert.equal(other.ended, false, 'it is no end of the stream');
      const told = notes.find((note) => note.what === 'reset' && note.connection === side);
      assert.deepEqual(told?.detail.slice(0, 2), [side, 'ECONNRESET']);
    }
  });

  test('T2: a reset does not wait for what the other side has not read', async (context) => {
    const { open } = await scene(context, folder, 'tcp', 'tcp');
    const [front, back] = await open();
    front.socket.pause();
    back.socket.write(Buffer.alloc(32 << 20));
    await new Promise((resolve) => setTimeout(resolve, 100));
    resetSocket(back.socket, true);
    // The web server still does not read: writing tells it.
    const writing = setInterval(() => front.socket.write('x'), 10);
    await front.until(() => front.error !== undefined);
    clearInterval(writing);
    assert.match(front.error!, /ECONNRESET|EPIPE/);
  });

  test('T2: a reset is noticed on a side whose stream has ended', async (context) => {
    const { open, notes } = await scene(context, folder, 'tcp', 'tcp');
    const [front, back] = await open();
    back.socket.end('answer');
    await front.until(() => front.ended);
    const told = () => notes.find(({ what }) => what === 'reset');
    resetSocket(back.socket, true);
    while (told() === undefined) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.equal(told()!.detail[0], APPLICATION);
    assert.match(`${told()!.detail[1]}`, /ECONNRESET|EPIPE/);
    // A web server that has read the end learns of the reset when it writes.
    front.socket.write('x');
    await front.until(() => front.closed);
    assert.match(front.error ?? '', /ECONNRESET|EPIPE/);
  });

  test('T2: over AF_UNIX a reset becomes a close', async (context) => {
    const { open } = await scene(context, folder, 'tcp', 'unix');
    const [front, back] = await open();
    front.socket.write('x');
    await back.until(() => back.length === 1);
    resetSocket(front.socket, true);
    await back.until(() => back.ended || back.error !== undefined);
    back.socket.destroy();
  });

  describe('T4: an application that cannot be reached', () => {
    const failing = async (web: Family, to: string, code: string) => {
      const notes: Told[] = [];
      const relay = await startRelay({
        pairs: [{ listen: addressOf(web, folder), to: parseEndpoint(to) }],
        observer: noting(notes),
        clock: systemClock,
      });
      const front = new End(connectTo(relay.listening[0]));
      front.socket.write('question');
      await front.until(() => front.closed);
      assert.deepEqual(
        notes.filter(({ what }) => what === 'failed').map(({ detail }) => detail[0]),
        [code],
      );
      await relay.close();
      return front;
    };

    test('refused over TCP: reset', async () => {
      const server = createServer();
      const address = await listenOn(server, addressOf('tcp', folder));
      await new Promise((resolve) => server.close(resolve));
      assert.ok(address.kind === 'tcp');
      const front = await failing('tcp', `127.0.0.1:${address.port}`, 'ECONNREFUSED');
      assert.equal(front.error, 'ECONNRESET');
    });

    for (const web of FAMILIES) {
      test(`no socket file, from ${web}`, async () => {
        const front = await failing(web, `unix:${join(folder, 'none.sock')}`, 'ENOENT');
        if (web === 'tcp') assert.equal(front.error, 'ECONNRESET');
      });
    }

    test('a socket file that nobody listens on', async () => {
      const server = createServer();
      const path = join(folder, 'stale.sock');
      await listenOn(server, { kind: 'unix', path });
      renameSync(path, `${path}.kept`);
      await new Promise((resolve) => server.close(resolve));
      await failing('tcp', `unix:${path}.kept`, 'ECONNREFUSED');
    });
  });

  test('T7: many connections at once are all accepted', async (context) => {
    const { open, relay } = await scene(context, folder, 'tcp', 'unix');
    const ends = await Promise.all(Array.from({ length: 300 }, () => open()));
    assert.equal(relay.open, 300);
    for (const [front, back] of ends) {
      front.socket.destroy();
      back.socket.destroy();
    }
  });

  test("T9: the socket file has the rights of the application's", async (context) => {
    const server = createServer();
    const path = join(folder, 'rights.sock');
    await listenOn(server, { kind: 'unix', path });
    context.after(() => server.close());
    const { chmodSync } = await import('node:fs');
    chmodSync(path, 0o662);
    const own = join(folder, 'rights-tap.sock');
    const options = { observer: noting([]), clock: systemClock };
    const pairs = [{ listen: { kind: 'unix', path: own } as const, to: { kind: 'unix', path } as const }];
    const relay = await startRelay({ ...options, pairs });
    assert.equal(statSync(own).mode & 0o777, 0o662);
    assert.deepEqual([lstatSync(own).uid, relay.warnings], [lstatSync(path).uid, []]);
    await relay.close();
    const other = await startRelay({ ...options, pairs, mode: 0o600 });
    assert.equal(statSync(own).mode & 0o777, 0o600);
    await other.close();
  });

  test("T12: the own socket file is removed, another program's is not", async () => {
    const path = join(folder, 'own.sock');
    const pairs = [{ listen: { kind: 'unix', path } as const, to: { kind: 'unix', path: '/none' } as const }];
    const options = { observer: noting([]), clock: systemClock, pairs };
    const relay = await startRelay(options);
    assert.ok(existsSync(path));
    await relay.close();
    assert.ok(!existsSync(path));
    const again = await startRelay(options);
    renameSync(path, `${path}.moved`);
    writeFileSync(path, 'of somebody else');
    await again.close();
    assert.ok(existsSync(path));
  });

  test('T12: end() closes kept connections properly, close() ends the rest', async (context) => {
    const { open, relay } = await scene(context, folder, 'tcp', 'tcp');
    const [front, back] = await open();
    const [otherFront] = await open();
    relay.stopAccepting();
    const refused = new End(connectTo(relay.listening[0]));
    await refused.until(() => refused.closed);
    assert.equal(refused.error, 'ECONNREFUSED');
    relay.end([0, 77]);
    await front.until(() => front.ended);
    await back.until(() => back.ended);
    front.socket.end();
    back.socket.end();
    await front.until(() => front.closed);
    assert.equal(otherFront.closed, false);
    await relay.close();
    assert.equal(relay.open, 0);
    otherFront.socket.destroy();
  });

  describe('addresses that cannot be listened on', () => {
    const refused = async (listen: string): Promise<UserError> => {
      try {
        const relay = await startRelay({
          pairs: [{ listen: parseEndpoint(listen, 0), to: parseEndpoint('127.0.0.1:9') }],
          observer: noting([]),
          clock: systemClock,
        });
        await relay.close();
      } catch (error) {
        assert.ok(error instanceof UserError);
        return error;
      }
      throw new Error('it listens');
    };

    test('port in use, file present, no folder, no address', async (context) => {
      const server = createServer();
      const address = await listenOn(server, addressOf('tcp', folder));
      context.after(() => server.close());
      assert.ok(address.kind === 'tcp');
      assert.match((await refused(`127.0.0.1:${address.port}`)).message, /another program listens there/);
      writeFileSync(join(folder, 'present.sock'), '');
      assert.match((await refused(`unix:${join(folder, 'present.sock')}`)).message, /the file is there already/);
      assert.match((await refused(`unix:${join(folder, 'no/such.sock')}`)).message, /there is no folder|no permission/);
      assert.match((await refused('192.0.2.1:0')).message, /does not have that address/);
      assert.match((await refused(`unix:${join(folder, 'x'.repeat(200))}`)).message, /too long/);
    });
  });
});
