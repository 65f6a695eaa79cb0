// CGI response heads as a web server reads them: status, headers, where the body begins, and what is wrong.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { authorizerVariables, CgiResponse } from '../../src/protocol/web-server-response.js';
import { toBytes } from '../support/bytes.js';
import { cuts, pieces } from '../support/pieces.js';

/** Feeds it; returns it with the body that came. */
function read(parts: readonly Uint8Array[], limit?: number) {
  const response = new CgiResponse(limit);
  let body = '';
  for (const part of parts) {
    const start = response.push(part, 0, part.length);
    body += Buffer.from(part.subarray(start)).toString('latin1');
  }
  return { response, body };
}

const text = (value: string) => read([toBytes(value)]);

describe('item 73: a head', () => {
  it('has status 200 unless it says otherwise', () => {
    assert.equal(text('Content-Type: text/plain\r\n\r\n').response.status, 200);
    assert.equal(text('Status: 404 Not Found\r\n\r\n').response.status, 404);
    assert.equal(text('Status: 404 Not Found\r\n\r\n').response.reason, 'Not Found');
    assert.equal(text('status:204\r\n\r\n').response.status, 204);
    assert.equal(text('Location: /x\r\n\r\n').response.status, 302);
    assert.equal(text('Location: /x\r\nStatus: 301 Moved\r\n\r\n').response.status, 301);
  });

  it('may end its lines with LF or CRLF', () => {
    for (const end of ['\n', '\r\n']) {
      const { response, body } = text(`A: 1${end}B: 2${end}${end}body${end}`);
      assert.deepEqual(
        [...response.headers],
        [
          ['A', '1'],
          ['B', '2'],
        ],
      );
      assert.equal(body, `body${end}`);
      assert.equal(response.fault, undefined);
    }
  });

  it('keeps repeated Set-Cookie headers apart', () => {
    const { headers } = text('Set-Cookie: a=1\r\nX: y\r\nSet-Cookie: b=2; Path=/\r\n\r\n').response;
    assert.deepEqual(headers.getAll('set-cookie'), ['a=1', 'b=2; Path=/']);
    assert.equal(headers.get('SET-COOKIE'), 'a=1');
    assert.equal(headers.has('x'), true);
    assert.equal(headers.get('none'), undefined);
  });

  it('is the same however it is cut, at every position', () => {
    const bytes = toBytes('Status: 201 Created\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nbody');
    for (let cut = 0; cut <= bytes.length; cut++) {
      const { response, body } = read([bytes.subarray(0, cut), bytes.subarray(cut)]);
      assert.equal(response.status, 201);
      assert.equal(response.contentLength, 4);
      assert.equal(body, 'body');
      assert.equal(Buffer.from(response.bytes).toString(), Buffer.from(bytes.subarray(0, bytes.length - 4)).toString());
    }
  });

  it('may be larger than 8 KiB, in many pieces', () => {
    const value = 'v'.repeat(30_000);
    const bytes = toBytes(`X-Long: ${value}\r\nSet-Cookie: s\r\n\r\nb`);
    const parts = Array.from({ length: Math.ceil(bytes.length / 100) }, (_, i) =>
      bytes.subarray(i * 100, i * 100 + 100),
    );
    const { response, body } = read(parts);
    assert.equal(response.headers.get('x-long'), value);
    assert.equal(body, 'b');
  });

  it('keeps values with colons, bytes that are no UTF-8, and empty values', () => {
    const { headers } = read([Buffer.from('A: b: c\r\nB: \xe9\r\nC:\r\n\r\n', 'latin1')]).response;
    assert.deepEqual(
      [...headers],
      [
        ['A', 'b: c'],
        ['B', 'é'],
        ['C', ''],
      ],
    );
  });
});

describe('what is wrong with a head', () => {
  it('item 74: a status line is named, and its status can be read', () => {
    const { response } = text('HTTP/1.1 404 Not Found\r\nA: b\r\n\r\n');
    assert.equal(response.fault, 'non-parsed');
    assert.equal(response.status, 404);
    assert.equal(response.reason, 'Not Found');
    assert.equal(response.headers.get('a'), 'b');
  });

  it('a line without a colon, or with nothing before it', () => {
    assert.equal(text('no header at all\r\n\r\n').response.fault, 'malformed');
    assert.equal(text(': x\r\n\r\n').response.fault, 'malformed');
    assert.equal(text('A: b\r\nPHP Warning\r\n\r\n').response.fault, 'malformed');
  });

  it('a Status that is no number', () => {
    const { response } = text('Status: abc\r\n\r\n');
    assert.equal(response.fault, 'bad-status');
    assert.equal(response.status, 0);
  });

  it('a head larger than the limit, of which no more than the limit is kept', () => {
    const { response } = read([toBytes(`A: ${'x'.repeat(500)}`), toBytes('y'.repeat(500))], 400);
    assert.equal(response.fault, 'too-large');
    assert.equal(response.bytes.length, 400);
    assert.equal(text('A: b\r\n\r\n').response.fault, undefined);
  });
});

describe("an Authorizer's variables", () => {
  it('item 91: are the headers that begin with Variable-, in any case; the name after it stays as it is', () => {
    const { headers } = text(
      'VARIABLE-Remote_User: joe\r\nContent-Type: x\r\nvariable-a-B: 2\r\nVariable-: no\r\n\r\n',
    ).response;
    assert.deepEqual(
      [...authorizerVariables(headers)],
      [
        ['Remote_User', 'joe'],
        ['a-B', '2'],
      ],
    );
  });
});

it('property: any bytes in any pieces give the same head, and never throw', () => {
  const lines = fc
    .array(fc.constantFrom('A: b', 'Status: 200 OK', 'Status: x', '', 'bad', 'HTTP/1.1 200 OK', 'X:\0', ':'), {
      maxLength: 8,
    })
    .map((list) => toBytes(list.join('\r\n')));
  fc.assert(
    fc.property(fc.oneof(lines, fc.uint8Array({ maxLength: 200 })), cuts, (bytes, shares) => {
      const look = ({ response, body }: ReturnType<typeof read>) => ({
        status: response.status,
        fault: response.fault,
        complete: response.complete,
        headers: [...response.headers],
        body,
      });
      assert.deepEqual(look(read(pieces(bytes, shares), 100)), look(read([bytes], 100)));
    }),
    { seed: 3, numRuns: 500 },
  );
});
