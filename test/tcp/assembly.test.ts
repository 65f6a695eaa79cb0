// Stream bytes in sequence, each once, whatever the order in which the segments were captured.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  MARK_GAP_1,
  MARK_KEEP_ALIVE,
  MARK_OVERLAP_CONFLICT,
  MARK_SNAPPED,
  MARK_TFO,
} from '../../src/tcp/connection-table.js';
import { HANDSHAKE, Wire } from './wire.js';

interface Case {
  name: string;
  segments: string[];
  /** What each side sent, as told; a gap is a run of `?`. */
  web?: string;
  app?: string;
  retransmissions?: [number, number];
  conflicts?: number;
}

const CASES: Case[] = [
  { name: 'in order', segments: ["> A 1 1 'abc'", "> A 4 1 'def'"], web: 'abcdef' },
  { name: 'out of order', segments: ["> A 4 1 'def'", "> A 1 1 'abc'"], web: 'abcdef' },
  {
    name: 'backwards, a byte each',
    segments: ["> A 4 1 'd'", "> A 3 1 'c'", "> A 2 1 'b'", "> A 1 1 'a'"],
    web: 'abcd',
  },
  { name: 'sent again', segments: ["> A 1 1 'abc'", "> A 1 1 'abc'"], web: 'abc', retransmissions: [1, 0] },
  {
    name: 'sent again with more',
    segments: ["> A 1 1 'abc'", "> A 1 1 'abcdef'"],
    web: 'abcdef',
    retransmissions: [1, 0],
  },
  {
    name: 'overlapping the end',
    segments: ["> A 1 1 'abcd'", "> A 3 1 'cdef'"],
    web: 'abcdef',
    retransmissions: [1, 0],
  },
  {
    name: 'buffered twice',
    segments: ["> A 4 1 'def'", "> A 4 1 'def'", "> A 1 1 'abc'"],
    web: 'abcdef',
    retransmissions: [1, 0],
  },
  {
    name: 'filling two holes with one segment',
    segments: ["> A 3 1 'c'", "> A 5 1 'e'", "> A 1 1 'abcdefg'"],
    web: 'abcdefg',
  },
  {
    name: 'around what is buffered',
    segments: ["> A 5 1 'ef'", "> A 3 1 'cdefgh'", "> A 1 1 'ab'"],
    web: 'abcdefgh',
  },
  {
    name: 'the first copy of buffered bytes is kept',
    segments: ["> A 3 1 'CC'", "> A 2 1 'bcce'", "> A 1 1 'a'"],
    web: 'abCCe',
    conflicts: 2,
  },
  {
    name: 'the first copy is kept when the hole is filled across it',
    segments: ["> A 3 1 'CC'", "> A 1 1 'abcce'"],
    web: 'abCCe',
    conflicts: 2,
  },
  { name: 'data with the FIN', segments: ["> FA 1 1 'abc'"], web: 'abc' },
  {
    name: 'data beyond the FIN is left out',
    segments: ["> FA 1 1 'abc'", "> A 4 1 'xyz'", "> A 2 1 'bcxyz'"],
    web: 'abc',
    retransmissions: [1, 0],
  },
  {
    name: 'buffered data beyond the FIN is left out',
    segments: ["> A 9 1 'xyz'", '> FA 4 1', "> A 1 1 'abc'"],
    web: 'abc',
  },
  { name: 'the payload of a RST is no stream data', segments: ["> A 1 1 'abc'", "> R 4 - 'reason'"], web: 'abc' },
  { name: 'urgent data is ordinary data', segments: ["> UA 1 1 'abc'", "> A 4 1 'd'"], web: 'abcd' },
  { name: 'both directions', segments: ["> A 1 1 'req'", "< A 1 4 'res'", "> A 4 4 'req'"], web: 'reqreq', app: 'res' },
  { name: 'data after a RST of the peer that crossed it', segments: ['< R 1 -', "> A 1 1 'abc'"], web: 'abc' },
];

