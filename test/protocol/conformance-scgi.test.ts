// Items S1 to S9 of the conformance checklist, as far as they concern the application's end: SCGI requests
// (python.ca/scgi/protocol.txt).
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Params } from '../../src/protocol/application-params.js';
import { ScgiApplicationConnection, type ScgiApplicationSink } from '../../src/protocol/application-scgi.js';
import { applicationOptions } from '../../src/protocol/index.js';
import { headerBlock, netstring } from '../../src/scgi/encode.js';
import { concat, toBytes } from '../support/bytes.js';
import { single } from '../support/pieces.js';
import { scgiRequest } from '../support/scgi-messages.js';

class Application implements ScgiApplicationSink {
  readonly machine = new ScgiApplicationConnection(this, applicationOptions({ limits: { paramsBytes: 5000 } }));
  params: Params | undefined;
  body = '';
  readonly heard: string[] = [];
  readonly problems: string[] = [];

  push(...parts: readonly Uint8Array[]): this {
    for (const part of parts) this.machine.push(part);
    return this;
  }

  requestReady(params: Params): void {
    this.params = params;
    this.heard.push('ready');
  }

  bodyBytes(bytes: Uint8Array, start: number, end: number): void {
    this.body += Buffer.from(bytes.subarray(start, end)).toString('latin1');
  }

  bodyEnd(): void {
    this.heard.push('body ends');
  }

  requestAborted(): void {
    this.heard.push('aborted');
  }

  requestEnded(): void {
    this.heard.push('ended');
  }

  problem(problem: { readonly code: string; readonly detail: string }): void {
    this.problems.push(`${problem.code}: ${problem.detail}`);
  }
}

const block = (...strings: string[]) => netstring(strings.map((text) => `${text}\0`).join(''));

function refused(bytes: Uint8Array, detail: RegExp): void {
  for (const way of [[bytes], single(bytes)]) {
    const application = new Application().push(...way);
    assert.deepEqual([application.heard, application.machine.done], [[], true], String(detail));
    assert.equal(application.problems.length, 1);
    assert.match(application.problems[0], /^scgi-malformed: /);
    assert.match(application.problems[0], detail);
  }
}

describe('an SCGI request', () => {
  it('item S1: is a netstring of headers and a body', () => {
    const application = new Application().push(
      toBytes(
        '70:CONTENT_LENGTH\x0027\0SCGI\x001\0REQUEST_METHOD\0POST\0REQUEST_URI\0/deepthought\0,What is the answer to life?',
      ),
    );
    assert.deepEqual(
      [...application.params!],
      [
        ['CONTENT_LENGTH', '27'],
        ['SCGI', '1'],
        ['REQUEST_METHOD', 'POST'],
        ['REQUEST_URI', '/deepthought'],
      ],
    );
    assert.deepEqual([application.body, application.heard], ['What is the answer to life?', ['ready', 'body ends']]);
    assert.deepEqual(application.problems, []);
  });

  it('item S2: the length is digits without leading zeros, and not too large', () => {
    const rest = block('CONTENT_LENGTH', '0', 'SCGI', '1');
    refused(concat('0', rest), /leading zeros/);
    refused(concat('00:,'), /leading zeros/);
    refused(concat('-1:,'), /no length/);
    refused(concat(':,'), /no length/);
    refused(concat('1x:,'), /no length/);
    refused(concat('12345678901234567890:'), /no length/);
    refused(concat('5001:'), /longer than any header block/);
    refused(concat('0:,'), /no CONTENT_LENGTH/);
  });

  it('item S3: headers are names and values, each with its NUL; a value may be empty, a name may not', () => {
    const application = new Application().push(block('CONTENT_LENGTH', '0', 'SCGI', '1', 'EMPTY', ''));
    assert.equal(application.params!.get('EMPTY'), '');
    refused(block('CONTENT_LENGTH', '0', 'SCGI', '1', 'ODD'), /name without a value/);
    refused(netstring(concat(headerBlock({ CONTENT_LENGTH: '0', SCGI: '1' }), 'NAME')), /name without its NUL/);
    refused(netstring(concat(headerBlock({ CONTENT_LENGTH: '0', SCGI: '1' }), 'NAME\0value')), /without a value/);
    refused(block('CONTENT_LENGTH', '0', 'SCGI', '1', '', 'value'), /empty name/);
  });

  it('item S4: the first header is CONTENT_LENGTH, a number, also of no body', () => {
    refused(block('SCGI', '1', 'CONTENT_LENGTH', '0'), /first header is not CONTENT_LENGTH/);
    for (const value of ['', 'x', '-1', '1e3']) {
      refused(block('CONTENT_LENGTH', value, 'SCGI', '1'), /CONTENT_LENGTH is no number/);
    }
  });

  it('item S5: there is a header SCGI with the value 1', () => {
    refused(block('CONTENT_LENGTH', '0'), /no header SCGI/);
    refused(block('CONTENT_LENGTH', '0', 'SCGI', '2'), /no header SCGI/);
  });

  it('item S6: no name comes twice', () => {
    refused(block('CONTENT_LENGTH', '0', 'SCGI', '1', 'A', 'x', 'A', 'y'), /A comes twice/);
    refused(block('CONTENT_LENGTH', '0', 'CONTENT_LENGTH', '0', 'SCGI', '1'), /CONTENT_LENGTH comes twice/);
  });

  it('item S7: a comma closes the netstring', () => {
    const bytes = block('CONTENT_LENGTH', '0', 'SCGI', '1').slice();
    bytes[bytes.length - 1] = 0x3b;
    refused(bytes, /no comma/);
  });

  it('item S8: the body is CONTENT_LENGTH bytes: fewer and more are told', () => {
    const short = new Application().push(block('CONTENT_LENGTH', '10', 'SCGI', '1'), toBytes('abc'));
    short.machine.inputEnded();
    assert.deepEqual([short.heard, short.body], [['ready', 'aborted'], 'abc']);
    assert.deepEqual(short.problems, ['content-length-mismatch: the body is 7 bytes shorter than CONTENT_LENGTH']);
    const long = new Application().push(block('CONTENT_LENGTH', '3', 'SCGI', '1'), toBytes('abcd'), toBytes('efg'));
    assert.deepEqual([long.heard, long.body], [['ready', 'body ends'], 'abc']);
    assert.deepEqual(long.problems, ['content-length-mismatch: more bytes came than CONTENT_LENGTH says']);
  });

  it('item S9: it does not matter how the bytes come, at every position', () => {
    const bytes = scgiRequest({ method: 'POST', uri: '/a?b', body: 'the body' });
    const outcome = (application: Application) => [[...application.params!], application.body, application.heard];
    const whole = outcome(new Application().push(bytes));
    for (let at = 1; at < bytes.length; at++) {
      assert.deepEqual(outcome(new Application().push(bytes.subarray(0, at), bytes.subarray(at))), whole);
    }
    assert.deepEqual(outcome(new Application().push(...single(bytes))), whole);
  });
});
