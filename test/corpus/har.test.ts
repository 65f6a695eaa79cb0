// A public capture of nginx and php-fpm with a HAR file that another program made of it: the same requests, URLs,
// headers, statuses, bodies and times.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { PARAMS, STDIN, STDOUT } from '../../src/fastcgi/constants.js';
import { concat } from '../support/bytes.js';
import { decodeCapture } from '../support/decoded.js';
import { sharedRoot } from '../support/paths.js';
import { reportOfFiles } from '../support/report.js';

interface Header {
  readonly name: string;
  readonly value: string;
}

interface Content {
  readonly size: number;
  readonly text?: string;
}

interface Entry {
  readonly startedDateTime: string;
  /** Nanoseconds. */
  readonly time: number;
  readonly request: {
    readonly method: string;
    readonly url: string;
    readonly headers: readonly Header[];
    readonly content: Content;
  };
  readonly response: { readonly status: number; readonly headers: readonly Header[]; readonly content: Content };
}

const folder = join(sharedRoot ?? '', 'corpus', 'fcgi');
const capture = join(folder, 'pcap2har-fastcgi.pcap');
const skip = sharedRoot === undefined ? 'FCGI_INSPECT_SHARED is not set' : !existsSync(capture) && 'no corpus';

function entries(): readonly Entry[] {
  const text = readFileSync(join(folder, 'pcap2har-fastcgi.expected.har.json'), 'utf8');
  return (JSON.parse(text) as { log: { entries: readonly Entry[] } }).log.entries;
}

/** Of an ISO 8601 time since 1970; Date itself keeps only milliseconds. */
function microseconds(time: string): number {
  const [, fraction] = /\.(\d{6})/.exec(time) ?? assert.fail(time);
  return Date.parse(time.replace(/\.\d+/, '')) * 1000 + Number(fraction);
}

/** `name: value` of each header once, sorted; names in lower case. */
function lines(headers: Iterable<Header>): string[] {
  return [...new Set([...headers].map(({ name, value }) => `${name.toLowerCase()}: ${value}`))].sort();
}

const utf8 = new TextDecoder();

interface Said {
  readonly parameters: ReadonlyMap<string, string>;
  readonly stdin: Uint8Array;
  readonly head: string;
  readonly body: Uint8Array;
}

/** What was said in each request, from its records. */
function said(): Said[] {
  const { records } = decodeCapture(readFileSync(capture));
  const count = Math.max(...records.map((record) => record.request)) + 1;
  return Array.from({ length: count }, (_, request) => {
    const own = records.filter((record) => record.request === request);
    const of = (type: number) => own.filter((record) => record.type === type);
    const pairs = of(PARAMS).flatMap((record) => record.pairs);
    const stdout = concat(...of(STDOUT).map((record) => record.content));
    const end = Buffer.from(stdout).indexOf('\r\n\r\n');
    return {
      parameters: new Map(pairs.map(({ name, value }) => [utf8.decode(name), utf8.decode(value)])),
      stdin: concat(...of(STDIN).map((record) => record.content)),
      head: utf8.decode(stdout.subarray(0, end)),
      body: stdout.subarray(end + 4),
    };
  });
}

/** The HTTP headers that PARAMS stand for (RFC 3875, section 4.1). */
function requestHeaders(parameters: ReadonlyMap<string, string>): Header[] {
  return [...parameters].flatMap(([name, value]) => {
    const http = /^HTTP_(.+)$/.exec(name)?.[1] ?? (/^CONTENT_/.test(name) && value !== '' ? name : undefined);
    return http === undefined ? [] : [{ name: http.replaceAll('_', '-'), value }];
  });
}

function responseHeaders(head: string): Header[] {
  return head.split('\r\n').map((line) => {
    const [, name, value] = /^([^:]+): (.*)$/.exec(line) ?? assert.fail(line);
    return { name, value };
  });
}

test('the report has the requests of the HAR file', { skip }, async () => {
  const { report } = await reportOfFiles([capture]);
  const expected = entries();
  assert.equal(expected.length, 3);
  assert.deepEqual(
    report.requests.map(({ method, uri, httpStatus }) => ({ method, uri, httpStatus })),
    expected.map(({ request, response }) => ({
      method: request.method,
      uri: new URL(request.url).pathname + new URL(request.url).search,
      httpStatus: response.status,
    })),
  );
  const origin = microseconds(report.input.firstTime!);
  for (const [index, { begin, end, stdinBytes }] of report.requests.entries()) {
    const { startedDateTime, time, request } = expected[index];
    assert.equal(origin + Math.round(begin * 1e6), microseconds(startedDateTime));
    assert.ok(Math.abs(end! - begin - time / 1e9) < 1e-6, `${end! - begin} s instead of ${time} ns`);
    assert.equal(stdinBytes, request.content.size);
  }
});

test('records give the headers and bodies of the HAR file', { skip }, () => {
  const all = said();
  const expected = entries();
  assert.equal(all.length, expected.length);
  for (const [index, { parameters, stdin, head, body }] of all.entries()) {
    const { request, response } = expected[index];
    assert.equal(`http://${parameters.get('HTTP_HOST')}${parameters.get('REQUEST_URI')}`, request.url);
    assert.deepEqual(lines(requestHeaders(parameters)), lines(request.headers));
    assert.deepEqual(lines(responseHeaders(head)), lines(response.headers));
    assert.equal(utf8.decode(stdin), request.content.text ?? '');
    assert.equal(utf8.decode(body), response.content.text ?? '');
    assert.equal(body.length, response.content.size);
  }
});
