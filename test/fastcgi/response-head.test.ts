// The head of a CGI response (RFC 3875, section 6): status, length, and where the body begins.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { decimal, MAX_HEAD, ResponseHead } from '../../src/fastcgi/response-head.js';
import { LENGTH_ABSENT, LENGTH_INVALID, NO_STATUS } from '../../src/model/request-table.js';
import { concat, toBytes } from '../support/bytes.js';
import { cuts, pieces, single } from '../support/pieces.js';

function read(...parts: readonly (string | Uint8Array)[]): ResponseHead {
  const head = new ResponseHead();
  for (const part of parts.map(toBytes)) if (!head.complete) head.push(part, 0, part.length);
  return head;
}

describe('status', () => {
  for (const [head, status] of [
    ['Content-Type: text/html\r\n\r\n', 200],
    ['\r\n', 200],
    ['Status: 404 Not Found\r\n\r\n', 404],
    ['status:500\n\n', 500],
    ['STATUS:\t 204\r\n\r\n', 204],
    ['Location: /elsewhere\r\n\r\n', 302],
    ['Location: /elsewhere\r\nStatus: 301\r\n\r\n', 301],
    ['Status: 200\r\nLocation: /elsewhere\r\n\r\n', 200],
    ['Status: fine\r\n\r\n', NO_STATUS],
    ['Status:\r\n\r\n', NO_STATUS],
    ['Status: 0\r\n\r\n', NO_STATUS],
    ['Status: 999999999999\r\n\r\n', NO_STATUS],
    ['Statuses: 404\r\nXStatus: 404\r\n\r\n', 200],
    ['Status: 404\r\nStatus: 500\r\n\r\n', 500],
  ] as const) {
    it(JSON.stringify(head), () => {
      for (const way of [[head], single(toBytes(head))]) {
        const { httpStatus, complete } = read(...way);
        assert.deepEqual([httpStatus, complete], [status, true]);
      }
    });
  }

  it('of a head that is not complete is what is known so far', () => {
    assert.deepEqual([read('Status: 404').httpStatus, read('Status: 404\r\n').httpStatus], [200, 404]);
    assert.equal(read('Status: 404\r\n').complete, false);
  });
});

describe('the head', () => {
  it('ends at the first empty line, where the body begins', () => {
    for (const [text, length] of [
      ['A: b\r\n\r\nbody\r\n\r\n', 8],
      ['A: b\n\nbody', 6],
      ['A: b\n\r\nbody', 7],
      ['\nbody', 1],
    ] as const) {
      const bytes = toBytes(text);
      const head = new ResponseHead();
      assert.equal(head.push(bytes, 0, bytes.length), length);
      assert.deepEqual([head.length, head.complete, head.malformed], [length, true, false]);
      assert.equal(read(...single(bytes)).length, length);
    }
  });

  it('says when a line is no header', () => {
    assert.deepEqual(
      ['A: b\r\n\r\n', 'A:\r\n\r\n'].map((text) => read(text).malformed),
      [false, false],
    );
    const wrong = ['nothing\r\n\r\n', ': value\r\n\r\n', '<html>\r\n'];
    assert.deepEqual(
      wrong.map((text) => read(text).malformed),
      [true, true, true],
    );
  });

  it('without an end is kept only so far', () => {
    const head = new ResponseHead();
    const piece = new Uint8Array(60_000).fill(0x78);
    for (let i = 0; i < 100; i++) head.push(piece, 0, piece.length);
    assert.deepEqual([head.length, head.complete], [6_000_000, false]);
    const kept: unknown = Reflect.get(head, 'kept');
    assert.ok(kept instanceof Uint8Array && kept.length <= 4 * MAX_HEAD);
    head.restart();
    head.push(toBytes('Status: 404\r\n\r\n'), 0, 15);
    assert.deepEqual([head.httpStatus, head.length, head.complete], [404, 15, true]);
  });

  it('that is cut by a loss is not read on; a status whose number is there is one', () => {
    const lost = (first: string, rest = 'Status: 500\r\n\r\n') => {
      const head = read(first);
      head.lose();
      const bytes = toBytes(rest);
      assert.equal(head.push(bytes, 0, bytes.length), bytes.length);
      return [head.httpStatus, head.complete, head.malformed];
    };
    assert.deepEqual(lost('Status: 404 Not Fo'), [404, false, false]);
    assert.deepEqual(lost('Status: 40'), [200, false, false]);
    assert.deepEqual(lost('Status: 404'), [200, false, false], 'it may go on with another digit');
    assert.deepEqual(lost('Status: 403\r\nContent-Ty'), [403, false, false]);
    assert.deepEqual(lost('Content-Ty'), [200, false, false]);
  });
});

describe('Content-Length', () => {
  it('is a decimal number, or none', () => {
    const length = (value: string) => read(`Content-Length:${value}\r\n\r\n`).contentLength;
    assert.deepEqual(['12', ' 12 ', '\t0', '007'].map(length), [12, 12, 0, 7]);
    assert.deepEqual(['', '  '].map(length), [LENGTH_ABSENT, LENGTH_ABSENT]);
    assert.deepEqual(['-1', '1x', '0x10', '1e3', '9'.repeat(16)].map(length), Array(5).fill(LENGTH_INVALID));
    assert.equal(read('content-LENGTH: 5\r\n\r\n').contentLength, 5);
    assert.equal(read('X: 5\r\n\r\n').contentLength, LENGTH_ABSENT);
  });

  it('and every decimal is read as Number reads it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 999_999_999_999_999 }), (value) => {
        const bytes = toBytes(String(value));
        assert.equal(decimal(bytes, 0, bytes.length), value);
      }),
    );
  });
});

it('any head: pieces do not matter, nothing is thrown', () => {
  const line = fc.oneof(
    fc.constantFrom(
      'Status: 404\r\n',
      'Location: /\n',
      'Content-Length: 12\r\n',
      'X-A: b\r\n',
      'nothing\r\n',
      ':\n',
      '\r',
    ),
    fc.string({ maxLength: 30 }).map((text) => `${text}\r\n`),
  );
  const body = fc.constantFrom('', '\r\n', '\r\nbody\nStatus: 1\n\n');
  fc.assert(
    fc.property(fc.array(line, { maxLength: 8 }), body, cuts, (lines, rest, shares) => {
      const bytes = concat(...lines, rest);
      const facts = ({ httpStatus, length, complete, malformed, contentLength }: ResponseHead) => {
        return { httpStatus, length, complete, malformed, contentLength };
      };
      const whole = facts(read(bytes));
      assert.deepEqual(facts(read(...pieces(bytes, shares))), whole);
      assert.deepEqual(facts(read(...single(bytes))), whole);
    }),
    { numRuns: 500 },
  );
});
