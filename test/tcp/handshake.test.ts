// What the first packets tell: roles, times, counts and marks.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  MARK_DATA_ACKNOWLEDGED_0,
  MARK_DATA_ACKNOWLEDGED_1,
  MARK_ESTABLISHED,
  MARK_FLIPPED,
  MARK_ONE_SIDED,
  MARK_SYN,
  MARK_SYN_ACK,
  MARK_SYN_ACK_AFTER_DATA,
} from '../../src/tcp/connection-table.js';
import { HANDSHAKE, Wire } from './wire.js';

const ALL = {
  syn: MARK_SYN,
  synAck: MARK_SYN_ACK,
  established: MARK_ESTABLISHED,
  flipped: MARK_FLIPPED,
  synAckAfterData: MARK_SYN_ACK_AFTER_DATA,
  acknowledged0: MARK_DATA_ACKNOWLEDGED_0,
  acknowledged1: MARK_DATA_ACKNOWLEDGED_1,
  oneSided: MARK_ONE_SIDED,
};

/** Names of the marks among ALL that are set on row 0. */
function marks(wire: Wire): string {
  const set = wire.tracker.connections.marks[0];
  return Object.entries(ALL)
    .filter(([, bit]) => (set & bit) !== 0)
    .map(([name]) => name)
    .join(' ');
}

const CASES: [name: string, segments: string[], marks: string][] = [
  ['SYN alone', ['> S 0 -'], 'syn oneSided'],
  ['refused', ['> S 0 -', '< RA 0 1'], 'syn'],
  ['SYN-ACK not acknowledged', ['> S 0 -', '< SA 0 1'], 'syn synAck'],
  ['handshake', HANDSHAKE, 'syn synAck established'],
  ['data completes the handshake', ['> S 0 -', '< SA 0 1', "> PA 1 1 'x'"], 'syn synAck established'],
  ['data acknowledged', [...HANDSHAKE, "> A 1 1 'x'", '< A 1 2'], 'syn synAck established acknowledged0'],
  [
    'data of the other side acknowledged',
    [...HANDSHAKE, "< A 1 1 'x'", '> A 1 2'],
    'syn synAck established acknowledged1',
  ],
  ['a FIN acknowledged is no data', [...HANDSHAKE, '> FA 1 1', '< A 1 2'], 'syn synAck established'],
  [
    'SYN-ACK again after data: the accept queue was full',
    [...HANDSHAKE, "> A 1 1 'x'", '@1 < SA 0 1'],
    'syn synAck established synAckAfterData',
  ],
  ['SYN-ACK again before data', [...HANDSHAKE, '@1 < SA 0 1'], 'syn synAck established'],
  ['in the middle, one direction', ["> A 9 9 'x'"], 'oneSided'],
  ['in the middle, data both ways', ["> A 9 9 'x'", "< A 9 10 'y'"], 'established acknowledged0'],
  ['SYN-ACK first', ['< SA 0 1', '> A 1 1'], 'synAck established flipped'],
  ['acknowledgment recorded before the SYN-ACK', ['> S 0 -', '> A 1 1', '< SA 0 1'], 'syn synAck established'],
  ['the SYN after the acknowledgment: roles are put right', ['< A 1 1', '> S 0 -'], 'syn flipped'],
];

describe('handshake', () => {
  for (const [name, segments, want] of CASES) {
    test(name, () => {
      const wire = new Wire();
      wire.send(...segments);
      wire.finish();
      assert.equal(wire.tracker.connections.count, 1);
      assert.equal(marks(wire), want);
    });
  }

  test('times of SYN-ACK and of its acknowledgment', () => {
    const wire = new Wire();
    wire.send('@1 > S 0 -', '@2 < SA 0 1', '@3 < SA 0 1', '@4 > A 1 1', '@5 > A 1 1');
    const c = wire.tracker.connections;
    assert.deepEqual([c.start[0], c.synAckTime[0], c.establishedTime[0], c.end[0]], [1e9, 2e9, 4e9, 5e9]);
    assert.deepEqual([c.syns[0], c.synAcks[0], c.packets0[0], c.packets1[0]], [1, 2, 3, 2]);
  });

  test('nothing is claimed of a handshake that was not captured', () => {
    const wire = new Wire();
    wire.send("> A 9 9 'x'", "< A 9 10 'y'");
    const c = wire.tracker.connections;
    assert.ok(Number.isNaN(c.synAckTime[0]) && Number.isNaN(c.establishedTime[0]));
    assert.deepEqual([c.syns[0], c.synAcks[0]], [0, 0]);
  });

  test('the originator is the sender of the first packet, but the receiver of a SYN-ACK', () => {
    const first = new Wire();
    first.send("< A 9 9 'x'");
    assert.deepEqual([first.tracker.connections.port0[0], first.tracker.connections.port1[0]], [9000, 40000]);
    const answer = new Wire();
    answer.send('< SA 0 1');
    assert.deepEqual([answer.tracker.connections.port0[0], answer.tracker.connections.port1[0]], [40000, 9000]);
  });

  test('a stream whose first data were not captured begins where the handshake says', () => {
    const wire = new Wire();
    wire.send('> S 0 -', '> A 1 1', "< A 4 1 'def'", '> A 1 7');
    wire.finish();
    assert.equal(wire.recorder.text(0, 1), '???def');
  });

  test('a stream without handshake begins with its first packet', () => {
    const wire = new Wire();
    wire.send('> A 1 1', "< A 400 1 'def'", "> A 1 403 'x'");
    wire.finish();
    assert.equal(wire.recorder.text(0, 1), 'def');
    assert.deepEqual(wire.recorder.told[0].gaps, [0, 0]);
  });

  test('of several SYN-ACKs the acknowledged one counts, or else the last', () => {
    const last = new Wire();
    last.send('> S 0 -', '< SA 700 1', '< SA 0 1', "> A 1 1 'req'", '< SA 700 1', "< A 1 4 'res'");
    last.finish();
    assert.equal(last.recorder.text(0, 1), 'res');
    assert.deepEqual(last.recorder.told[0].gaps, [0, 0]);
    assert.equal(last.tracker.connections.count, 1);
  });

  test('a keep-alive probe as first packet of a side is no data', () => {
    const wire = new Wire();
    wire.send('> A 1 50', "< A 49 1 '?'", "< A 50 1 'abc'");
    wire.finish();
    assert.equal(wire.recorder.text(0, 1), 'abc');
  });
});
