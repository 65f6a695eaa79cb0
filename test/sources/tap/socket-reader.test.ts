// Where a socket's bytes are read to: what is kept must never be read over, and much must not be copied.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { readingWith, SocketReader } from '../../../src/sources/tap/socket-reader.js';
import { temporaryFolder } from '../../support/run-bin.js';
import { bytesOf, MIXES, scene } from './relay-scene.js';

const folder = temporaryFolder();
const LENT = 64 * 1024;

/** Does what a socket does with the options: reads into the last buffer that it was given. */
class Reading {
  readonly pieces: Buffer[] = [];
  memory: Buffer;
  private readonly options;
  readonly reader: SocketReader;

  constructor(lent = LENT) {
    this.reader = new SocketReader((bytes) => this.pieces.push(bytes), lent);
    this.options = this.reader.options;
    this.memory = this.ask() as Buffer;
  }

  private ask(): Uint8Array | undefined {
    return (this.options.buffer as () => Uint8Array | undefined)();
  }

  /** Returns the piece that was heard. */
  read(seed: number, length: number): Buffer {
    bytesOf(seed, length).copy(this.memory);
    this.options.callback(length, this.memory);
    this.memory = (this.ask() as Buffer | undefined) ?? this.memory;
    return this.pieces[this.pieces.length - 1];
  }
}

const sharesMemory = (piece: Buffer, memory: Buffer) => piece.buffer === memory.buffer;

describe('reading from a socket', { skip: process.platform === 'win32' }, () => {
  test('a little is copied, in memory that connections share', () => {
    const [one, other] = [new Reading(), new Reading()];
    assert.equal(one.memory, other.memory);
    const kept = [one.read(1, 100), other.read(2, 5000), one.read(3, 60_000)];
    for (const [index, length] of [100, 5000, 60_000].entries()) {
      assert.deepEqual(kept[index], bytesOf(index + 1, length));
      assert.ok(!sharesMemory(kept[index], one.memory));
    }
  });

  test('who fills it gets large memory of its own, and is handed that', () => {
    const [one, other] = [new Reading(), new Reading()];
    const first = one.read(1, LENT);
    assert.notEqual(one.memory, other.memory);
    assert.equal(one.memory.length, 4 * LENT);
    const second = one.read(2, 4 * LENT);
    assert.ok(sharesMemory(second, one.memory));
    // What is fewer than may be lent is copied all the same.
    assert.ok(!sharesMemory(one.read(3, LENT - 1), one.memory));
    other.read(4, 2000);
    assert.deepEqual(first, bytesOf(1, LENT));
  });

  test('it is given back after some reads that were small, and used again', () => {
    const [one, other] = [new Reading(), new Reading()];
    const common = other.memory;
    one.read(1, LENT);
    const own = one.memory;
    for (let count = 0; count < 15; count++) one.read(count, 10);
    one.read(0, LENT);
    for (let count = 0; count < 15; count++) one.read(count, 10);
    assert.equal(one.memory, own);
    one.read(0, 10);
    assert.equal(one.memory, common);
    other.read(1, LENT);
    assert.equal(other.memory, own);
    other.reader.close();
    one.read(1, LENT);
    assert.equal(one.memory, own);
  });

  test('where bytes are kept for long everything is copied', () => {
    const reading = new Reading(Number.POSITIVE_INFINITY);
    const piece = reading.read(1, LENT);
    reading.read(2, LENT);
    assert.deepEqual(piece, bytesOf(1, LENT));
  });

  test('only so many have one at a time', () => {
    const all = Array.from({ length: 70 }, () => new Reading());
    const common = all[0].memory;
    for (const each of all) assert.deepEqual(each.read(1, LENT), bytesOf(1, LENT));
    const without = all.filter(({ memory }) => memory === common);
    assert.ok(without.length >= 6 && without.length < 70);
    assert.equal(new Set(all.map(({ memory }) => memory)).size, 70 - without.length + 1);
    for (const each of all) each.reader.close();
    without[0].read(1, LENT);
    assert.notEqual(without[0].memory, common);
    without[0].reader.close();
  });

  test('an accepted socket is read with a reader as well', async (context) => {
    const path = join(folder, 'accepted.sock');
    const server = createServer({ pauseOnConnect: true, allowHalfOpen: true });
    server.listen(path);
    context.after(() => server.close());
    await once(server, 'listening');
    const client = connect(path);
    context.after(() => client.destroy());
    const [accepted] = (await once(server, 'connection')) as [Socket];
    const pieces: Buffer[] = [];
    const made = readingWith(new SocketReader((bytes) => pieces.push(bytes), LENT), accepted, { allowHalfOpen: true });
    // Where it is not made, Node has changed: relays still work, but each of their reads takes new memory.
    assert.ok(made !== undefined && made !== accepted);
    context.after(() => made.destroy());
    client.end('from the other end');
    await once(made, 'end');
    assert.equal(Buffer.concat(pieces).toString(), 'from the other end');
    made.end('and back');
    assert.equal(String((await once(client, 'data'))[0]), 'and back');
    // There is nothing left in the first one that could be taken again.
    assert.equal(readingWith(new SocketReader(() => {}, LENT), accepted, {}), undefined);
  });

  for (const [web, application] of MIXES) {
    for (const [from, to] of [
      ['application', 'web server'],
      ['web server', 'application'],
    ]) {
      const name = `${web} to ${application}: from the ${from} much, little and slowly at once`;
      test(name, { timeout: 60_000 }, async (context) => {
        const { open } = await scene(context, folder, web, application);
        const opened = [await open(), await open(), await open()];
        const pairs = opened.map(([front, back]) => (from === 'application' ? [back, front] : [front, back]));
        const lengths = [3_000_000, 12, 700, 1_500_000, ...Array.from({ length: 40 }, () => 50), 2_000_000];
        const sent = pairs.map((_, pair) => lengths.map((length, index) => bytesOf(100 * pair + index, length)));
        await Promise.all(
          pairs.map(async ([sender, receiver], pair) => {
            let length = 0;
            for (const [index, bytes] of sent[pair].entries()) {
              // One does not read for a while; another one takes each piece before the next is sent.
              if (pair === 1 && index === 3) receiver.socket.pause();
              sender.socket.write(bytes);
              length += bytes.length;
              if (pair === 2) await receiver.until(() => receiver.length === length);
            }
            if (pair === 1) setTimeout(() => receiver.socket.resume(), 100);
            sender.socket.end();
            await receiver.until(() => receiver.ended);
            receiver.socket.end();
            await sender.until(() => sender.closed);
          }),
        );
        for (const [pair, [, receiver]] of pairs.entries())
          assert.ok(receiver.bytes.equals(Buffer.concat(sent[pair])), `the ${to} got what was sent`);
      });
    }
  }
});
