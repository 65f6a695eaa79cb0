// SCGI requests: a netstring of headers and a body (python.ca/scgi/protocol.txt).
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { request } from '../../src/scgi/encode.js';
import { MAX_HEADERS, ScgiRequestParser, type ScgiSink } from '../../src/scgi/request-parser.js';
import { concat, toBytes } from '../support/bytes.js';
import { cuts, pieces, single } from '../support/pieces.js';

class Collector implements ScgiSink {
  readonly parser = new ScgiRequestParser(this);
  readonly headers: [string, string][] = [];
  readonly troubles: string[] = [];
  ended = 0;
  body = '';

  push(...parts: readonly Uint8Array[]): this {
    for (const part of parts) this.parser.push(part, 0, part.length);
    return this;
  }

  scgiHeader(bytes: Uint8Array, nameStart: number, nameEnd: number, valueStart: number, valueEnd: number): void {
    this.headers.push([text(bytes.subarray(nameStart, nameEnd)), text(bytes.subarray(valueStart, valueEnd))]);
  }

  scgiHeadersEnd(): void {
    this.ended++;
  }

  scgiBody(bytes: Uint8Array, start: number, end: number): void {
    assert.ok(end > start);
    this.body += text(bytes.subarray(start, end));
  }

  scgiMalformed(offset: number, detail: string): void {
    this.troubles.push(`${offset}: ${detail}`);
  }
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

describe('an SCGI request', () => {
  it('is what was written, however the bytes come', () => {
    const word = fc.string({ unit: fc.constantFrom('A', 'b', '_', ':', ',', '1'), minLength: 1, maxLength: 20 });
    const header = fc.tuple(word, fc.oneof(word, fc.constant('')));
    fc.assert(
      fc.property(
        fc.uniqueArray(header, { maxLength: 8, selector: ([name]) => name }),
        fc.string(),
        cuts,
        (list, body, shares) => {
          const headers = list.filter(([name]) => name !== 'CONTENT_LENGTH' && name !== 'SCGI');
          const bytes = request(headers, body);
          for (const way of [[bytes], pieces(bytes, shares), single(bytes)]) {
            const heard = new Collector().push(...way);
            assert.deepEqual(
              heard.headers.filter(([name]) => name !== 'CONTENT_LENGTH' && name !== 'SCGI'),
              headers,
            );
            assert.equal(heard.headers[0][0], 'CONTENT_LENGTH');
            assert.deepEqual([heard.ended, heard.body, heard.troubles], [1, text(toBytes(body)), []]);
          }
        },
      ),
    );
  });

  it('of the protocol text', () => {
    const bytes = toBytes(
      '70:CONTENT_LENGTH\x0027\x00SCGI\x001\x00REQUEST_METHOD\x00POST\x00REQUEST_URI\x00/deepthought\x00,What is the answer to life?',
    );
    const heard = new Collector().push(bytes);
    assert.deepEqual(heard.headers, [
      ['CONTENT_LENGTH', '27'],
      ['SCGI', '1'],
      ['REQUEST_METHOD', 'POST'],
      ['REQUEST_URI', '/deepthought'],
    ]);
    assert.equal(heard.body, 'What is the answer to life?');
  });

  it('begins anew after a restart', () => {
    const heard = new Collector().push(toBytes('nonsense'));
    heard.parser.restart();
    heard.push(request([['A', 'b']]));
    assert.equal(heard.ended, 1);
  });
});

describe('what is no SCGI request', () => {
  for (const [input, detail] of [
    [':abc,', /^0: the netstring has no length$/],
    ['GET / HTTP/1.1\r\n', /^0: /],
    ['12x', /^2: the netstring has no length$/],
    ['123456789:', /^8: /],
    [`${MAX_HEADERS + 1}:`, /^7: the netstring is longer than any header block$/],
    ['5:A\x00b\x00c;', /^7: no comma/],
    ['4:A\x00bc,', /^2: a header name without a value$/],
  ] as const) {
    it(JSON.stringify(input), () => {
      for (const way of [[toBytes(input)], single(toBytes(input))]) {
        const heard = new Collector().push(...way, toBytes('more'));
        assert.equal(heard.troubles.length, 1);
        assert.match(heard.troubles[0], detail);
        assert.deepEqual([heard.ended, heard.body], [0, '']);
      }
    });
  }

  it('takes no memory for headers that did not come', () => {
    const heard = new Collector().push(toBytes(`${MAX_HEADERS}:CONTENT_LENGTH`));
    const kept: unknown = Reflect.get(heard.parser, 'kept');
    assert.ok(kept instanceof Uint8Array && kept.length <= 4096);
    assert.deepEqual(heard.troubles, []);
  });
});

it('random bytes: nothing is thrown, and pieces do not matter', () => {
  const part = fc.oneof(fc.uint8Array({ maxLength: 20 }), fc.constantFrom('3:', 'a\x00b', '\x00,', '10:').map(toBytes));
  fc.assert(
    fc.property(fc.array(part, { maxLength: 8 }), cuts, (parts, shares) => {
      const bytes = concat(...parts);
      const whole = new Collector().push(bytes);
      for (const way of [pieces(bytes, shares), single(bytes)]) {
        const { headers, troubles, ended, body } = new Collector().push(...way);
        assert.deepEqual([headers, troubles, ended, body], [whole.headers, whole.troubles, whole.ended, whole.body]);
      }
    }),
    { numRuns: 500 },
  );
});
