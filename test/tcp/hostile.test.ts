// Segments that no stack would send: nothing throws, nothing grows without bound, every byte is told once.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import type { ConnectionObserver } from '../../src/model/observations.js';
import { Segment } from '../../src/model/segment.js';
import { CONNECTION_STATES } from '../../src/tcp/connection-table.js';
import { TcpTracker } from '../../src/tcp/tracker.js';
import { HANDSHAKE, Wire } from './wire.js';

const LIMITS = { totalBuffer: 64 * 2048, connectionBuffer: 10_000, connectionSegments: 20, seed: 7 };
const BLOCK = 2048;

/** Checks the order of calls: opened first, nothing after closed, sizes that make sense. */
class Watcher implements ConnectionObserver {
  readonly phase: ('open' | 'closed')[] = [];
  readonly ended: [boolean, boolean][] = [];
  readonly bytes: [number, number][] = [];
  flips = 0;

  constructor(private readonly flipEvery: number) {}
  tracker: TcpTracker | undefined;

  opened(connection: number): void {
    assert.equal(this.phase[connection], undefined);
    this.phase[connection] = 'open';
    this.ended[connection] = [false, false];
    this.bytes[connection] = [0, 0];
    this.maybeFlip(connection);
  }
  data(connection: number, side: number, bytes: Uint8Array, start: number, end: number): void {
    assert.equal(this.phase[connection], 'open');
    assert.equal(this.ended[connection][side], false, 'data after the end');
    assert.ok(start >= 0 && start < end && end <= bytes.length, `${start}..${end} of ${bytes.length}`);
    this.bytes[connection][side] += end - start;
    this.maybeFlip(connection);
  }
  gap(connection: number, side: number, length: number): void {
    assert.equal(this.phase[connection], 'open');
    assert.equal(this.ended[connection][side], false, 'gap after the end');
    assert.ok(length > 0 && length < 2 ** 32);
    this.maybeFlip(connection);
  }
  finished(connection: number, side: number): void {
    assert.equal(this.phase[connection], 'open');
    assert.equal(this.ended[connection][side], false, 'ended twice');
    this.ended[connection][side] = true;
    this.maybeFlip(connection);
  }
  reset(connection: number): void {
    assert.equal(this.phase[connection], 'open');
    this.maybeFlip(connection);
  }
  closed(connection: number): void {
    assert.equal(this.phase[connection], 'open');
    this.phase[connection] = 'closed';
  }

  private maybeFlip(connection: number): void {
    if (this.flipEvery === 0 || ++this.flips % this.flipEvery !== 0) return;
    this.tracker?.flip(connection);
    this.ended[connection].reverse();
    this.bytes[connection].reverse();
  }
}

const number = fc.oneof(
  fc.nat(300),
  fc.integer({ min: 0xffffff00, max: 0xffffffff }),
  fc.integer({ min: 0x7fffff00, max: 0x80000100 }),
  fc.integer({ min: 0, max: 0xffffffff }),
);

const segments = fc.array(
  fc.record({
    reverse: fc.boolean(),
    port: fc.integer({ min: 0, max: 2 }),
    flags: fc.oneof(
      { weight: 5, arbitrary: fc.constantFrom(0x10, 0x18, 0x02, 0x12, 0x11) },
      fc.integer({ min: 0, max: 255 }),
    ),
    sequence: number,
    acknowledgment: number,
    length: fc.oneof({ weight: 5, arbitrary: fc.nat(200) }, fc.nat(5000)),
    cut: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, fc.nat(100), fc.nat(100000)),
    window: fc.constantFrom(0, 1, 500),
    step: fc.oneof(fc.nat(1e6), fc.integer({ min: -2e9, max: 5e9 })),
    dup: fc.boolean(),
  }),
  { maxLength: 250 },
);

