// conn_state and history, in Zeek's words.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  HistoryTable,
  LETTER_ACK,
  LETTER_FLIP,
  LETTER_RESET,
  LETTER_SYN,
  LETTER_SYN_ACK,
} from '../../src/tcp/history-table.js';
import { HANDSHAKE, Wire } from './wire.js';

const DIALOGUES: [name: string, segments: string[], state: string, history: string][] = [
  ['unanswered', ['> S 0 -', '@1 > S 0 -', '@3 > S 0 -'], 'S0', 'S'],
  ['refused', ['> S 0 -', '< RA 0 1'], 'REJ', 'Sr'],
  ['established', HANDSHAKE, 'S1', 'ShA'],
  ['SYN-ACK without its acknowledgment', ['> S 0 -', '< SA 0 1'], 'S1', 'Sh'],
  [
    'normal end',
    [...HANDSHAKE, "> PA 1 1 'req'", '< A 1 4', "< PA 1 4 'res'", '> A 4 4', '< FA 4 4', '> FA 4 5', '< A 5 5'],
    'SF',
    'ShADadfF',
  ],
  ['closed by the originator only', [...HANDSHAKE, '> FA 1 1', '< A 1 2'], 'S2', 'ShAFa'],
  ['closed by the responder only', [...HANDSHAKE, '< FA 1 1', '> A 1 2'], 'S3', 'ShAf'],
  ['reset by the originator', [...HANDSHAKE, "> PA 1 1 'x'", '> R 2 -'], 'RSTO', 'ShADR'],
  ['reset by the responder', [...HANDSHAKE, "> PA 1 1 'x'", '< R 1 -'], 'RSTR', 'ShADr'],
  ['SYN, then RST of the same side', ['> S 0 -', '> R 1 -'], 'RSTOS0', 'SR'],
  ['SYN, an acknowledgment, then RST of the originator', ['> S 0 -', '< A 1 1', '> R 1 -'], 'RSTOS0', 'SaR'],
  ['SYN, FIN, then RST', ['> S 0 -', '< A 1 1', '> F 1 -', '> R 2 -'], 'OTH', 'SaFR'],
  ['RST alone', ['> R 0 -'], 'OTH', 'R'],
  ['SYN-ACK, then RST, no SYN', ['< SA 0 1', '< R 1 -'], 'RSTRH', '^hr'],
  ['SYN, then FIN, no SYN-ACK', ['> S 0 -', '> FA 1 1'], 'SH', 'SF'],
  ['SYN-ACK, then FIN, no SYN', ['< SA 0 1', '< FA 1 1'], 'SHR', '^hf'],
  ['in the middle of a connection', ["> PA 100 50 'x'", '< A 50 101'], 'OTH', 'Da'],
  ['the SYN recorded after its SYN-ACK', ['< SA 0 1', '> S 0 -', '> A 1 1'], 'S1', '^hSA'],
  ['only a SYN-ACK and what follows', ['< SA 0 1', '> A 1 1', "> PA 1 1 'x'"], 'S1', '^hAD'],
  ['both open at once', ['> S 0 -', '< S 0 -', '> SA 0 1', '< SA 0 1'], 'S1', 'Ss'],
  ['a SYN acknowledged before it is answered', ['> S 0 -', '< A 1 1'], 'S0', 'Sa'],
  ['refused, and reset by the originator too', ['> S 0 -', '< RA 0 1', '> R 1 -'], 'REJ', 'SrR'],
  ['reset by both after data', [...HANDSHAKE, "> PA 1 1 'xy'", '< R 1 -', '> R 3 -'], 'RSTR', 'ShADrR'],
  ['reset by both after data not captured', [...HANDSHAKE, '< A 1 500', '< R 1 -', '> R 3 -'], 'RSTR', 'ShAarR'],
  ['another SYN-ACK with another number', ['> S 0 -', '< SA 0 1', '< SA 55 1', '< SA 55 1'], 'S1', 'Shh'],
  ['another FIN with another number', [...HANDSHAKE, '> FA 1 1', '> FA 1 1', '> FA 5 1'], 'S2', 'ShAFF'],
  ['FIN, then RST, then the other FIN', [...HANDSHAKE, '> FA 1 1', '> R 2 -', '< FA 1 2'], 'SF', 'ShAFRf'],
  ['RST after both FINs changes nothing', [...HANDSHAKE, '> FA 1 1', '< FA 1 2', '> R 2 -'], 'SF', 'ShAFfR'],
  ['FIN and RST in one packet', [...HANDSHAKE, '> FRA 1 1'], 'RSTO', 'ShAI'],
  ['SYN and FIN in one packet', ['> SF 0 -'], 'SH', 'Q'],
  [
    'a RST with another sequence number is written again',
    [...HANDSHAKE, '> R 1 -', '> R 2 -', '> R 2 -'],
    'RSTO',
    'ShARR',
  ],
  ['a retransmission', [...HANDSHAKE, "> PA 1 1 'x'", "> PA 1 1 'x'"], 'S1', 'ShADT'],
  ['a zero window', [...HANDSHAKE, '< A 1 1 window=0', '< A 1 1 window=0'], 'S1', 'ShAaw'],
  ['a gap', [...HANDSHAKE, "> PA 1 1 'x'", "> PA 5 1 'y'", '@2 < A 1 6'], 'S1', 'ShADaG'],
  ['no gap without an established connection', ["> A 1 1 'x'", "> A 5 1 'y'", '@2 < A 1 6'], 'OTH', 'Da'],
];

