// The split of a request's time: each part alone, parts together, and that they always add up.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { LatencySplitter } from '../../src/analysis/latency-split.js';
import { AUTHORIZER } from '../../src/fastcgi/constants.js';
import { endRequest } from '../../src/fastcgi/encode.js';
import { filler } from '../fixtures/dialogue.js';
import { concat } from '../support/bytes.js';
import type { Conversation } from '../support/conversation.js';
import { cgiResponse, request, response, stdin, stdout } from '../support/fastcgi-messages.js';
import { inspect } from '../support/inspect.js';
import { scene } from '../support/scene.js';

const MILLISECOND = 1e6;

/** The parts of the only request (or the one at `row`), rounded to whole milliseconds. */
function split(talk: (c: Conversation) => void, row = 0) {
  const s = scene();
  talk(s.conversation().connect());
  const splitter = new LatencySplitter(inspect(s.capture(), { checks: [] }).facts);
  splitter.split(row);
  const { queue, upload, application, reader, total, unfinished } = splitter;
  assert.ok(Math.abs(queue + upload + application + reader - total) < 1, 'the parts add up');
  assert.equal(splitter.totalOf(row), total);
  const rounded = (time: number) => Math.round(time / MILLISECOND);
  return [rounded(queue), rounded(upload), rounded(application), rounded(reader), unfinished] as const;
}

