// Copies of packets, zero windows, exchanged roles, and numbers from far away.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  MARK_DATA_ACKNOWLEDGED_0,
  MARK_DATA_ACKNOWLEDGED_1,
  MARK_DUPLICATES,
  MARK_FLIPPED,
  MARK_GAP_0,
  MARK_GAP_1,
  MARK_ZERO_WINDOW_0,
  MARK_ZERO_WINDOW_1,
} from '../../src/tcp/connection-table.js';
import { HANDSHAKE, Wire } from './wire.js';

describe('packets captured twice', () => {
  test('copies are counted and otherwise left out', () => {
    const wire = new Wire();
    for (const line of [...HANDSHAKE, "> PA 1 1 'abc'"]) wire.send(`${line} dup=1`, `${line} dup=1`, `${line} dup=1`);
    const c = wire.tracker.connections;
    assert.equal(wire.tracker.counters.duplicates, 8);
    assert.deepEqual([c.packets0[0], c.packets1[0], c.syns[0], c.synAcks[0]], [3, 1, 1, 1]);
    assert.equal(c.retransmissions0[0], 0);
    assert.equal(wire.history(), 'ShAD');
    assert.ok(c.marks[0] & MARK_DUPLICATES);
  });

  const DIFFERENT: [string, string, string][] = [
    ['later than 10 ms', "@1 > A 1 1 'a' dup=1", "@1.011 > A 1 1 'a' dup=1"],
    ['another identification', "> A 1 1 'a' dup=1 id=1", "> A 1 1 'a' dup=1 id=2"],
    ['another timestamp', "> A 1 1 'a' dup=1 ts=1", "> A 1 1 'a' dup=1 ts=2"],
    ['another window', "> A 1 1 'a' dup=1 window=1", "> A 1 1 'a' dup=1 window=2"],
    ['where nothing can be captured twice', "> A 1 1 'a'", "> A 1 1 'a'"],
  ];
  for (const [name, first, second] of DIFFERENT) {
    test(`a retransmission is none: ${name}`, () => {
      const wire = new Wire();
      wire.send(...HANDSHAKE, first, second);
      assert.equal(wire.tracker.counters.duplicates, 0);
      assert.equal(wire.tracker.connections.retransmissions0[0], 1);
    });
  }
});

describe('zero windows', () => {
  test('their time is summed for each side', () => {
    const wire = new Wire();
    wire.send(...HANDSHAKE, '@1 < A 1 1 window=0', '@2 < A 1 1 window=0', '@3 < A 1 1', '@5 < A 1 1 window=0');
    wire.send('@6 < A 1 1 window=9', '@7 > A 1 1 window=0');
    wire.send('@9 > A 1 1 window=5');
    const c = wire.tracker.connections;
    assert.deepEqual([c.zeroWindow0[0], c.zeroWindow1[0]], [2e9, 3e9]);
    assert.ok(c.marks[0] & MARK_ZERO_WINDOW_0);
    assert.ok(c.marks[0] & MARK_ZERO_WINDOW_1);
  });

  test('a window that never opens again counts up to the last packet', () => {
    const wire = new Wire();
    wire.send(...HANDSHAKE, '@1 < A 1 1 window=0', "@4 > A 1 1 'x'");
    wire.finish();
    assert.equal(wire.tracker.connections.zeroWindow1[0], 3e9);
  });

  test('the window of a RST, and one after the end of the peer, mean nothing', () => {
    const wire = new Wire();
    wire.send(...HANDSHAKE, '> FA 1 1', '@1 < A 1 2 window=0', '@2 < RA 1 2 window=0', '@3 < A 1 2');
    wire.finish();
    const c = wire.tracker.connections;
    assert.equal(c.zeroWindow1[0], 0);
    assert.equal(c.marks[0] & MARK_ZERO_WINDOW_1, 0);
  });
});