describe('assembly', () => {
  for (const { name, segments, web = '', app = '', retransmissions = [0, 0], conflicts = 0 } of CASES) {
    for (const initial of [[1000, 5000] as [number, number], [0xfffffffc, 0xfffffffe] as [number, number]]) {
      test(`${name}, from ${initial[0]}`, () => {
        const wire = new Wire({ initial });
        wire.send(...HANDSHAKE, ...segments);
        wire.finish();
        const c = wire.tracker.connections;
        assert.equal(wire.recorder.text(0, 0), web);
        assert.equal(wire.recorder.text(0, 1), app);
        assert.deepEqual([c.bytes0[0], c.bytes1[0]], [web.length, app.length]);
        assert.deepEqual([c.retransmissions0[0], c.retransmissions1[0]], retransmissions);
        assert.equal(wire.tracker.counters.overlapConflicts, conflicts);
        assert.equal((c.marks[0] & MARK_OVERLAP_CONFLICT) !== 0, conflicts > 0);
        assert.equal(c.count, 1);
      });
    }
  }

  test('data in the SYN comes once, also when it is sent again after the handshake', () => {
    const wire = new Wire();
    wire.send("> S 0 - 'abc'", '< SA 0 1', "> A 1 1 'abc'", "> A 4 1 'def'");
    assert.equal(wire.recorder.text(0, 0), 'abcdef');
    assert.ok(wire.tracker.connections.marks[0] & MARK_TFO);
  });

  test('pieces carry time and packet of the segment that made them available, and their own file position', () => {
    const wire = new Wire();
    wire.send(...HANDSHAKE, "@1 > A 4 1 'def'", "@2 > A 1 1 'abc'");
    assert.deepEqual(wire.recorder.told[0].pieces, [
      { side: 0, length: 3, time: 2e9, packet: 5, position: 5000 },
      { side: 0, length: 3, time: 2e9, packet: 5, position: 4000 },
    ]);
  });

  test('positions of parts of segments point at their first byte', () => {
    const wire = new Wire();
    wire.send(...HANDSHAKE, "> A 1 1 'abc'", "> A 2 1 'bcdef'", "> A 9 1 'ij'", "> A 8 1 'hijk'", "> A 7 1 'g'");
    const pieces = wire.recorder.told[0].pieces.map(({ length, position }) => [length, position]);
    assert.equal(wire.recorder.text(0, 0), 'abcdefghijk');
    assert.deepEqual(pieces, [
      [3, 4000],
      [3, 5002],
      [1, 8000],
      [1, 7000],
      [2, 6000],
      [1, 7003],
    ]);
  });

  test('a long buffered segment comes in pieces, each with its own position', () => {
    const wire = new Wire();
    wire.send(...HANDSHAKE, `> A 4 1 '${'x'.repeat(5000)}'`, "> A 1 1 'abc'");
    const pieces = wire.recorder.told[0].pieces.map(({ length, position }) => [length, position]);
    assert.deepEqual(pieces, [
      [3, 5000],
      [2048, 4000],
      [2048, 6048],
      [904, 8096],
    ]);
  });

  test('a snapped segment leaves a gap for its tail', () => {
    const wire = new Wire();
    wire.send(...HANDSHAKE, "> A 1 1 'abc' wire=10", "> A 11 1 'def'");
    const c = wire.tracker.connections;
    assert.equal(wire.events(), 'opened, data 0 3, gap 0 7, data 0 3');
    assert.deepEqual([c.bytes0[0], c.missing0[0]], [6, 7]);
    assert.ok(c.marks[0] & MARK_SNAPPED);
    assert.equal(wire.tracker.counters.snapped, 1);
    assert.equal(wire.tracker.counters.gaps, 0);
  });

  test('a snapped segment that came early leaves its gap behind its bytes', () => {
    const wire = new Wire();
    wire.send(...HANDSHAKE, "> A 4 1 'def' wire=5", "> A 1 1 'abc'", "> A 9 1 'g'");
    assert.equal(wire.events(), 'opened, data 0 3, data 0 3, gap 0 2, data 0 1');
  });

  test('a payload that was cut altogether is a gap', () => {
    const wire = new Wire();
    wire.send(...HANDSHAKE, '> A 1 1 wire=100', '< A 1 101 wire=50');
    assert.equal(wire.events(), 'opened, gap 0 100, gap 1 50');
    assert.equal(wire.tracker.connections.turns[0], 2);
  });

  test('keep-alive probes are no retransmissions', () => {
    const wire = new Wire();
    wire.send(...HANDSHAKE, "> A 1 1 'abc'", '< A 1 4', "@10 > A 3 1 'c'", '@20 > A 3 1', "@30 > A 3 1 '?'");
    const c = wire.tracker.connections;
    assert.ok(c.marks[0] & MARK_KEEP_ALIVE);
    assert.equal(c.retransmissions0[0], 0);
    assert.equal(wire.recorder.text(0, 0), 'abc');
  });

  test('a last byte that was not acknowledged is a retransmission, no keep-alive probe', () => {
    const wire = new Wire();
    wire.send(...HANDSHAKE, "> A 1 1 'a'", "@1 > A 1 1 'a'");
    const c = wire.tracker.connections;
    assert.equal(c.marks[0] & MARK_KEEP_ALIVE, 0);
    assert.equal(c.retransmissions0[0], 1);
  });

  test('a hole filled late was filled by a retransmission, one filled at once by reordering', () => {
    const late = new Wire();
    late.send(...HANDSHAKE, "@1 > A 4 1 'def'", "@1.2 > A 1 1 'abc'");
    assert.equal(late.tracker.connections.retransmissions0[0], 1);
    const soon = new Wire();
    soon.send(...HANDSHAKE, "@1 > A 4 1 'def'", "@1.002 > A 1 1 'abc'");
    assert.equal(soon.tracker.connections.retransmissions0[0], 0);
  });

  test('turns count runs of payload', () => {
    const wire = new Wire();
    wire.send(...HANDSHAKE, "> A 1 1 'a'", "> A 2 1 'b'", "< A 1 3 'c'", "< A 1 3 'c'", "> A 3 2 'd'");
    assert.equal(wire.tracker.connections.turns[0], 3);
  });
});

