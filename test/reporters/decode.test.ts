// How decoded records are shown: as text, as JSON, as one request; and what is never shown.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { STDIN } from '../../src/fastcgi/constants.js';
import { getValues, getValuesResult, stream, unknownType } from '../../src/fastcgi/encode.js';
import { problemJson, recordJson } from '../../src/reporters/decode-json.js';
import { maskedContent } from '../../src/reporters/decode-mask.js';
import { RawStream, RequestText } from '../../src/reporters/decode-request.js';
import { DecodeText, type DecodeTextOptions, hexLines } from '../../src/reporters/decode-text.js';
import { concat } from '../support/bytes.js';
import { type DecodedCapture, decodeCapture } from '../support/decoded.js';
import { cgiResponse, type RequestFields, request, response, stdout } from '../support/fastcgi-messages.js';
import { scene } from '../support/scene.js';

const PASSWORD = 'opensesame';
const secrets: RequestFields = {
  uri: '/login',
  parameters: { HTTP_COOKIE: `session=${PASSWORD}`, HTTP_AUTHORIZATION: `Basic ${PASSWORD}`, PHP_AUTH_PW: PASSWORD },
};
const secretResponse = {
  headers: { 'Content-Type': 'text/html', 'Set-Cookie': `session=${PASSWORD}; HttpOnly` },
  body: '<p>in</p>',
};

function exchange(webServer: Uint8Array, application: Uint8Array): DecodedCapture {
  const some = scene();
  some.conversation(0).connect().web(webServer).app(application, { after: 0.01 }).finApp().finWeb();
  return decodeCapture(some.capture());
}

function shown({ records, problems, pipeline }: DecodedCapture, options: Partial<DecodeTextOptions> = {}): string {
  const format = new DecodeText({
    time: (ns) => (ns / 1e9).toFixed(3),
    endpoints: (row) => pipeline.endpoints(row),
    ...options,
  });
  return (
    records.map((record) => format.record(record)).join('') +
    problems.map((anomaly) => format.problem(anomaly)).join('')
  );
}

test('a line for each record, its fields and its pairs below', () => {
  const text = shown(exchange(request({ uri: '/a', keepConn: true }), response({ body: 'one\ntwo', appStatus: 3 })));
  assert.match(
    text,
    /^ {5}4 {2}0\.000 {2}#0 127\.0\.0\.1:40001 → 127\.0\.0\.1:9000 {2}BEGIN_REQUEST {2}id 1 {2}8 bytes {2}responder, KEEP_CONN {2}request 0$/m,
  );
  assert.match(text, /^ {8}REQUEST_URI = \/a$/m);
  assert.match(text, /PARAMS {2}id 1 {2}0 bytes {2}end of PARAMS/);
  assert.match(
    text,
    /127\.0\.0\.1:40001 ← 127\.0\.0\.1:9000 {2}STDOUT {2}id 1 {2}\d+ bytes.* request 0\n {8}Content-Type: text\/html; charset=UTF-8\n\n {8}one\n {8}two\n/,
  );
  assert.match(text, /END_REQUEST {2}id 1 {2}8 bytes {2}appStatus 3, REQUEST_COMPLETE/);
});

test('management records: names, values, and which type is unknown', () => {
  const text = shown(
    exchange(
      concat(request(), getValues(['FCGI_MAX_CONNS'])),
      concat(getValuesResult([['FCGI_MAX_CONNS', '10']]), unknownType(77), response()),
    ),
  );
  assert.match(text, /GET_VALUES {2}id 0 .*\n {8}FCGI_MAX_CONNS =$/m);
  assert.match(text, /GET_VALUES_RESULT {2}id 0 .*\n {8}FCGI_MAX_CONNS = 10$/m);
  assert.match(text, /UNKNOWN_TYPE {2}id 0 {2}8 bytes {2}for type_77/);
});

