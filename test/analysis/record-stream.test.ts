// Records one by one: all of them, whole, with the request they belong to and what is wrong with them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { beginRequest, endRequest, record } from '../../src/fastcgi/encode.js';
import { concat } from '../support/bytes.js';
import { decodeCapture, pairWord, recordWord } from '../support/decoded.js';
import { request, response, stdout } from '../support/fastcgi-messages.js';
import { inspect } from '../support/inspect.js';
import { scene } from '../support/scene.js';
import { scgiRequest } from '../support/scgi-messages.js';

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

test('a request and its answer, record by record', () => {
  const some = scene();
  some
    .conversation(0)
    .connect()
    .web(request({ uri: '/a?b', body: 'x=1', method: 'POST' }))
    .app(response({ body: 'hello', stderr: 'oops' }))
    .finApp()
    .finWeb();
  const { records, problems } = decodeCapture(some.capture());
  assert.deepEqual(
    records.map(({ name, side, requestId, request: row }) => [name, side, requestId, row]),
    [
      ['BEGIN_REQUEST', 0, 1, 0],
      ['PARAMS', 0, 1, 0],
      ['PARAMS', 0, 1, 0],
      ['STDIN', 0, 1, 0],
      ['STDIN', 0, 1, 0],
      ['STDERR', 1, 1, 0],
      ['STDOUT', 1, 1, 0],
      ['STDOUT', 1, 1, 0],
      ['END_REQUEST', 1, 1, 0],
    ],
  );
  assert.ok(records[1].pairs.map(pairWord).includes('REQUEST_URI=/a?b'));
  assert.equal(text(records[3].content), 'x=1');
  assert.equal(text(records[5].content), 'oops');
  assert.match(text(records[6].content), /\r\n\r\nhello$/);
  assert.ok(records[0].packet < records[5].packet && records[0].time < records[5].time);
  assert.deepEqual(problems, []);
});

test('records and pairs are the same however the stream is cut', () => {
  const whole = scene();
  const bytewise = scene('127.0.0.1:9000', '127.0.0.1', { mss: 1 });
  const fields = { uri: '/cut', parameters: { LONG: 'v'.repeat(300) }, streams: { recordSize: 37, padding: () => 5 } };
  for (const each of [whole, bytewise]) {
    each
      .conversation(0)
      .connect()
      .web(request(fields))
      .app(response({ body: 'b'.repeat(200) }))
      .finApp()
      .finWeb();
  }
  const expected = decodeCapture(whole.capture());
  const actual = decodeCapture(bytewise.capture());
  assert.deepEqual(actual.records.map(recordWord), expected.records.map(recordWord));
  assert.deepEqual(
    actual.records.flatMap(({ pairs }) => pairs.map(pairWord)),
    expected.records.flatMap(({ pairs }) => pairs.map(pairWord)),
  );
  assert.deepEqual(
    actual.records.map(({ content }) => text(content)),
    expected.records.map(({ content }) => text(content)),
  );
  assert.ok(expected.records.some(({ beginsInPair }) => beginsInPair));
  assert.equal(expected.records.flatMap(({ pairs }) => pairs).find((pair) => text(pair.name) === 'LONG')!.valueAt, -1);
});

test('pipelined requests of one id pair up in order; rows are those of the analysis', () => {
  const some = scene();
  const first = some.conversation(0).connect();
  first.web(concat(request({ uri: '/1', keepConn: true }), request({ uri: '/2', keepConn: true })));
  some
    .conversation(0.001)
    .connect()
    .web(request({ uri: '/other' }))
    .app(response({ body: 'other' }))
    .finApp()
    .finWeb();
  first
    .app(concat(response({ body: 'one' }), response({ body: 'two' })), { at: 0.1 })
    .finWeb()
    .finApp();
  const bytes = some.capture();
  const snapshot = inspect(bytes, { checks: [] });
  const { strings, requests } = snapshot.facts;
  const byRow = new Map<number, string>();
  for (const each of decodeCapture(bytes, { known: snapshot.facts }).records) {
    if (each.name === 'STDOUT')
      byRow.set(each.request, (byRow.get(each.request) ?? '') + text(each.content).replace(/^[\s\S]*\r\n\r\n/, ''));
    for (const pair of each.pairs) {
      if (pairWord(pair).startsWith('REQUEST_URI='))
        assert.equal(pairWord(pair), `REQUEST_URI=${strings.text(requests.uri[each.request])}`);
    }
  }
  const row = (uri: string) => [0, 1, 2].find((id) => strings.text(requests.uri[id]) === uri)!;
  assert.deepEqual([byRow.get(row('/1')), byRow.get(row('/2')), byRow.get(row('/other'))], ['one', 'two', 'other']);
});

