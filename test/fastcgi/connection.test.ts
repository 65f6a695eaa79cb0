// Which record belongs to which request, and what breaks the specification: the FastCGI conversation of one connection.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  abortRequest,
  beginRequest,
  endRequest,
  getValues,
  getValuesResult,
  params,
  record,
  stream,
  unknownType,
} from '../../src/fastcgi/encode.js';
import * as mark from '../../src/model/request-table.js';
import { APPLICATION, WEB_SERVER } from '../../src/model/side.js';
import { concat, hex } from '../support/bytes.js';
import { request, response, stderr, stdin, stdout } from '../support/fastcgi-messages.js';
import { Talk } from './one-connection.js';

describe('pairing', () => {
  it('pipelined requests of one id pair up in order', () => {
    const talk = new Talk();
    talk.asks(request({ uri: '/1' }), request({ uri: '/2' }), request({ uri: '/3' }));
    talk.answering(response({ status: 404 }), response({ status: 500 })).answering(response());
    assert.deepEqual(talk.answers, ['/1 404', '/2 500', '/3 200']);
    assert.deepEqual(talk.problems, ['begin-for-active-id', 'begin-for-active-id']);
  });

  it('an id is used again after its END_REQUEST', () => {
    const talk = new Talk();
    for (const status of [200, 404, 500]) talk.asks(request({ uri: `/${status}` })).answering(response({ status }));
    assert.deepEqual([talk.answers, talk.problems], [['/200 200', '/404 404', '/500 500'], []]);
  });

  it('multiplexed requests are told apart by their ids, record by record', () => {
    const ids = [1, 2, 65535];
    const whole = new Talk();
    for (const id of ids) whole.asks(beginRequest(id), params(id, [['REQUEST_URI', `/${id}`]], { end: false }));
    for (const id of [...ids].reverse()) whole.asks(record(4, id), stream(5, id, `body ${id}`));
    whole.answering(
      stdout('Status: 201\r\n', { id: 2 }),
      stdout('Status: 404\r\n\r\n', { id: 65535 }),
      endRequest(65535),
    );
    whole.answering(stdout('\r\n', { id: 2 }), response({ id: 1 }), endRequest(2));
    assert.deepEqual([whole.answers, whole.problems], [['/1 200', '/2 201', '/65535 404'], []]);
    assert.deepEqual(
      whole.requests.map(({ stdin }) => stdin),
      [6, 6, 10],
    );
  });

  it('id 0 counts once a BEGIN_REQUEST used it', () => {
    const talk = new Talk();
    const begin = concat(record(1, 0, hex('0001000000000000')), record(4, 0), record(5, 0, 'abc'), record(5, 0));
    talk.asks(begin).answering(record(6, 0, 'Status: 404\r\n\r\n'), record(3, 0, hex('0000000000000000')));
    assert.deepEqual([talk.answers, talk.problems], [[' 404'], ['begin-id-zero']]);
    assert.equal(talk.requests[0].stdin, 3);
  });

  it('what the web server still sends after END_REQUEST counts, and is no fault', () => {
    const talk = new Talk();
    talk.asks(beginRequest(1), params(1, [['REQUEST_URI', '/early']]), stdin('abc'));
    talk
      .answering(response({ status: 413 }))
      .asks(stdin('defg'), record(5, 1))
      .asks(request({ uri: '/next' }));
    talk.answering(response());
    assert.deepEqual([talk.answers, talk.problems], [['/early 413', '/next 200'], []]);
    assert.equal(talk.requests[0].stdin, 7);
  });

  it('PARAMS after END_REQUEST are still read', () => {
    const talk = new Talk();
    const whole = params(
      1,
      [
        ['REQUEST_METHOD', 'GET'],
        ['REQUEST_URI', '/refused'],
      ],
      { recordSize: 10 },
    );
    talk
      .asks(beginRequest(1), whole.subarray(0, 18))
      .answering(endRequest(1, 0, 2))
      .asks(whole.subarray(18), record(5, 1));
    assert.deepEqual(talk.problems, []);
    assert.equal(talk.requests[0].uri, '/refused');
    assert.equal(talk.table.protocolStatus[0], 2);
  });

  it('an abort is noted, and STDOUT after it', () => {
    const talk = new Talk();
    talk.asks(request({ stdinEnd: false }), abortRequest(1)).answering(endRequest(1));
    talk.asks(request({ stdinEnd: false }), abortRequest(1)).answering(response());
    const flags = [0, 1].map((row) => talk.marks(row) & (mark.REQUEST_ABORTED | mark.REQUEST_STDOUT_AFTER_ABORT));
    assert.deepEqual(flags, [mark.REQUEST_ABORTED, mark.REQUEST_ABORTED | mark.REQUEST_STDOUT_AFTER_ABORT]);
  });

  it('a request that was dropped gets nothing of one that took its place', () => {
    const talk = new Talk();
    const body = stdin('x'.repeat(100));
    // The application ends the request in the middle of a record the web server had no reason to send any more.
    talk.asks(request({ uri: '/1' }), body.subarray(0, 30)).answering(response({ status: 404 }));
    const other = talk.open();
    talk.web(other, request({ uri: '/other', stdinEnd: false })).asks(body.subarray(30));
    assert.deepEqual(
      talk.requests.map(({ uri, stdin }) => [uri, stdin]),
      [
        ['/1', 0],
        ['/other', 0],
      ],
    );
  });
});

