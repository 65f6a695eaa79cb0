// Who closed first, and who is left holding TIME_WAIT.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { HANDSHAKE, Wire } from './wire.js';

const BY = ['none', 'web-server', 'application', 'both'];

interface Case {
  name: string;
  segments: string[];
  firstFin: string;
  firstReset?: string;
  timeWait: string;
}

const CASES: Case[] = [
  { name: 'nothing was closed', segments: HANDSHAKE, firstFin: 'none', timeWait: 'none' },
  {
    name: 'the application closes, then the web server',
    segments: [...HANDSHAKE, '< FA 1 1', '> FA 1 2', '< A 2 2'],
    firstFin: 'application',
    timeWait: 'application',
  },
  {
    name: 'the web server closes, then the application',
    segments: [...HANDSHAKE, '> FA 1 1', '< A 1 2', '< FA 1 2', '> A 2 2'],
    firstFin: 'web-server',
    timeWait: 'web-server',
  },
  {
    name: 'one FIN only',
    segments: [...HANDSHAKE, '> FA 1 1', '< A 1 2'],
    firstFin: 'web-server',
    timeWait: 'none',
  },
  {
    name: 'both at once: neither FIN acknowledges the other',
    segments: [...HANDSHAKE, '> FA 1 1', '< FA 1 1', '> A 2 2', '< A 2 2'],
    firstFin: 'both',
    timeWait: 'both',
  },
  {
    name: 'both at once, the second FIN sent again with a newer acknowledgment',
    segments: [...HANDSHAKE, '> FA 1 1', '< FA 1 1', '< FA 1 2', '> A 2 2'],
    firstFin: 'both',
    timeWait: 'both',
  },
  {
    name: 'a FIN that acknowledges the other was sent second, even if it was recorded first',
    segments: [...HANDSHAKE, '< FA 1 2', '> FA 1 1', '> A 2 2'],
    firstFin: 'web-server',
    timeWait: 'web-server',
  },
  {
    name: 'the second FIN acknowledges only the data before the first',
    segments: [...HANDSHAKE, "> FA 1 1 'abc'", '< FA 1 4', '> A 5 2', '< A 2 5'],
    firstFin: 'both',
    timeWait: 'both',
  },
  {
    name: 'a retransmitted FIN changes nothing',
    segments: [...HANDSHAKE, '> FA 1 1', '> FA 1 1', '< FA 1 2', '> A 2 2'],
    firstFin: 'web-server',
    timeWait: 'web-server',
  },
  {
    name: 'a FIN beyond missing data still counts',
    segments: [...HANDSHAKE, '< FA 500 1', '> A 1 501', '> FA 1 501', '< A 501 2'],
    firstFin: 'application',
    timeWait: 'application',
  },
  {
    name: 'sequence numbers wrap between the FINs',
    segments: [...HANDSHAKE, "> PA 1 1 '0123456789'", '< FA 1 11', '> FA 11 2', '< A 2 12'],
    firstFin: 'application',
    timeWait: 'application',
  },
  {
    name: 'the holder sends a RST: its socket is gone',
    segments: [...HANDSHAKE, '> FA 1 1', "< PA 1 2 'late'", '> R 2 -', '< FA 5 2'],
    firstFin: 'web-server',
    firstReset: 'web-server',
    timeWait: 'none',
  },
  {
    name: 'the holder sends a RST after both FINs',
    segments: [...HANDSHAKE, '< FA 1 1', '> FA 1 2', '< R 2 -'],
    firstFin: 'application',
    firstReset: 'application',
    timeWait: 'none',
  },
  {
    name: 'the peer sends a RST right after its FIN, which the holder accepts',
    segments: [...HANDSHAKE, '< FA 1 1', '> FA 1 2', '> R 2 -'],
    firstFin: 'application',
    firstReset: 'web-server',
    timeWait: 'none',
  },
  {
    name: 'the same the other way round',
    segments: [...HANDSHAKE, '> FA 1 1', '< FA 1 2', '< R 2 -'],
    firstFin: 'web-server',
    firstReset: 'application',
    timeWait: 'none',
  },
  {
    name: 'the peer sends a RST that is not in sequence, which TIME_WAIT ignores',
    segments: [...HANDSHAKE, '< FA 1 1', '> FA 1 2', '< A 2 2', '> R 1 -'],
    firstFin: 'application',
    firstReset: 'web-server',
    timeWait: 'application',
  },
  {
    name: 'the RST recorded before the FIN that it follows',
    segments: [...HANDSHAKE, '< FA 1 1', '> R 2 -', '> FA 1 2'],
    firstFin: 'application',
    firstReset: 'web-server',
    timeWait: 'none',
  },
  {
    name: 'both at once, then a RST of one side: the other keeps its TIME_WAIT',
    segments: [...HANDSHAKE, '> FA 1 1', '< FA 1 1', '> R 9 -'],
    firstFin: 'both',
    firstReset: 'web-server',
    timeWait: 'application',
  },
  {
    name: 'a FIN far ahead is believed',
    segments: [...HANDSHAKE, '< FA 900000000 1', '> FA 1 900000001'],
    firstFin: 'application',
    timeWait: 'application',
  },
  {
    name: 'a FIN of an earlier connection of the same ports is left out',
    segments: [...HANDSHAKE, '> FA -5000 1', '< FA 1 1', '> FA 1 2'],
    firstFin: 'application',
    timeWait: 'application',
  },
  {
    name: 'refused',
    segments: ['> S 0 -', '< RA 0 1'],
    firstFin: 'none',
    firstReset: 'application',
    timeWait: 'none',
  },
];