describe('conn_state and history', () => {
  for (const [name, segments, state, history] of DIALOGUES) {
    test(name, () => {
      const wire = new Wire();
      wire.send(...segments);
      assert.equal(wire.history(), history);
      assert.equal(wire.state(), state);
    });
  }

  test('retransmissions are written at the 1st, 10th and 100th', () => {
    const wire = new Wire();
    wire.send(...HANDSHAKE, "> PA 1 1 'x'");
    const after: Record<number, string> = { 1: 'T', 9: 'T', 10: 'TT', 99: 'TT', 100: 'TTT' };
    for (let count = 1; count <= 100; count++) {
      wire.send("> PA 1 1 'x'");
      if (after[count] !== undefined) assert.equal(wire.history(), `ShAD${after[count]}`, `after ${count}`);
    }
    assert.equal(wire.tracker.connections.retransmissions0[0], 100);
  });
});

describe('HistoryTable', () => {
  test('equal histories have one id', () => {
    const table = new HistoryTable();
    const a = table.append(table.append(0, LETTER_SYN), LETTER_SYN_ACK + 1);
    const b = table.append(table.append(0, LETTER_SYN), LETTER_SYN_ACK + 1);
    assert.equal(a, b);
    assert.equal(table.text(a), 'Sh');
    assert.equal(table.text(0), '');
    assert.equal(table.size, 3);
  });

  test('flip exchanges the case and puts ^ in front; twice is the same again', () => {
    const table = new HistoryTable();
    const id = table.append(table.append(0, LETTER_SYN), LETTER_ACK + 1);
    assert.equal(table.text(table.flip(id)), '^sA');
    assert.equal(table.flip(table.flip(id)), id);
    assert.equal(table.text(table.flip(0)), '^');
  });

  test('knows when a SYN was followed by a RST of the same side only', () => {
    const table = new HistoryTable();
    const of = (...letters: number[]) => letters.reduce((id, letter) => table.append(id, letter), 0);
    assert.equal(table.synThenReset(of(LETTER_SYN, LETTER_RESET)), true);
    assert.equal(table.synThenReset(of(LETTER_FLIP, LETTER_SYN, LETTER_ACK + 1, LETTER_RESET)), true);
    assert.equal(table.synThenReset(of(LETTER_SYN, LETTER_ACK, LETTER_RESET)), false);
    assert.equal(table.synThenReset(of(LETTER_RESET)), false);
    assert.equal(table.synThenReset(of(LETTER_SYN)), false);
  });

  test('stays within its bounds whatever is appended', () => {
    const table = new HistoryTable();
    let id = 0;
    for (let i = 0; i < 1000; i++) id = table.append(id, LETTER_RESET + (i & 1));
    assert.equal(table.text(id).length, 64);
    let state = 1;
    for (let i = 0; i < 200_000; i++) {
      if (i % 20 === 0) id = 0;
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      id = table.append(id, (state >>> 16) % 25);
    }
    assert.ok(table.size <= 65_536, `${table.size}`);
    assert.ok(table.size > 60_000, 'the bound was tried');
  });
});