describe('times', () => {
  it('are of the packets that bring the first and last bytes', () => {
    const talk = new Talk();
    const bytes = request({ uri: '/t', body: 'abc' });
    talk.asks(bytes.subarray(0, 3)).asks(bytes.subarray(3, 40)).asks(bytes.subarray(40));
    const answer = response({ stderr: 'x' });
    talk.answering(answer.subarray(0, 8)).answering(answer.subarray(8, 30)).answering(answer.subarray(30));
    const { begin, paramsEnd, stdinEnd, firstByte, end } = talk.table;
    assert.deepEqual(
      [begin, paramsEnd, stdinEnd, firstByte, end].map((column) => column[0]),
      [1, 3, 3, 5, 6],
    );
  });

  it("an Authorizer's input ends with PARAMS", () => {
    const talk = new Talk();
    talk.asks(beginRequest(1, 2), params(1, [['A', 'b']])).answering(response());
    assert.deepEqual([talk.table.stdinEnd[0], talk.table.role[0], talk.problems], [1, 2, []]);
  });
});

describe('contents', () => {
  it('of every stream are counted', () => {
    const talk = new Talk();
    talk.asks(request({ role: 3, body: 'four' }), stream(8, 1, 'data!'));
    talk.answering(stderr('oops\n'), stderr('more'), response({ body: 'body' }));
    const { stdinBytes, dataBytes, stderrBytes, stdoutBytes, headBytes } = talk.table;
    const head = 'Content-Type: text/html; charset=UTF-8\r\n\r\n'.length;
    assert.deepEqual([stdinBytes[0], dataBytes[0], stderrBytes[0]], [4, 5, 9]);
    assert.deepEqual([stdoutBytes[0], headBytes[0]], [head + 4, head]);
    talk.close(talk.row);
    assert.deepEqual(
      talk.session.log.stderr.groups.map(({ text, count }) => [text, count]),
      [['oops\nmore', 1]],
    );
  });

  it('statuses are unsigned', () => {
    const talk = new Talk();
    talk.asks(request()).answering(endRequest(1, 0xffffffff, 3));
    assert.deepEqual([talk.table.appStatus[0], talk.table.protocolStatus[0]], [4294967295, 3]);
  });

  it('records of no request count as records only', () => {
    const talk = new Talk();
    talk.asks(stdin('abc', { id: 9 })).answering(stdout('abc', { id: 9 }), endRequest(9));
    assert.deepEqual([talk.requests, talk.session.log.recordCounts[5], talk.session.log.recordBytes[6]], [[], 1, 3]);
    assert.deepEqual(talk.problems, Array(3).fill('record-for-unknown-request'));
  });

  it('GET_VALUES and its result, and a type nobody knows', () => {
    const talk = new Talk();
    talk
      .asks(getValues(['FCGI_MPXS_CONNS']), record(77, 0))
      .answering(getValuesResult({ FCGI_MPXS_CONNS: '0' }), unknownType(77));
    assert.deepEqual(talk.problems, ['record-unknown-type']);
    assert.deepEqual(
      [9, 10, 11, 77].map((type) => talk.session.log.recordCounts[type]),
      [1, 1, 1, 1],
    );
  });
});