describe('closing', () => {
  for (const { name, segments, firstFin, firstReset, timeWait } of CASES) {
    test(name, () => {
      // 1000: ordinary numbers; near the end: they wrap inside the connection.
      for (const initial of [[1000, 5000] as [number, number], [0xfffffffa, 0xffffffff] as [number, number]]) {
        const wire = new Wire({ initial });
        wire.send(...segments);
        wire.finish();
        const c = wire.tracker.connections;
        assert.equal(c.count, 1);
        assert.equal(BY[c.firstFin[0]], firstFin, 'first FIN');
        assert.equal(BY[c.firstReset[0]], firstReset ?? 'none', 'first RST');
        assert.equal(BY[c.timeWait[0]], timeWait, 'TIME_WAIT');
      }
    });
  }

  test('times and packets of the first FINs and of the first RST', () => {
    const wire = new Wire();
    wire.send(...HANDSHAKE, '@1 < FA 1 1', '@2 < FA 1 1', '@3 > FA 1 2', '@4 > R 2 -', '@5 > R 2 -');
    const c = wire.tracker.connections;
    assert.deepEqual([c.finTime1[0], c.finPacket1[0]], [1e9, 4]);
    assert.deepEqual([c.finTime0[0], c.finPacket0[0]], [3e9, 6]);
    assert.deepEqual([c.resetTime[0], c.resetPacket[0]], [4e9, 7]);
  });

  test('ends are told after the data before them', () => {
    const wire = new Wire();
    wire.send(...HANDSHAKE, "< FA 4 1 'def'", "< A 1 1 'abc'", '> A 1 8', '> FA 1 8', '< A 8 2');
    assert.equal(wire.events(), 'opened, data 1 3, data 1 3, finished 1, finished 0');
    assert.equal(wire.recorder.text(0, 1), 'abcdef');
    wire.finish();
    assert.equal(wire.events(), 'opened, data 1 3, data 1 3, finished 1, finished 0, closed');
  });

  test('a connection without a FIN is not finished', () => {
    const wire = new Wire();
    wire.send(...HANDSHAKE, "> PA 1 1 'abc'", '< R 1 -');
    wire.finish();
    assert.equal(wire.events(), 'opened, data 0 3, reset 1, closed');
  });
});
