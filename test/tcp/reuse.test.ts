// Which segments belong to one connection, and when a SYN opens another one on the same ports.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { MARK_REUSED_PORT, MARK_SYN } from '../../src/tcp/connection-table.js';
import { HANDSHAKE, Wire } from './wire.js';

const END = ['> FA 1 1', '< FA 1 2', '> A 2 2'];

const CASES: [name: string, segments: string[], rows: number][] = [
  ['a SYN sent again', ['> S 0 -', '@1 > S 0 -', '@3 > S 0 -', '< SA 0 1'], 1],
  ['a SYN with another number, unanswered before', ['> S 0 -', '@1 > S 77 -'], 2],
  ['a SYN with another number, after the end', [...HANDSHAKE, ...END, '> S 0 - isn=9999'], 2],
  ['a SYN with another number in the middle', [...HANDSHAKE, '> S 0 - isn=9999'], 2],
  ['a SYN with another number after a refusal', ['> S 0 -', '< RA 0 1', '> S 0 - isn=9999'], 2],
  ['a SYN with the same number after a refusal', ['> S 0 -', '< RA 0 1', '@0.5 > S 0 -', '< RA 0 1'], 1],
  ['a SYN with the same number long after the end', [...HANDSHAKE, ...END, '@60 > S 0 -'], 2],
  ['a SYN that came twice and late', [...HANDSHAKE, ...END, '> S 0 -'], 1],
  ['a SYN-ACK sent again', [...HANDSHAKE, '< SA 0 1'], 1],
  ['a SYN-ACK with another number', ['> S 0 -', '< SA 0 1', '< SA 55 1', '> A 1 56'], 1],
  ['a SYN-ACK with numbers of its own in the middle', [...HANDSHAKE, '< SA 55 77'], 1],
  ['a SYN-ACK after the end, whose SYN was not captured', [...HANDSHAKE, ...END, '< SA 0 1 isn=9999'], 2],
  ['both open at once', ['> S 0 -', '< S 0 -', '> SA 0 1', '< SA 0 1'], 1],
  ['a split handshake', ['> S 0 -', '< S 0 -', '> SA 0 1', '< A 1 1'], 1],
  ['the SYN recorded after the SYN-ACK', ['< SA 0 1', '> S 0 -', '> A 1 1'], 1],
  ['the SYN recorded after the refusal', ['< RA 0 1', '> S 0 -'], 1],
  ['a SYN after the RST of an earlier connection', ['< RA 700 900', '> S 0 - isn=9999'], 2],
  ['a SYN after the middle of an earlier connection', ["> A 700 900 'x'", '> S 0 - isn=9999'], 2],
  ['a SYN after the other side of an earlier connection', ["< A 700 900 'x'", '> S 0 - isn=9999'], 2],
  ['the SYN recorded after data', ["> A 1 1 'x'", '> S 0 -', '< SA 0 1'], 1],
  ['a SYN with RST opens nothing', [...HANDSHAKE, '> SR 999 -'], 1],
  ['other ports', [...HANDSHAKE, '> S 0 - port=40001'], 2],
];

describe('one connection or two', () => {
  for (const [name, segments, rows] of CASES) {
    test(name, () => {
      const wire = new Wire();
      wire.send(...segments);
      assert.equal(wire.tracker.connections.count, rows);
    });
  }

  test('the old connection is closed before the new one is opened, and never again', () => {
    const wire = new Wire();
    wire.send(...HANDSHAKE, "> A 5 1 'late'", '> S 0 - isn=9999', '< SA 0 1 isn=9999');
    assert.equal(wire.events(0), 'opened, gap 0 4, data 0 4, closed');
    assert.equal(wire.events(1), 'opened');
    wire.finish();
    assert.equal(wire.events(0), 'opened, gap 0 4, data 0 4, closed');
    assert.equal(wire.events(1), 'opened, closed');
    const c = wire.tracker.connections;
    assert.equal(c.marks[0] & MARK_REUSED_PORT, 0);
    assert.ok(c.marks[1] & MARK_REUSED_PORT);
  });

  test('stragglers of the old connection do not disturb the new one', () => {
    const wire = new Wire();
    wire.send(...HANDSHAKE, ...END, '> S 0 - isn=30000000', "< A 1 1 'old'", '< FA 4 1');
    wire.send('< SA 0 1 isn=30000000', '> A 1 1 isn=30000000', "< A 1 1 'new' isn=30000000");
    wire.finish();
    assert.equal(wire.recorder.text(1, 1), 'new');
    assert.equal(wire.tracker.connections.firstFin[1], 0);
    assert.equal(wire.state(1), 'S1');
  });

  test('segment() returns the row; many connections are kept apart', () => {
    const wire = new Wire();
    for (let i = 0; i < 5000; i++) assert.equal(wire.send(`> S 0 - port=${20000 + i}`), i);
    for (let i = 4999; i >= 0; i--) assert.equal(wire.send(`< SA 0 1 port=${20000 + i}`), i);
    const c = wire.tracker.connections;
    assert.equal(c.count, 5000);
    assert.deepEqual([c.port0[17], c.port1[17], c.address0[17], c.address1[17]], [20017, 9000, 0, 1]);
    assert.ok(c.marks.subarray(0, 5000).every((marks) => (marks & MARK_SYN) !== 0));
  });
});