test('problems stand at their record, others by themselves', () => {
  const some = scene();
  const strange = record(77, 1, 'what');
  some
    .conversation(0)
    .connect()
    .web(concat(beginRequest(1, 1, 0), strange, request({ id: 2 })))
    .app(concat(stdout('x', { id: 9 }), endRequest(2)))
    .finApp()
    .finWeb();
  some
    .conversation(1)
    .connect()
    .web(concat(beginRequest(1, 1, 0), new Uint8Array([9, 9, 9, 9])))
    .finWeb();
  const { records, problems } = decodeCapture(some.capture());
  const codes = (name: string) =>
    records.filter((each) => each.name === name).flatMap((each) => each.problems.map(({ code }) => code));
  assert.deepEqual(codes('type_77'), ['record-unknown-type']);
  assert.deepEqual(codes('STDOUT'), ['record-for-unknown-request']);
  assert.deepEqual(codes('END_REQUEST'), []);
  assert.deepEqual(
    problems.map(({ code, connection, offset }) => [code, connection, offset]),
    [['record-bad-version', 1, 16]],
  );
});

test('bytes that the capture misses are told, and decoding goes on', () => {
  const some = scene('127.0.0.1:9000', '127.0.0.1', { mss: 100 });
  const body = stdout('y'.repeat(1000));
  some
    .conversation(0)
    .connect()
    .web(request())
    .app(concat(body, endRequest(1)), { lose: [3, 4] })
    .finApp()
    .finWeb();
  const { records, problems } = decodeCapture(some.capture());
  const out = records.find(({ name }) => name === 'STDOUT')!;
  assert.equal(out.contentLength, 1000);
  assert.equal(out.missingLength, 200);
  assert.equal(out.content.length, 800);
  assert.equal(records.at(-1)!.name, 'END_REQUEST');
  assert.ok(
    problems.some(({ code }) => code === 'stream-gap') || out.problems.some(({ code }) => code === 'stream-gap'),
  );
});

test('a capture that begins in mid-stream finds its records and sides', () => {
  const some = scene();
  some
    .conversation(0)
    .connect({ captured: false })
    .app(response({ body: 'late' }))
    .web(request({ uri: '/next', keepConn: true }))
    .app(response({ body: 'again' }), { after: 0.01 })
    .finWeb();
  const { records } = decodeCapture(some.capture());
  assert.ok(records.some(({ name, side }) => name === 'BEGIN_REQUEST' && side === 0));
  assert.ok(records.filter(({ name }) => name === 'STDOUT').every(({ side }) => side === 1));
});

test('SCGI: headers as pairs, body, response', () => {
  const some = scene('127.0.0.1:4000');
  some
    .conversation(0)
    .connect()
    .web(scgiRequest({ method: 'POST', uri: '/s', body: 'body' }))
    .app('Status: 200 OK\r\n\r\nhi')
    .finApp()
    .finWeb();
  const { records } = decodeCapture(some.capture());
  assert.deepEqual(
    records.map(({ protocol, name, side, request: row }) => [protocol, name, side, row]),
    [
      ['scgi', 'HEADERS', 0, 0],
      ['scgi', 'BODY', 0, 0],
      ['scgi', 'RESPONSE', 1, 0],
    ],
  );
  assert.ok(records[0].pairs.map(pairWord).includes('REQUEST_URI=/s'));
  assert.equal(text(records[2].content), 'Status: 200 OK\r\n\r\nhi');
});

test('other protocols give no records', () => {
  const some = scene('127.0.0.1:80');
  some.conversation(0).connect().web('GET / HTTP/1.1\r\n\r\n').app('HTTP/1.1 200 OK\r\n\r\n').finApp().finWeb();
  assert.deepEqual(decodeCapture(some.capture()).records, []);
});