test('problems are marked', () => {
  const text = shown(exchange(concat(request(), new Uint8Array([7])), concat(stdout('x', { id: 9 }), response())));
  assert.match(
    text,
    /^ {8}! record-for-unknown-request: a record whose request id has no request \(STDOUT for request id 9\)$/m,
  );
  assert.match(text, /#0 .* → .* {2}! record-bad-version: .* at byte \d+ of what the web server sent$/m);
});

test('a long body is cut in the preview, and whole in hexadecimal', () => {
  const body = Array.from({ length: 300 }, (_, i) => `line ${i}`).join('\n');
  const capture = exchange(request(), response({ body }));
  assert.match(shown(capture), /^ {8}line 3\n(?: {8}line \d\n)* {8}… 2,\d{3} bytes in all$/m);
  assert.doesNotMatch(shown(capture), /line 299/);
  const hex = shown(capture, { hex: true });
  assert.equal(
    hex.split('\n').filter((line) => /^ {8}[0-9a-f]{4} {2}/.test(line)).length,
    capture.records.reduce((sum, { content }) => sum + Math.ceil(content.length / 16), 0),
  );
});

test('hexadecimal lines', () => {
  assert.deepEqual(hexLines(new TextEncoder().encode('GET / HTTP/1.1\r\n\r\n')), [
    '0000  47 45 54 20 2f 20 48 54  54 50 2f 31 2e 31 0d 0a  GET / HTTP/1.1..',
    '0010  0d 0a                                             ..',
  ]);
});

test('secrets are shown only when asked for, in every form, however records cut them', () => {
  for (const recordSize of [40, 65535]) {
    const capture = exchange(
      request({ ...secrets, streams: { recordSize } }),
      concat(response({ ...secretResponse, stderr: `PHP_AUTH_PW=${PASSWORD}\n` })),
    );
    const options = { endpoints: (row: number) => capture.pipeline.endpoints(row) };
    const forms = (showSecrets: boolean) => {
      const text = new RequestText({ showSecrets });
      for (const record of capture.records) text.record(record);
      return [
        shown(capture, { showSecrets }),
        shown(capture, { showSecrets, hex: true }).replace(/\s+/g, ' '),
        capture.records.map((record) => recordJson(record, { ...options, showSecrets, hex: true })).join(''),
        [...text.text()].join(''),
      ];
    };
    const hex = Buffer.from(PASSWORD).toString('hex');
    const visible = (text: string) =>
      text.includes(PASSWORD) || text.includes(hex) || text.includes(hex.replace(/..(?!$)/g, '$& '));
    for (const text of forms(false)) assert.ok(!visible(text), text);
    assert.ok(forms(true).every(visible));
    // What is no secret stays: the URI, the name of the cookie's parameter.
    assert.ok(forms(false).every((text, form) => form === 1 || text.includes('/login')));
    assert.ok(forms(false)[0].includes('HTTP_COOKIE = [redacted 18 bytes]'));
  }
});

test('masking keeps the length and everything that is no secret', () => {
  const capture = exchange(request(secrets), response(secretResponse));
  for (const record of capture.records) {
    const masked = maskedContent(record);
    assert.equal(masked.length, record.content.length);
    if (record.pairs.length === 0 && !Buffer.from(record.content).includes(PASSWORD))
      assert.deepEqual(masked, record.content);
  }
  const params = Buffer.from(maskedContent(capture.records[1])).toString('latin1');
  assert.ok(params.includes('REQUEST_URI/login') && params.includes('HTTP_COOKIEXXXX') && !params.includes(PASSWORD));
});

test('captured bytes cannot act on the terminal', () => {
  const uri = '/\x1b[2J\u202e\x9b';
  const text = shown(
    exchange(
      request({ uri, parameters: { 'X\x1b]0;': 'a\nb' } }),
      response({ body: '\x1b[31mred\x07', stderr: '\r\nfake line' }),
    ),
  );
  assert.doesNotMatch(text, /[^\P{Cc}\n]|\u202e/u);
  assert.match(text, /X\\x1b\]0; = a\\nb/);
  assert.match(shown(exchange(request({ uri: '/é' }), response()), { ascii: true }), /^[\n -~]*$/);
});

