// Random conversations for the fuzzer: mostly what web servers and applications do, now and then what they should not.
import * as encode from '../../src/fastcgi/encode.js';
import { type Bytes, concat } from '../support/bytes.js';
import type { Conversation, DataOptions } from '../support/conversation.js';
import { request, response, stderr, stdout } from '../support/fastcgi-messages.js';
import type { Random } from '../support/random.js';
import { scene } from '../support/scene.js';
import { scgiRequest } from '../support/scgi-messages.js';
import { mutateRecords } from './mutate-records.js';

/** One to six conversations with one application, some of them from the same port one after the other. */
export function randomConversations(dice: Random): Conversation[] {
  const isV6 = dice.oneIn(5);
  const play = scene(isV6 ? '[::1]:9000' : '10.0.0.2:9000', isV6 ? '[fe80::7]' : '10.0.0.1', {
    timestamps: !dice.oneIn(4),
    windowScale: dice.oneIn(4) ? false : dice.below(15),
  });
  for (let left = dice.between(1, 6); left > 0; left--) {
    const reused = dice.oneIn(4) ? { webServer: isV6 ? '[fe80::7]:40001' : '10.0.0.1:40001' } : {};
    const wrapping = dice.oneIn(4) ? { webSequence: 2 ** 32 - dice.between(1, 900) } : {};
    talk(play.conversation(dice.below(3000) / 1000, { ...reused, ...wrapping }), dice);
  }
  return play.conversations;
}

function talk(c: Conversation, dice: Random): void {
  if (dice.oneIn(12)) {
    c.synUnanswered(dice.between(1, 3));
    return;
  }
  if (dice.oneIn(12)) {
    c.refused();
    return;
  }
  c.connect({ captured: !dice.oneIn(8) });
  const keepConn = dice.oneIn(2);
  for (let left = dice.between(0, 4); left > 0; left--) exchange(c, dice, keepConn);
  ending(c, dice);
}

function exchange(c: Conversation, dice: Random, keepConn: boolean): void {
  const id = dice.oneIn(5) ? dice.pick([1, 2, 3, 255, 65535]) : 1;
  const streams = { recordSize: dice.oneIn(8) ? dice.pick([1, 7]) : dice.pick([100, 8000, 65528]) };
  const question = dice.oneIn(10)
    ? scgiRequest({ uri: '/scgi', body: 'x'.repeat(dice.below(200)) })
    : request({
        id,
        keepConn,
        uri: `/${dice.below(1000)}${text(dice)}`,
        streams,
        paramsEnd: !dice.oneIn(10),
        stdinEnd: !dice.oneIn(10),
        ...(dice.oneIn(3) ? { body: 'a'.repeat(dice.below(1000)), contentLength: dice.below(1500) } : {}),
      });
  c.web(hostile(question, dice), delivery(dice));
  if (dice.oneIn(8)) c.web(encode.abortRequest(id), delivery(dice));
  if (dice.oneIn(8)) c.web(encode.getValues(['FCGI_MAX_CONNS', 'FCGI_MPXS_CONNS']), delivery(dice));
  if (dice.oneIn(10)) c.zeroWindowApp().windowApp(512, { after: dice.below(2000) / 1000 });
  c.wait(dice.oneIn(4) ? dice.below(2000) / 1000 : 0);
  if (dice.oneIn(10)) return;
  const parts: Bytes[] = [];
  if (dice.oneIn(6)) parts.push(stderr(`PHP Notice: something${text(dice)}`, { id }));
  if (dice.oneIn(6)) parts.push(stdout(`Status: 404${text(dice)}\r\n`, { id }));
  if (dice.oneIn(20)) parts.push(encode.getValuesResult({ FCGI_MPXS_CONNS: '0' }), encode.unknownType(99));
  const status = dice.pick([200, 200, 302, 404, 500]);
  const protocolStatus = dice.oneIn(10) ? dice.below(5) : 0;
  const body = 'z'.repeat(dice.oneIn(30) ? 70_000 : dice.pick([0, 10, 2000]));
  const cut = body.length < 5000 ? streams : {};
  parts.push(response({ id, status, body, streams: cut, protocolStatus, end: !dice.oneIn(10) }));
  c.app(hostile(concat(...parts), dice), delivery(dice));
  if (dice.oneIn(10)) c.keepAliveWeb({ after: 1 });
}

/** Mostly nothing; now and then text that a terminal would obey, or that is no text. */
function text(dice: Random): string {
  if (!dice.oneIn(6)) return '';
  return dice.pick([
    '\u001b[2J\u001b]0;title\u0007',
    '\r\n\0',
    '\u202eabc',
    '\u009b31m',
    '\u200b\ufeff',
    '%00',
    '"\\',
    '😀'.repeat(200),
  ]);
}

function ending(c: Conversation, dice: Random): void {
  const endings: readonly (() => unknown)[] = [
    () => c.finApp().finWeb(),
    () => c.finWeb().finApp(),
    () => c.finBoth(),
    () => c.rstApp(),
    () => c.finApp().rstWeb({ ack: false }),
    () => c.finWeb().app(stdout('late'), { acknowledge: false }).rstWeb({ ack: false }),
    () => undefined,
  ];
  dice.pick(endings)();
}

function hostile(bytes: Uint8Array, dice: Random): Uint8Array {
  return dice.oneIn(3) ? mutateRecords(bytes, dice) : bytes;
}

/** Cuts into segments, loses, reorders, repeats. */
function delivery(dice: Random): DataOptions {
  const mss = dice.oneIn(6) ? 100 : dice.pick([536, 1448, 65483]);
  if (!dice.oneIn(4)) return { mss };
  return dice.pick<DataOptions>([
    { mss, lose: [dice.below(3)] },
    { mss, captured: false },
    { mss, delivered: false },
    { mss, copies: 2 },
    { mss, acknowledge: false },
    { mss, fields: { window: 0 } },
  ]);
}
