// What a connection makes of losses, and that nothing a peer sends makes it keep more than so much.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { beginRequest, endRequest, params, record } from '../../src/fastcgi/encode.js';
import { MAX_LIVE } from '../../src/fastcgi/live-requests.js';
import * as mark from '../../src/model/request-table.js';
import { APPLICATION, WEB_SERVER } from '../../src/model/side.js';
import { hex } from '../support/bytes.js';
import { request, response, stdout } from '../support/fastcgi-messages.js';
import { Talk } from './one-connection.js';

describe('a loss', () => {
  const body = 'b'.repeat(300);

  it('makes nothing a violation that may come of it', () => {
    const talk = new Talk();
    const bytes = request({ body, streams: { recordSize: 50 } });
    for (let from = 16; from < 700; from += 50) {
      talk
        .asks(bytes.subarray(0, from))
        .gap(talk.row, WEB_SERVER, 200)
        .asks(bytes.subarray(from + 200));
      talk.answering(response());
    }
    const codes = new Set(talk.problems);
    for (const code of ['record-out-of-order', 'params-truncated', 'params-too-large', 'record-bad-version']) {
      assert.ok(!codes.has(code), `${code} in ${[...codes].join(', ')}`);
    }
  });

  it('of an END_REQUEST costs that request, not the ones after it', () => {
    const talk = new Talk();
    const first = response({ status: 404, body });
    talk
      .asks(request({ uri: '/1' }))
      .answering(first.subarray(0, 100))
      .gap(talk.row, APPLICATION, first.length - 100);
    talk
      .asks(request({ uri: '/2' }))
      .answering(response({ status: 500 }))
      .asks(request({ uri: '/3' }))
      .answering(response());
    assert.deepEqual(talk.answers, ['/1 unfinished', '/2 500', '/3 200']);
    assert.equal(talk.table.httpStatus[0], 404);
  });

  it('inside a head: what comes is not read as one', () => {
    const talk = new Talk();
    const first = stdout(`Status: 503 Busy\r\nX-Long: ${'x'.repeat(100)}\r\n\r\nStatus: 404\r\n\r\n`);
    talk
      .asks(request())
      .answering(first.subarray(0, 40))
      .gap(talk.row, APPLICATION, 50)
      .answering(first.subarray(90), endRequest(1));
    assert.deepEqual(talk.answers, ['/ 503']);
  });

  it('inside PARAMS: no pair is made up', () => {
    const talk = new Talk();
    const bytes = request({ uri: '/lost', parameters: { FILLER: 'x'.repeat(120) } });
    talk.asks(bytes.subarray(0, 40)).gap(talk.row, WEB_SERVER, 100).asks(bytes.subarray(140)).answering(response());
    assert.deepEqual(talk.answers, [' 200']);
    assert.deepEqual(talk.problems, ['stream-gap']);
  });

  it('inside the body of a BEGIN_REQUEST: nothing of it is made up', () => {
    const talk = new Talk();
    const bytes = beginRequest(1, 1, 1);
    talk.asks(bytes.subarray(0, 9)).gap(talk.row, WEB_SERVER, 2).asks(bytes.subarray(11));
    assert.deepEqual([talk.table.role[0], talk.marks(0) & mark.REQUEST_KEEP_CONN], [0, 0]);
  });
});

describe('memory', () => {
  it('of unfinished requests is bounded', () => {
    const talk = new Talk();
    for (let i = 0; i < MAX_LIVE + 500; i++)
      talk.asks(beginRequest((i % 65535) + 1), params(1, [['A', 'b']], { end: false }));
    assert.equal(talk.requests.length, MAX_LIVE + 500);
    assert.equal(talk.problems.filter((code) => code === 'too-many-requests').length, 500);
    const live = Reflect.get(talk.session, 'live') as { live?: { list: readonly unknown[] } }[];
    assert.ok(live.every((each) => (each.live?.list.length ?? 0) <= MAX_LIVE));
    // The oldest went, the others go on.
    talk.answering(response({ id: 1 }), response({ id: 501, status: 404 }));
    assert.deepEqual(
      talk.answers.filter((answer) => !answer.endsWith('unfinished')),
      [' 404'],
    );
  });

  it('of one id begun again and again is bounded too', () => {
    const talk = new Talk();
    for (let i = 0; i < MAX_LIVE * 2; i++) talk.asks(beginRequest(1));
    talk.answering(endRequest(1));
    assert.equal(
      talk.requests.findIndex(({ end }) => !Number.isNaN(end)),
      MAX_LIVE,
    );
  });

  it('of ended requests whose input never ends is bounded', () => {
    const talk = new Talk();
    for (let i = 1; i <= 1000; i++) talk.asks(request({ id: i, stdinEnd: false })).answering(response({ id: i }));
    const live = Reflect.get(talk.session, 'live') as { live?: { list: readonly unknown[] } }[];
    assert.ok(live.every((each) => (each.live?.list.length ?? 0) <= 17));
    assert.deepEqual(talk.problems, []);
  });

  it('of huge PARAMS: the pair is given up, the request goes on', () => {
    const talk = new Talk();
    talk.asks(beginRequest(1), record(4, 1, hex('ffffffff ffffffff')));
    for (let i = 0; i < 100; i++) talk.asks(record(4, 1, 'x'.repeat(60_000)));
    talk.asks(record(4, 1), record(5, 1)).answering(response({ status: 404 }));
    assert.deepEqual([talk.answers, talk.problems], [[' 404'], ['params-too-large']]);
  });

  it('of an endless head: it is not kept for ever', () => {
    const talk = new Talk();
    talk.asks(request());
    for (let i = 0; i < 100; i++) talk.answering(stdout('x'.repeat(60_000)));
    talk.answering(endRequest(1));
    assert.deepEqual([talk.answers, talk.table.stdoutBytes[0]], [['/ 200'], 6_000_000]);
    assert.equal(talk.marks(0) & mark.REQUEST_HEAD_COMPLETE, 0);
  });
});
