// Where a socket's bytes are read to, and what is said of how long they stay.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { MUCH, readingWith, SocketReader } from '../../../src/sources/tap/socket-reader.js';
import { temporaryFolder } from '../../support/run-bin.js';
import { bytesOf, MIXES, scene } from './relay-scene.js';

const folder = temporaryFolder();

interface Piece {
  readonly bytes: Buffer;
  readonly stays: boolean;
}

/** Does what a socket does with the options: reads into the last buffer that it was given. */
class Reading {
  private last: Piece | undefined;
  readonly reader = new SocketReader((bytes, stays) => {
    this.last = { bytes, stays };
  });
  private readonly options = this.reader.options;
  memory = this.ask() as Buffer;

  private ask(): Uint8Array | undefined {
    return (this.options.buffer as () => Uint8Array | undefined)();
  }

  /** Returns what was heard, which is what was sent. */
  read(seed: number, length: number): Piece {
    bytesOf(seed, length).copy(this.memory);
    this.options.callback(length, this.memory);
    assert.deepEqual(this.last?.bytes, bytesOf(seed, length));
    assert.equal(this.last.bytes.buffer, this.memory.buffer);
    this.memory = (this.ask() as Buffer | undefined) ?? this.memory;
    return this.last;
  }
}

describe('reading from a socket', { skip: process.platform === 'win32' }, () => {
  test('a little is read into memory that connections share, and does not stay', () => {
    const [one, other] = [new Reading(), new Reading()];
    assert.equal(one.memory, other.memory);
    for (const [index, length] of [100, 5000, MUCH - 1].entries()) assert.equal(one.read(index, length).stays, false);
    assert.equal(one.memory, other.memory);
  });

  test('who fills it gets large memory of its own, in which much stays', () => {
    const [one, other] = [new Reading(), new Reading()];
    // Still in that of all.
    assert.equal(one.read(1, MUCH).stays, false);
    assert.notEqual(one.memory, other.memory);
    assert.equal(one.memory.length, 4 * MUCH);
    const much = one.read(2, 4 * MUCH);
    assert.equal(much.stays, true);
    other.read(3, 2000);
    assert.deepEqual(much.bytes, bytesOf(2, 4 * MUCH));
    assert.equal(one.read(4, MUCH - 1).stays, false);
  });

  test('it is given back after some reads that were small, and used again', () => {
    const [one, other] = [new Reading(), new Reading()];
    const common = other.memory;
    one.read(1, MUCH);
    const own = one.memory;
    for (let count = 0; count < 15; count++) one.read(count, 10);
    one.read(0, MUCH);
    for (let count = 0; count < 15; count++) one.read(count, 10);
    assert.equal(one.memory, own);
    one.read(0, 10);
    assert.equal(one.memory, common);
    other.read(1, MUCH);
    assert.equal(other.memory, own);
    other.reader.close();
    one.read(1, MUCH);
    assert.equal(one.memory, own);
  });

  test('only so many have one at a time', () => {
    const all = Array.from({ length: 70 }, () => new Reading());
    const common = all[0].memory;
    for (const each of all) each.read(1, MUCH);
    const without = all.filter(({ memory }) => memory === common);
    assert.ok(without.length >= 6 && without.length < 70);
    assert.equal(new Set(all.map(({ memory }) => memory)).size, 70 - without.length + 1);
    for (const each of all) each.reader.close();
    without[0].read(1, MUCH);
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
    const made = readingWith(new SocketReader((bytes) => pieces.push(Buffer.from(bytes))), accepted, {
      allowHalfOpen: true,
    });
    // Where it is not made, Node has changed: relays still work, but each of their reads takes new memory.
    assert.ok(made !== undefined && made !== accepted);
    context.after(() => made.destroy());
    client.end('from the other end');
    await once(made, 'end');
    assert.equal(Buffer.concat(pieces).toString(), 'from the other end');
    made.end('and back');
    assert.equal(String((await once(client, 'data'))[0]), 'and back');
    // There is nothing left in the first one that could be taken again.
    assert.equal(readingWith(new SocketReader(() => {}), accepted, {}), undefined);
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