describe('latency split', () => {
  it('gives the time until the answer to the application', () => {
    assert.deepEqual(
      split((c) => c.web(request()).app(response(), { after: 0.7 })),
      [0, 0, 700, 0, false],
    );
  });

  it('gives the time of a streamed answer to the application', () => {
    const streamed = (c: Conversation) =>
      c
        .web(request())
        .app(stdout(cgiResponse()), { after: 0.1 })
        .app(concat(stdout('x'), endRequest(1)), { after: 0.4 });
    assert.deepEqual(split(streamed), [0, 0, 500, 0, false]);
  });

  it('gives the time until the end of STDIN to the upload', () => {
    const slow = request({ method: 'POST', contentLength: 6, body: 'abc', stdinEnd: false });
    const talk = (c: Conversation) =>
      c
        .web(slow)
        .web(concat(stdin('def'), stdin('', { end: true })), { after: 0.9 })
        .app(response(), { after: 0.2 });
    assert.deepEqual(split(talk), [0, 900, 200, 0, false]);
  });

  it('ends the upload with the answer where the application does not wait for the body', () => {
    const slow = request({ method: 'POST', contentLength: 6, body: 'abc', stdinEnd: false, keepConn: true });
    const talk = (c: Conversation) =>
      c
        .web(slow)
        .app(response(), { after: 0.3 })
        .web(stdin('def', { end: true }), { after: 0.5 });
    assert.deepEqual(split(talk), [0, 300, 0, 0, false]);
  });

  it('does not wait for a STDIN that nobody announced', () => {
    const open = (c: Conversation) => c.web(request({ stdinEnd: false })).app(response(), { after: 0.3 });
    assert.deepEqual(split(open), [0, 0, 300, 0, false]);
    const authorizer = (c: Conversation) =>
      c.web(request({ role: AUTHORIZER, stdinEnd: false })).app(response(), { after: 0.3 });
    assert.deepEqual(split(authorizer), [0, 0, 300, 0, false]);
  });

  it('gives a closed window of the web server to the reader', () => {
    const talk = (c: Conversation) => {
      c.web(request()).app(stdout(cgiResponse({ body: filler(9000) })), { after: 0.1, acknowledge: false });
      c.zeroWindowWeb()
        .windowWeb(512, { after: 2 })
        .app(concat(stdout('end'), endRequest(1)), { after: 0.05 });
    };
    assert.deepEqual(split(talk), [0, 0, 150, 2000, false]);
  });

  it('shares a closed window among the answers of a kept connection by their length', () => {
    const talk = (c: Conversation) => {
      c.web(request({ keepConn: true })).app(response(), { after: 0.1 });
      c.web(request({ keepConn: true }), { after: 1 });
      c.app(stdout(cgiResponse({ body: filler(9000) })), { after: 0.1, acknowledge: false });
      c.zeroWindowWeb()
        .windowWeb(512, { after: 2 })
        .app(concat(stdout('end'), endRequest(1)), { after: 0.05 });
    };
    assert.deepEqual(split(talk, 0), [0, 0, 100, 0, false]);
    assert.deepEqual(split(talk, 1), [0, 0, 150, 2000, false]);
  });

  it('gives a closed window of the application during the upload to the application', () => {
    const slow = request({ method: 'POST', contentLength: 6, body: 'abc', stdinEnd: false });
    const talk = (c: Conversation) => {
      c.web(slow).zeroWindowApp({ after: 0.1 }).windowApp(512, { after: 2 });
      c.web(stdin('def', { end: true }), { after: 0.3 }).app(response(), { after: 0.2 });
    };
    assert.deepEqual(split(talk), [0, 400, 2200, 0, false]);
  });

  it('goes to the close, or to the end of the capture, where END_REQUEST is missing', () => {
    assert.deepEqual(
      split((c) => c.web(request()).finWeb({ after: 0.4 }).wait(1).finApp()),
      [0, 0, 400, 0, true],
    );
    assert.deepEqual(
      split((c) => c.web(request()).keepAliveWeb({ after: 3 })),
      [0, 0, 3000, 0, true],
    );
    assert.deepEqual(
      split((c) => c.web(request({ paramsEnd: false })).keepAliveWeb({ after: 3 })),
      [0, 3000, 0, 0, true],
    );
  });

  it('takes what the queue model explains as time in the queue, for first requests only', () => {
    const s = scene();
    for (let index = 0; index < 8; index++) {
      const c = s
        .conversation(index * 0.001)
        .connect()
        .web(request({ uri: `/${index}` }));
      c.app(response(), { at: 0.01 + (index + 1) * 0.5 })
        .finApp()
        .finWeb();
    }
    const splitter = new LatencySplitter(inspect(s.capture(), { checks: [] }).facts);
    for (let row = 0; row < 8; row++) {
      splitter.split(row);
      assert.ok(
        Math.abs(splitter.application - 500 * MILLISECOND) < 15 * MILLISECOND,
        `row ${row}: ${splitter.application}`,
      );
      assert.ok(Math.abs(splitter.queue - row * 500 * MILLISECOND) < 15 * MILLISECOND, `row ${row}: ${splitter.queue}`);
    }
  });

  it('always adds up, with no negative part', () => {
    const pause = fc.double({ min: 0.00002, max: 3, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(pause, { minLength: 6, maxLength: 6 }),
        fc.boolean(),
        fc.boolean(),
        (pauses, reads, ends) => {
          const s = scene();
          const c = s.conversation().connect();
          c.web(request({ method: 'POST', contentLength: 6, body: 'abc', stdinEnd: false }));
          if (!reads) c.zeroWindowApp({ after: pauses[0] }).windowApp(512, { after: pauses[1] });
          c.web(stdin('def', { end: ends }), { after: pauses[2] });
          c.app(stdout(cgiResponse({ body: filler(300) })), { after: pauses[3], acknowledge: false });
          c.zeroWindowWeb().windowWeb(512, { after: pauses[4] });
          if (ends) c.app(endRequest(1), { after: pauses[5] });
          const splitter = new LatencySplitter(inspect(s.capture(), { checks: [] }).facts);
          splitter.split(0);
          const parts = [splitter.queue, splitter.upload, splitter.application, splitter.reader];
          for (const part of parts) assert.ok(part >= 0, `${parts}`);
          assert.ok(Math.abs(parts.reduce((sum, part) => sum + part, 0) - splitter.total) < 1);
        },
      ),
      { numRuns: 40 },
    );
  });
});
