// The conversation builder: what each line of a dialogue becomes, and tshark's opinion of the whole.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ACK, FIN, PSH, RST, SYN } from '../../src/model/segment.js';
import { toBytes } from './bytes.js';
import { type Conversation, type ConversationOptions, conversation } from './conversation.js';
import { request, response, stdout } from './fastcgi-messages.js';
import { scene } from './scene.js';
import { tsharkLines, tsharkMissing } from './tshark.js';

const FLAG_LETTERS: readonly [number, string][] = [
  [SYN, 'S'],
  [FIN, 'F'],
  [RST, 'R'],
  [PSH, 'P'],
  [ACK, '.'],
];

function talk(options: Partial<ConversationOptions> = {}): Conversation {
  const endpoints = { webServer: '127.0.0.1:40001', application: '127.0.0.1:9000' };
  return conversation({ ...endpoints, webSequence: 99, appSequence: 499, ...options });
}

/** `> S 99 0` : who, flags, relative numbers, and the payload's length where there is one. */
function lines(c: Conversation): string[] {
  return c.packets.map(({ side, fields }) => {
    const flags = FLAG_LETTERS.filter(([bit]) => fields.flags! & bit).map(([, letter]) => letter);
    const length = toBytes(fields.payload ?? '').length;
    const numbers = `${fields.sequence} ${fields.acknowledgment}`;
    return `${side === 0 ? '>' : '<'} ${flags.join('')} ${numbers}${length > 0 ? ` +${length}` : ''}`;
  });
}

describe('conversation', () => {
  it('connects, talks and closes', () => {
    const c = talk().connect().web('abc').app('de').finApp().finWeb();
    assert.deepEqual(lines(c), [
      '> S 99 0',
      '< S. 499 100',
      '> . 100 500',
      '> P. 100 500 +3',
      '< . 500 103',
      '< P. 500 103 +2',
      '> . 103 502',
      '< F. 502 103',
      '> . 103 503',
      '> F. 103 503',
      '< . 503 104',
    ]);
  });

  it('keeps a clock', () => {
    const c = talk({ start: 1, step: 0.001 }).connect({ after: 0.5 }).web('a', { at: 2, acknowledge: false });
    c.wait(1).app('b', { after: 0.25, acknowledge: false }).finWeb({ acknowledge: false });
    assert.deepEqual(
      c.packets.map((each) => each.time / 1e6),
      [1500, 1501, 1502, 2000, 3250, 3251],
    );
    assert.equal(c.now, 3.251);
    assert.throws(() => c.ackApp({ at: 3 }), /time goes back/);
  });

  it('cuts data at the segment size, loses, reorders and sends again', () => {
    const c = talk().connect({ captured: false });
    c.web('abcdefg', { mss: 3, lose: [1], order: [2, 0, 1] });
    c.retransmitWeb({ segments: [1] });
    assert.deepEqual(lines(c), ['> P. 106 500 +1', '> . 100 500 +3', '< . 500 103', '> . 103 500 +3', '< . 500 107']);
    assert.throws(() => c.retransmitWeb({ segments: [3] }), /no such segment/);
  });

  it('leaves out what the capture missed, which is acknowledged all the same', () => {
    const c = talk().connect({ captured: false }).web('abc', { captured: false });
    assert.deepEqual(lines(c), ['< . 500 103']);
  });

  it('does not acknowledge what has not arrived', () => {
    const c = talk().connect({ captured: false });
    c.finApp({ delivered: false }).web('late', { acknowledge: false }).deliver().ackWeb().rstApp({ ack: false });
    assert.deepEqual(lines(c), ['< F. 500 100', '> P. 100 500 +4', '> . 104 501', '< R 501 0']);
  });

  it('closes from both sides at once', () => {
    assert.deepEqual(lines(talk().connect({ captured: false }).finBoth()), [
      '> F. 100 500',
      '< F. 500 100',
      '> . 101 501',
      '< . 501 101',
    ]);
  });

  it('refuses, ignores and repeats the handshake', () => {
    assert.deepEqual(lines(talk().refused()), ['> S 99 0', '< R. 0 100']);
    const ignored = talk().synUnanswered(4);
    assert.deepEqual(lines(ignored), ['> S 99 0', '> S 99 0', '> S 99 0', '> S 99 0']);
    assert.deepEqual(
      ignored.packets.map((each) => each.time / 1e9),
      [0, 1, 3, 7],
    );
    const overflown = talk().syn().synAck().ackWeb({ delivered: false }).web('abc', { delivered: false });
    overflown.synAck({ after: 1 }).ackWeb().retransmitWeb();
    assert.deepEqual(lines(overflown), [
      '> S 99 0',
      '< S. 499 100',
      '> . 100 500',
      '> P. 100 500 +3',
      '< S. 499 100',
      '> . 103 500',
      '> P. 100 500 +3',
      '< . 500 103',
    ]);
  });

  it('probes and closes the window', () => {
    const c = talk().connect({ captured: false }).keepAliveWeb().zeroWindowApp().windowApp(100);
    assert.deepEqual(lines(c), ['> . 99 500', '< . 500 100', '< . 500 100', '< . 500 100']);
    assert.deepEqual(
      c.packets.map((each) => each.fields.window),
      [512, 512, 0, 100],
    );
  });

  it('lets sequence numbers wrap', () => {
    const c = talk({ webSequence: 0xfffffffe, appSequence: 0xffffffff }).connect().web('abc').app('de').finWeb();
    assert.deepEqual(lines(c).slice(2), [
      '> . 4294967295 0',
      '> P. 4294967295 0 +3',
      '< . 0 2',
      '< P. 0 2 +2',
      '> . 2 2',
      '> F. 2 2',
      '< . 2 3',
    ]);
  });
});