describe('flip', () => {
  test('exchanges columns, codes, marks and the case of the history', () => {
    const wire = new Wire();
    wire.send(...HANDSHAKE, "@1 > A 1 1 'abc' window=0", "> A 1 1 'abc'", '< A 1 4', "< A 9 4 'x'", '> A 4 10');
    wire.send('@3 < FA 10 4', '> FA 4 11', '> R 99 -');
    const c = wire.tracker.connections;
    const pairs = [
      'address',
      'port',
      'finTime',
      'finPacket',
      'packets',
      'bytes',
      'missing',
      'retransmissions',
      'zeroWindow',
    ];
    const columns = c as unknown as Record<string, ArrayLike<number>>;
    const values = () => pairs.map((name) => [columns[`${name}0`][0], columns[`${name}1`][0]]);
    const before = values();
    assert.equal(wire.state(), 'SF');
    assert.equal(wire.history(), 'ShADWTadfgFR');
    assert.deepEqual([c.firstFin[0], c.firstReset[0], c.timeWait[0]], [2, 1, 2]);
    wire.tracker.flip(0);
    assert.deepEqual(
      values(),
      before.map(([a, b]) => [b, a]),
    );
    assert.equal(wire.history(), '^sHadwtADFGfr');
    assert.deepEqual([c.firstFin[0], c.firstReset[0], c.timeWait[0]], [1, 2, 1]);
    const set = c.marks[0];
    assert.ok(set & MARK_FLIPPED);
    assert.deepEqual(
      [MARK_DATA_ACKNOWLEDGED_0, MARK_DATA_ACKNOWLEDGED_1].map((bit) => (set & bit) !== 0),
      [true, true],
    );
    assert.deepEqual(
      [MARK_GAP_0, MARK_GAP_1, MARK_ZERO_WINDOW_0, MARK_ZERO_WINDOW_1].map((bit) => (set & bit) !== 0),
      [true, false, false, true],
    );
    wire.tracker.flip(0);
    assert.deepEqual(values(), before);
    assert.equal(wire.history(), 'ShADWTadfgFR');
    assert.equal(c.marks[0] & MARK_FLIPPED, 0);
  });

  test('S2 becomes S3', () => {
    const wire = new Wire();
    wire.send(...HANDSHAKE, '> FA 1 1');
    assert.equal(wire.state(), 'S2');
    wire.tracker.flip(0);
    assert.equal(wire.state(), 'S3');
  });

  test('the observer may exchange the roles while it is being told', () => {
    const wire = new Wire();
    const data = wire.recorder.data.bind(wire.recorder);
    let flips = 0;
    wire.recorder.data = (connection, ...rest) => {
      data(connection, ...rest);
      if (flips++ === 0) wire.tracker.flip(connection);
    };
    wire.send("< A 4 1 'res'", "> A 1 7 'req'", "< A 10 4 'c'", "< A 7 4 'ult'", '> FA 4 11', '< FA 11 5');
    wire.finish();
    const c = wire.tracker.connections;
    // The first piece was told as the originator's; after the flip the sender is side 1.
    assert.equal(wire.events(), 'opened, data 0 3, data 0 3, data 1 3, data 1 1, finished 0, finished 1, closed');
    assert.deepEqual([c.port0[0], c.port1[0]], [40000, 9000]);
    assert.deepEqual([c.bytes0[0], c.bytes1[0]], [3, 7]);
    assert.equal(c.firstFin[0], 1);
  });
});

describe('numbers from far away', () => {
  test('a segment far ahead is left out, the next one that continues it is believed', () => {
    const wire = new Wire();
    wire.send(...HANDSHAKE, "> A 1 1 'abc'", "> A 500000000 1 'far'", "> A 4 1 'def'");
    assert.equal(wire.recorder.text(0, 0), 'abcdef');
    assert.equal(wire.tracker.counters.droppedBuffered, 3);
    assert.equal(wire.tracker.bufferedMemory, 0);
    wire.send("@1 > A 600000000 1 'one'", "> A 600000003 1 'two'", '< A 1 600000006', '@3 < A 1 600000006');
    assert.equal(wire.recorder.told[0].events.at(-1), 'data 0 3');
    assert.equal(wire.recorder.told[0].gaps[0], 600000003 - 7);
  });

  test('the receiver confirms a segment far ahead', () => {
    const wire = new Wire();
    wire.send(...HANDSHAKE, "> A 1 1 'abc'", '< A 1 500000000', "@1 > A 500000000 1 'far'", '@1 < A 1 500000003');
    wire.send('@3 < A 1 500000003');
    wire.finish();
    assert.equal(wire.recorder.told[0].gaps[0], 500000000 - 4);
    assert.equal(wire.tracker.connections.bytes0[0], 6);
  });

  test('two acknowledgments far ahead that agree are believed', () => {
    const wire = new Wire();
    wire.send(...HANDSHAKE, "> A 1 1 'abc'", '< A 1 500000000', '< A 1 500001000');
    wire.finish();
    assert.equal(wire.recorder.told[0].gaps[0], 500001000 - 4);
  });

  test('one acknowledgment far ahead is not believed', () => {
    const wire = new Wire();
    wire.send(...HANDSHAKE, "> A 1 1 'abc'", '< A 1 900000000', "> A 4 1 'def'", '< A 1 7');
    wire.finish();
    assert.deepEqual(wire.recorder.told[0].gaps, [0, 0]);
    assert.equal(wire.recorder.text(0, 0), 'abcdef');
  });

  test('a segment from before the stream is left out', () => {
    const wire = new Wire();
    wire.send(...HANDSHAKE, "> A -500 1 'old'", "> A 1 1 'abc'");
    assert.equal(wire.recorder.text(0, 0), 'abc');
    assert.equal(wire.tracker.connections.retransmissions0[0], 0);
  });

  test('more than 4 GiB in one direction', () => {
    const wire = new Wire();
    wire.send(...HANDSHAKE);
    const step = 1 << 30;
    let sequence = 1;
    for (let i = 0; i < 6; i++) {
      wire.send(`> A ${sequence} 1 'abc' wire=${step}`);
      sequence += step;
    }
    const c = wire.tracker.connections;
    assert.equal(c.bytes0[0] + c.missing0[0], 6 * step);
  });
});
