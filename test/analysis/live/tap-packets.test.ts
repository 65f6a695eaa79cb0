// The packets that stand for what a tap saw: other programs read them in recordings, and check their sums.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { HEADROOM, TapPackets } from '../../../src/analysis/live/tap-packets.js';
import { APPLICATION, WEB_SERVER } from '../../../src/model/side.js';

/** The sum of the words of IPv4's header, its checksum included, as RFC 791 has it: all ones where it is right. */
function headerSum(data: Uint8Array, at: number): number {
  let sum = 0;
  for (let i = 0; i < 20; i += 2) sum += (data[at + i] << 8) | data[at + i + 1];
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum;
}

const address = fc.uint8Array({ minLength: 4, maxLength: 4 });
const port = fc.integer({ min: 1, max: 65_535 });

describe('tap packets', () => {
  test('every IPv4 header has a right checksum, whoever sends and however much', () => {
    fc.assert(
      fc.property(
        address,
        address,
        port,
        port,
        fc.integer({ min: 1, max: 70_000 }),
        (from, to, fromPort, toPort, length) => {
          let packets = 0;
          const tap = new TapPackets(
            {
              packet(_connection, { data, offset, capturedLength }) {
                packets++;
                assert.equal(headerSum(data, offset), 0xffff);
                assert.equal((data[offset + 2] << 8) | data[offset + 3], capturedLength);
              },
            },
            0,
          );
          tap.opened(1, { address: from, port: fromPort }, { address: to, port: toPort }, 1);
          tap.connected(1, 2);
          for (const side of [WEB_SERVER, APPLICATION] as const)
            tap.data(1, side, new Uint8Array(HEADROOM + length), HEADROOM, HEADROOM + length, 0, 3);
          tap.finished(1, APPLICATION, false, length, 4);
          assert.ok(packets >= 6);
        },
      ),
      { seed: 791, examples: [[new Uint8Array(4).fill(255), new Uint8Array(4).fill(255), 65_535, 65_535, 65_472]] },
    );
  });

  test('what is sent before the application is connected comes after it, whoever else waits', () => {
    const told = new Map<number, number[]>();
    const tap = new TapPackets(
      {
        packet(connection, { data, offset, capturedLength }) {
          const bytes = told.get(connection) ?? [];
          bytes.push(...data.subarray(offset + 40, offset + capturedLength));
          told.set(connection, bytes);
        },
      },
      0,
    );
    const end = { address: Uint8Array.of(127, 0, 0, 1), port: 9000 };
    const sent = new Map<number, number[]>();
    for (let round = 0; round < 3; round++) {
      const connections = [0, 1, 2].map((index) => round * 3 + index);
      for (const connection of connections) {
        tap.opened(connection, { ...end, port: 30_000 + connection }, end, 1);
        sent.set(connection, []);
      }
      for (const [piece, length] of [100, 1, 5000, 4096].entries()) {
        for (const connection of connections) {
          const bytes = new Uint8Array(HEADROOM + length).fill(connection * 10 + piece);
          tap.data(connection, WEB_SERVER, bytes, HEADROOM, bytes.length, sent.get(connection)!.length, 2);
          sent.get(connection)!.push(...bytes.subarray(HEADROOM));
        }
      }
      for (const connection of connections) tap.connected(connection, 3);
    }
    assert.deepEqual(told, sent);
  });
});