test('a record as JSON', () => {
  const capture = exchange(concat(request(), new Uint8Array([7])), response({ body: 'hi' }));
  const options = { endpoints: (row: number) => capture.pipeline.endpoints(row) };
  const [begin, params, ...rest] = capture.records.map((record) => JSON.parse(recordJson(record, options)));
  assert.deepEqual(
    { ...begin, time: 0 },
    {
      kind: 'record',
      packet: 4,
      time: 0,
      connection: 0,
      webServer: '127.0.0.1:40001',
      application: '127.0.0.1:9000',
      from: 'web-server',
      protocol: 'fastcgi',
      type: 'BEGIN_REQUEST',
      requestId: 1,
      request: 0,
      offset: 0,
      contentLength: 8,
      paddingLength: 0,
      missingLength: 0,
      role: 'responder',
      flags: 0,
      keepConn: false,
      problems: [],
    },
  );
  assert.ok(
    params.pairs.some(
      ({ name, value }: { name: string; value: string }) => name === 'REQUEST_METHOD' && value === 'GET',
    ),
  );
  assert.match(rest.find(({ type }) => type === 'STDOUT').text, /hi$/);
  const end = rest.at(-1);
  assert.deepEqual([end.type, end.appStatus, end.protocolStatus], ['END_REQUEST', 0, 0]);
  const problem = JSON.parse(problemJson(capture.problems[0], options));
  assert.deepEqual([problem.kind, problem.code, problem.from], ['problem', 'record-bad-version', 'web-server']);
});

test('one request whole', () => {
  const capture = exchange(
    request({ method: 'POST', uri: '/form', body: 'a=1&b=2' }),
    response({ body: 'thanks\n', stderr: 'a warning' }),
  );
  const view = new RequestText({});
  for (const record of capture.records) view.record(record);
  const text = [...view.text()].join('');
  assert.match(text, /^PARAMS {2}\d+\n/);
  assert.match(text, /^STDIN {2}7 bytes\na=1&b=2\n$/m);
  assert.match(text, /^STDOUT {2}\d+ bytes\nContent-Type: text\/html; charset=UTF-8\n\nthanks\n$/m);
  assert.match(text, /^STDERR {2}9 bytes\na warning\n$/m);
  assert.match(text, /^END_REQUEST {2}appStatus 0, REQUEST_COMPLETE\n$/m);
  const body = new RequestText({ stream: 'body' });
  for (const record of capture.records) body.record(record);
  assert.equal([...body.text()].join(''), 'thanks\n');
});

test('raw streams are the very bytes, the body without its head wherever records are cut', () => {
  const bytes = Uint8Array.from({ length: 300 }, (_, i) => i & 255);
  const whole = cgiResponse({ body: bytes });
  for (let size = 1; size <= 60; size++) {
    const capture = exchange(
      request({ method: 'POST', body: bytes }),
      concat(stdout(whole, { recordSize: size, end: true })),
    );
    const collect = (name: 'stdin' | 'stdout' | 'body') => {
      const pieces: Uint8Array[] = [];
      const raw = new RawStream(name, (piece) => pieces.push(piece));
      for (const record of capture.records) raw.record(record);
      return concat(...pieces);
    };
    assert.deepEqual(collect('stdout'), whole);
    assert.deepEqual(collect('body'), bytes);
    assert.deepEqual(collect('stdin'), bytes);
  }
});

test('a stream that goes on after a small request is not mistaken for its head', () => {
  const capture = exchange(concat(request({ stdinEnd: false }), stream(STDIN, 1, 'later')), response());
  const view = new RequestText({ stream: 'stdin' });
  for (const record of capture.records) view.record(record);
  assert.equal([...view.text()].join(''), 'later\n');
});