describe('scene', () => {
  it('is what tshark understands', (t) => {
    if (tsharkMissing()) return t.skip('tshark is not installed');
    const play = scene('[::1]:9000', '[::1]');
    const first = play.conversation(0).connect();
    first
      .web(request({ uri: '/a', body: 'x=1' }))
      .app(response({ body: 'hello' }), { after: 1 })
      .finApp()
      .finWeb();
    const second = play
      .conversation(0.5)
      .connect()
      .web(request({ uri: '/b' }), { mss: 100, order: [1, 0, 2, 3, 4, 5] });
    second.app(stdout('y'.repeat(3000)), { mss: 1448, lose: [1] }).retransmitApp({ segments: [1], after: 0.2 });
    second.keepAliveApp({ after: 10 }).zeroWindowWeb().rstWeb();
    play.conversation(0.6).synUnanswered(2);
    play.conversation(0.7).refused();
    const options = ['-d', 'tcp.port==9000,fcgi', '-o', 'tcp.reassemble_out_of_order:TRUE'];
    const types = tsharkLines(play.capture({ link: { type: 276 } }), [...options, '-T', 'fields', '-e', 'fcgi.type']);
    assert.deepEqual(
      types.filter((line) => line !== '').flatMap((line) => line.split(',').map(Number)),
      [1, 4, 4, 5, 5, 1, 4, 4, 5, 6, 6, 6, 3],
    );
    const analysis = ['retransmission', 'lost_segment', 'keep_alive', 'zero_window', 'out_of_order'];
    const counts = analysis.map((name) => {
      const filter = ['-Y', `tcp.analysis.${name}`, '-T', 'fields', '-e', 'tcp.stream'];
      return [name, tsharkLines(play.capture({ format: 'pcapng' }), [...options, ...filter])];
    });
    assert.deepEqual(Object.fromEntries(counts), {
      retransmission: ['1', '2'],
      lost_segment: ['1', '1'],
      keep_alive: ['1'],
      zero_window: ['1'],
      out_of_order: ['1'],
    });
  });

  it('merges in the order of time and captures twice', () => {
    const play = scene();
    play.conversation(0.001).syn();
    play.conversation(0).syn();
    const once = play.capture();
    const twice = play.capture({ capturedTwice: true, link: { type: 113 } });
    const port = (bytes: Uint8Array, at: number): number => bytes[at] * 256 + bytes[at + 1];
    assert.equal(port(once, 24 + 16 + 14 + 20), 40002);
    const record = 16 + 16 + 20 + 44;
    assert.equal(twice.length, 24 + 4 * record);
    assert.deepEqual(
      [0, 1, 2, 3].map((index) => twice[24 + index * record + 16 + 1]),
      [4, 0, 4, 0],
    );
  });
});