describe('violations', () => {
  const problems = (write: (talk: Talk) => void) => {
    const talk = new Talk();
    write(talk);
    return talk.problems;
  };

  it('a type that only the other side may send', () => {
    assert.deepEqual(
      problems((talk) =>
        talk.asks(request(), stdout('x'), stderr('x'), endRequest(1), getValuesResult({}), unknownType(1)),
      ),
      Array(5).fill('record-wrong-direction'),
    );
    assert.deepEqual(
      problems((talk) =>
        talk.asks(request()).answering(stdin('x'), record(4, 1), beginRequest(1), abortRequest(1), getValues([])),
      ),
      Array(5).fill('record-wrong-direction'),
    );
  });

  it('BEGIN_REQUEST and END_REQUEST of another length', () => {
    assert.deepEqual(
      problems((talk) => talk.asks(record(1, 1, hex('0001')))),
      ['record-bad-length'],
    );
    assert.deepEqual(
      problems((talk) => talk.asks(request()).answering(record(3, 1, hex('00000000')))),
      ['record-bad-length'],
    );
    assert.deepEqual(
      problems((talk) => talk.asks(request()).answering(record(3, 1, 'x'.repeat(9)))),
      ['record-bad-length'],
    );
  });

  it('records out of order', () => {
    assert.deepEqual(
      problems((talk) => talk.asks(beginRequest(1), stdin('early'))),
      ['record-out-of-order'],
    );
    assert.deepEqual(
      problems((talk) => talk.asks(request(), stdin('late'))),
      ['record-out-of-order'],
    );
    assert.deepEqual(
      problems((talk) => talk.asks(request(), record(4, 1, 'x'))),
      ['record-out-of-order'],
    );
  });

  it('PARAMS that end inside a pair', () => {
    assert.deepEqual(
      problems((talk) => talk.asks(beginRequest(1), record(4, 1, hex('0409 41')), record(4, 1))),
      ['params-truncated'],
    );
  });

  it("the application's records after its END_REQUEST", () => {
    assert.deepEqual(
      problems((talk) => talk.asks(request()).answering(response(), stdout('late'), endRequest(1))),
      ['data-after-end-request', 'data-after-end-request'],
    );
  });

  it('have their place', () => {
    const talk = new Talk();
    talk.asks(request({ uri: '/a' }), stdin('late'));
    const [{ side, offset, request: row, packet, connection }] = talk.session.log.anomalies.places;
    assert.deepEqual(
      [side, offset, row, packet, connection],
      [WEB_SERVER, request({ uri: '/a' }).length, 0, 1, talk.row],
    );
    assert.equal(talk.requests[0].problems, talk.session.conversations.problems[talk.row]);
  });

  it('a stream that ends inside a record, or inside a header', () => {
    const cut = (bytes: Uint8Array) => {
      const talk = new Talk();
      talk.asks(request()).app(talk.row, bytes).fin(talk.row, APPLICATION);
      const [{ detail, request: row }] = talk.session.log.anomalies.places;
      return [detail, row];
    };
    assert.deepEqual(cut(stdout('abc').subarray(0, 10)), ['inside STDOUT', 0]);
    assert.deepEqual(cut(stdout('abc').subarray(0, 5)), ['inside a record header', -1]);
  });
});