/** Cuts the bytes into segments: [first, one past last] pairs that cover them, with overlaps, some twice. */
const cuts = fc
  .record({
    length: fc.integer({ min: 1, max: 400 }),
    points: fc.array(fc.nat(400), { maxLength: 20 }),
    extra: fc.array(fc.tuple(fc.nat(400), fc.integer({ min: 1, max: 60 })), { maxLength: 15 }),
    initial: fc.constantFrom(1000, 0xffffffff, 0xfffffff0, 0xffffff00, 0x7ffffff0, 0),
    shuffle: fc.array(fc.nat(1000), { minLength: 40, maxLength: 40 }),
    fin: fc.boolean(),
  })
  .map(({ length, points, extra, initial, shuffle, fin }) => {
    const edges = [...new Set([0, length, ...points.filter((p) => p < length)])].sort((a, b) => a - b);
    const pieces = edges.slice(1).map((end, i) => [edges[i], end]);
    for (const [start, size] of extra) {
      if (start < length) pieces.push([start, Math.min(length, start + size)]);
    }
    const order = pieces.map((piece, i) => ({ piece, key: shuffle[i % shuffle.length] * 100 + i }));
    order.sort((a, b) => a.key - b.key);
    return { length, pieces: order.map(({ piece }) => piece), initial, fin };
  });

describe('assembly properties', () => {
  const letter = (i: number) => String.fromCharCode(97 + ((i * 7) % 26));

  test('shuffled, repeated, overlapping and re-cut segments give the same bytes', () => {
    fc.assert(
      fc.property(cuts, ({ length, pieces, initial, fin }) => {
        const text = Array.from({ length }, (_, i) => letter(i)).join('');
        const wire = new Wire({ initial: [initial, 5000] });
        wire.send(...HANDSHAKE);
        if (fin) wire.send(`> FA ${length + 1} 1`);
        for (const [start, end] of pieces) wire.send(`> A ${start + 1} 1 '${text.slice(start, end)}'`);
        const told = wire.recorder.told[0];
        assert.equal(wire.recorder.text(0, 0), text);
        assert.equal(told.gaps[0], 0);
        assert.equal(told.events.at(-1), fin ? 'finished 0' : told.events.at(-1));
        assert.equal(wire.tracker.counters.overlapConflicts, 0);
        assert.equal(wire.tracker.bufferedMemory, 0);
        wire.finish();
        assert.equal(told.events.at(-1), 'closed');
      }),
      { numRuns: 300 },
    );
  });

  test('with segments missing, bytes and gaps together are the whole stream', () => {
    fc.assert(
      fc.property(cuts, fc.nat(5), ({ length, pieces, initial }, left) => {
        const text = Array.from({ length }, (_, i) => letter(i)).join('');
        const wire = new Wire({ initial: [initial, 5000] });
        wire.recorder.gapBytes = length;
        wire.send(...HANDSHAKE);
        const have = new Array<boolean>(length).fill(false);
        for (const [start, end] of pieces.slice(left)) {
          wire.send(`> A ${start + 1} 1 '${text.slice(start, end)}'`);
          have.fill(true, start, end);
        }
        wire.send(`> FA ${length + 1} 1`);
        wire.finish();
        const want = [...text].map((c, i) => (have[i] ? c : '?')).join('');
        const c = wire.tracker.connections;
        assert.equal(wire.recorder.text(0, 0), want);
        assert.equal(c.bytes0[0] + c.missing0[0], length);
        assert.equal(wire.recorder.told[0].events.at(-2), 'finished 0');
        assert.equal(wire.tracker.bufferedMemory, 0);
      }),
      { numRuns: 200 },
    );
  });

  test('a gap is marked on its side', () => {
    const wire = new Wire();
    wire.send(...HANDSHAKE, "< A 5 1 'x'");
    wire.finish();
    assert.ok(wire.tracker.connections.marks[0] & MARK_GAP_1);
    assert.deepEqual(wire.recorder.told[0].gaps, [0, 4]);
  });
});