describe('hostile segments', () => {
  test('random segments never throw; memory stays within its bounds; calls are in order', () => {
    fc.assert(
      fc.property(segments, fc.constantFrom(0, 1, 3, 7), (list, flipEvery) => {
        const watcher = new Watcher(flipEvery);
        const tracker = new TcpTracker(watcher, LIMITS);
        watcher.tracker = tracker;
        const s = new Segment();
        s.data = new Uint8Array(5200).map((_, i) => i);
        let time = 0;
        let packet = 0;
        for (const { reverse, port, flags, sequence, acknowledgment, length, cut, window, step, dup } of list) {
          s.source = reverse ? 1 : 0;
          s.destination = port === 2 ? s.source : 1 - s.source;
          s.sourcePort = reverse ? 9000 : 40000 + port;
          s.destinationPort = reverse ? 40000 + port : 9000;
          s.flags = flags;
          s.sequence = sequence;
          s.acknowledgment = acknowledgment;
          s.window = window;
          s.payloadOffset = sequence & 127;
          s.payloadLength = length;
          s.wireLength = length + cut;
          s.mayBeDuplicated = dup;
          time += step;
          s.time = time;
          s.packet = ++packet;
          s.position = packet * 10000;
          const row = tracker.segment(s);
          assert.ok(row >= 0 && row < tracker.connections.count);
          assert.ok(tracker.bufferedMemory <= LIMITS.totalBuffer + 40 * BLOCK, `${tracker.bufferedMemory}`);
        }
        tracker.finish(time);
        assert.equal(tracker.bufferedMemory, 0);
        const c = tracker.connections;
        for (let row = 0; row < c.count; row++) {
          assert.equal(watcher.phase[row], 'closed');
          assert.deepEqual([c.bytes0[row], c.bytes1[row]], watcher.bytes[row]);
          assert.ok(c.state[row] < CONNECTION_STATES.length);
          assert.ok(c.zeroWindow0[row] >= 0 && c.zeroWindow1[row] >= 0);
        }
        tracker.finish(time); // again: nothing is told twice
      }),
      { numRuns: 400 },
    );
  });

  test('a byte in every second place fills no more memory than a connection may have', () => {
    const tracker = new TcpTracker(new Watcher(0), { seed: 1 });
    const s = new Segment();
    s.data = new Uint8Array(1);
    s.destination = 1;
    s.window = 1;
    s.payloadLength = 1;
    s.wireLength = 1;
    s.flags = 0x10;
    let most = 0;
    for (let i = 0; i < 5000; i++) {
      s.sequence = 1 + i * 2;
      s.packet = i + 1;
      tracker.segment(s);
      most = Math.max(most, tracker.bufferedMemory);
    }
    assert.ok(most >= 1024 * BLOCK && most <= 1026 * BLOCK, `${most}`);
    assert.equal(tracker.connections.count, 1);
  });

  test('a flood of SYNs from everywhere is a row each', () => {
    const tracker = new TcpTracker(new Watcher(0), { seed: 3 });
    const s = new Segment();
    s.flags = 0x02;
    s.window = 1;
    for (let i = 0; i < 20_000; i++) {
      s.source = 1 + (i % 200);
      s.sourcePort = (i / 200) | 0;
      s.packet = i + 1;
      assert.equal(tracker.segment(s), i);
    }
    assert.equal(tracker.bufferedMemory, 0);
  });

  // These made the tracker wait for a hole that it could never come to, in a loop without an end.
  test('numbers half the space ahead of a complete stream are no hole', () => {
    for (const end of [
      ['@2 > A -32 0', '@4.1 > R 0 0'],
      ['@2 > R 0 0', '@2.1 > R 0 0'],
    ]) {
      const wire = new Wire();
      wire.send("> S 0 - '0123456789'", "> FA -9 0 '0123456789'", "> FA -2147483648 0 '0123456789'");
      assert.equal(wire.tracker.bufferedMemory, 0, 'nothing is kept that can never be told');
      wire.send(...end);
      wire.finish();
      assert.match(wire.events(), /^opened, data 0 10, finished 0, (reset 0, )+closed$/);
    }
  });

  test('any numbers around the halves of the space come to an end', () => {
    const around = fc.oneof(
      ...[0, 2 ** 30, 2 ** 31, 3 * 2 ** 30, 2 ** 32].map((center) =>
        fc.integer({ min: center - 32, max: center + 32 }),
      ),
    );
    const line = fc
      .tuple(
        fc.constantFrom('>', '<'),
        fc.constantFrom('A', 'A', 'A', 'FA', 'S', 'SA', 'R'),
        around,
        around,
        fc.constantFrom('', " 'x'", " '0123456789'"),
        fc.constantFrom(0, 0, 0, 2),
      )
      .map(([direction, flags, sequence, acknowledgment, payload, pause]) => ({
        text: `${direction} ${flags} ${sequence} ${Math.abs(acknowledgment)}${payload}`,
        pause,
      }));
    fc.assert(
      fc.property(fc.array(line, { maxLength: 14 }), (lines) => {
        const wire = new Wire({ limits: { connectionSegments: 3, connectionBuffer: 40 } });
        wire.send(...HANDSHAKE);
        let time = 0;
        for (const { text, pause } of lines) {
          time += pause + 0.00001;
          wire.send(`@${time.toFixed(5)} ${text}`);
        }
        wire.finish();
        assert.equal(wire.tracker.bufferedMemory, 0);
      }),
      { numRuns: 2000, seed: 40_750 },
    );
  });
});
