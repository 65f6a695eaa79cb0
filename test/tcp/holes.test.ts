// How long missing bytes are waited for.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { HANDSHAKE, Wire } from './wire.js';

describe('holes', () => {
  test('an acknowledged hole is not given up at once: acknowledgments can be recorded before their data', () => {
    const wire = new Wire();
    wire.send(...HANDSHAKE, "> A 4 1 'def'", '< A 1 7', "> A 1 1 'abc'");
    assert.equal(wire.recorder.text(0, 0), 'abcdef');
    assert.equal(wire.tracker.counters.gaps, 0);
  });

  test('an acknowledged hole is given up after a second', () => {
    const wire = new Wire();
    wire.send(...HANDSHAKE, "@1 > A 4 1 'def'", '@1.1 < A 1 7', '@1.9 < A 1 7');
    assert.equal(wire.events(), 'opened');
    wire.send('@2.1 < A 1 7');
    assert.equal(wire.events(), 'opened, gap 0 3, data 0 3');
    // With their own time and packet, not with those of the packet at which it was decided.
    assert.deepEqual(wire.recorder.told[0].pieces, [{ side: 0, length: 3, time: 1e9, packet: 4, position: 4000 }]);
    wire.send("@2.2 > A 1 1 'abc'");
    assert.equal(wire.recorder.text(0, 0), '???def');
    assert.deepEqual([wire.tracker.counters.gaps, wire.tracker.counters.gapBytes], [1, 3]);
  });

  test('an acknowledged hole is given up before the data that answer it', () => {
    const wire = new Wire();
    wire.send(...HANDSHAKE, "@1 > A 4 1 'def'", '@1 < A 1 7', "@1.02 < A 1 7 'res'");
    assert.equal(wire.events(), 'opened, gap 0 3, data 0 3, data 1 3');
    const soon = new Wire();
    soon.send(...HANDSHAKE, "@1 > A 4 1 'def'", '@1 < A 1 7', "@1.005 < A 1 7 'res'", "@1.006 > A 1 4 'abc'");
    assert.equal(soon.events(), 'opened, data 1 3, data 0 3, data 0 3');
  });

  test('a hole that was not acknowledged is waited for', () => {
    const wire = new Wire();
    wire.send(...HANDSHAKE, "@1 > A 4 1 'def'", '@9 < A 1 1', "@20 > A 1 1 'abc'");
    assert.equal(wire.recorder.text(0, 0), 'abcdef');
  });

  test('only the acknowledged part of a hole is given up', () => {
    const wire = new Wire();
    wire.send(...HANDSHAKE, "@1 > A 6 1 'f'", '@1 < A 1 4', '@3 < A 1 4');
    assert.equal(wire.events(), 'opened, gap 0 3');
    wire.send("@3 > A 4 1 'de'");
    assert.equal(wire.recorder.text(0, 0), '???def');
  });

  test('an acknowledged hole is given up when much lies behind it', () => {
    const wire = new Wire({ limits: { holeBytes: 100 } });
    wire.send(...HANDSHAKE, '< A 1 9999');
    for (let i = 0; i < 3; i++) wire.send(`> A ${2 + i * 40} 1 '${'x'.repeat(40)}'`);
    assert.equal(wire.events(), 'opened, gap 0 1, data 0 40, data 0 40, data 0 40');
  });

  test('an acknowledged hole is given up when many segments lie behind it', () => {
    const wire = new Wire({ limits: { holeSegments: 4 } });
    wire.send(...HANDSHAKE, '< A 1 9999');
    for (let i = 0; i < 4; i++) wire.send(`> A ${2 + i} 1 'x'`);
    assert.equal(wire.tracker.counters.gaps, 0);
    wire.send("> A 6 1 'x'");
    assert.equal(wire.tracker.counters.gaps, 1);
    assert.equal(wire.recorder.text(0, 0), '?xxxxx');
  });

  test('bytes that were acknowledged but never captured are a gap', () => {
    const wire = new Wire();
    wire.send(...HANDSHAKE, "@1 > A 1 1 'abc'", '@1 < A 1 100');
    assert.equal(wire.events(), 'opened, data 0 3');
    wire.send('@2.5 < A 1 100');
    assert.equal(wire.events(), 'opened, data 0 3, gap 0 96');
  });

  test('what is missing after a hole that was given up is another hole', () => {
    const wire = new Wire();
    wire.send(...HANDSHAKE, "@1 > A 4 1 'def'", '@1 < A 1 100', '@2.1 < A 1 100', '@2.2 < A 1 100', '@3 < A 1 100');
    assert.equal(wire.events(), 'opened, gap 0 3, data 0 3');
    wire.send('@3.3 < A 1 100');
    assert.equal(wire.events(), 'opened, gap 0 3, data 0 3, gap 0 93');
  });

  test('an acknowledgment that is taken back is not believed', () => {
    const wire = new Wire();
    wire.send(...HANDSHAKE, "@1 > A 1 1 'abc'", '@1 < A 1 3000', '@3 < A 1 4', "@3 > A 4 1 'def'", '@5 < A 1 7');
    assert.equal(wire.events(), 'opened, data 0 3, data 0 3');
  });

  test('acknowledged bytes that were never captured are a gap at the end of the input', () => {
    const wire = new Wire();
    wire.send(...HANDSHAKE, "> A 1 1 'abc'", '< A 1 100');
    wire.finish();
    assert.equal(wire.events(), 'opened, data 0 3, gap 0 96, closed');
  });

  test('one acknowledged byte at the end may be a FIN that was not captured', () => {
    const wire = new Wire();
    wire.send(...HANDSHAKE, "> A 1 1 'abc'", '@1 < A 1 5', '@5 < A 1 5');
    wire.finish();
    assert.deepEqual(wire.recorder.told[0].gaps, [0, 0]);
  });

  test('what is missing before a FIN is a gap, then the end is told', () => {
    const wire = new Wire();
    wire.send(...HANDSHAKE, '@1 > FA 10 1', '@1 < A 1 11', '@3 < FA 1 11');
    assert.equal(wire.events(), 'opened, gap 0 9, finished 0, finished 1');
  });

  test('what is missing before a FIN is a gap at the end of the input, acknowledged or not', () => {
    const wire = new Wire();
    wire.send(...HANDSHAKE, '> FA 10 1');
    wire.finish();
    assert.equal(wire.events(), 'opened, gap 0 9, finished 0, closed');
  });

  test('where one direction only was captured, time decides', () => {
    const wire = new Wire();
    wire.send("@1 > A 1 1 'abc'", "@1 > A 7 1 'ghi'", "@3 > A 10 1 'jkl'");
    assert.equal(wire.recorder.text(0, 0), 'abc');
    wire.send("@4.5 > A 13 1 'mno'");
    assert.equal(wire.recorder.text(0, 0), 'abc???ghijklmno');
  });

  test('after a RST nothing is waited for long', () => {
    const wire = new Wire();
    wire.send(...HANDSHAKE, "@1 > A 4 1 'def'", '@1 < R 1 -', '@1.5 < R 1 -');
    assert.equal(wire.events(), 'opened, reset 1, reset 1');
    wire.send('@2.5 < R 1 -');
    assert.equal(wire.events(), 'opened, reset 1, reset 1, gap 0 3, data 0 3, reset 1');
  });

  test('a connection that went silent is looked after when others go on', () => {
    const wire = new Wire();
    wire.send(...HANDSHAKE, "@1 > A 4 1 'def'", '@1 < A 1 7');
    for (let i = 0; i < 2100; i++) wire.send(`@${2 + i / 100} > S 0 - port=41000`);
    assert.equal(wire.events(0), 'opened, gap 0 3, data 0 3');
    assert.equal(wire.tracker.bufferedMemory, 0);
  });

  test("a connection's buffer is bounded", () => {
    const wire = new Wire({ limits: { connectionBuffer: 1000 } });
    wire.send(...HANDSHAKE);
    for (let i = 0; i < 11; i++) wire.send(`> A ${2 + i * 101} 1 '${'x'.repeat(100)}'`);
    assert.equal(wire.tracker.counters.bufferLimitReached, 1);
    assert.deepEqual(wire.recorder.told[0].events.slice(0, 4), ['opened', 'gap 0 1', 'data 0 100']);
    wire.finish();
    assert.equal(wire.tracker.connections.bytes0[0], 1100);
    assert.equal(wire.tracker.connections.missing0[0], 11);
  });

  test("a connection's buffered segments are bounded", () => {
    const wire = new Wire({ limits: { connectionSegments: 10 } });
    wire.send(...HANDSHAKE);
    for (let i = 0; i < 11; i++) wire.send(`> A ${2 + i * 2} 1 'x'`);
    assert.equal(wire.tracker.counters.bufferLimitReached, 1);
    assert.equal(wire.recorder.text(0, 0), '?x');
  });

  test('all buffers together are bounded; the oldest hole goes first', () => {
    const wire = new Wire({ limits: { totalBuffer: 4 * 2048 } });
    for (let i = 0; i < 6; i++) {
      wire.send(`> S 0 - port=${41000 + i}`, `< SA 0 1 port=${41000 + i}`, `> A 5 1 'abc' port=${41000 + i}`);
    }
    assert.equal(wire.tracker.bufferedMemory, 4 * 2048);
    assert.deepEqual(
      [0, 1, 2, 3, 4, 5].map((row) => wire.recorder.text(row, 0)),
      ['????abc', '????abc', '', '', '', ''],
    );
    assert.equal(wire.tracker.counters.bufferLimitReached, 2);
  });

  test('a segment that fits in no buffer is handed on behind a gap', () => {
    const wire = new Wire({ limits: { totalBuffer: 2048 } });
    wire.send(...HANDSHAKE, `> A 5 1 '${'x'.repeat(3000)}'`);
    assert.equal(wire.events(), 'opened, gap 0 4, data 0 3000');
    assert.equal(wire.tracker.bufferedMemory, 0);
  });
});
