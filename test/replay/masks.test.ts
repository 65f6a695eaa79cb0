// Secrets are written over wherever a stream is cut, and nothing else is touched.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isSecretName } from '../../src/model/secret-names.js';
import { APPLICATION, WEB_SERVER } from '../../src/model/side.js';
import { HeadMask } from '../../src/replay/head-mask.js';
import { PairMask } from '../../src/replay/pair-mask.js';
import { ScgiScanner } from '../../src/replay/scgi-scanner.js';
import { RecordScanner } from '../../src/replay/stream-scanner.js';
import { toBytes } from '../support/bytes.js';
import { request, response } from '../support/fastcgi-messages.js';
import { scgiRequest } from '../support/scgi-messages.js';

const latin1 = (value: Uint8Array) => Buffer.from(value).toString('latin1');

/** Pushes in pieces of the given lengths, the last one repeated. */
function inPieces(whole: Uint8Array, cuts: readonly number[], push: (piece: Uint8Array) => void): string {
  const copy = Uint8Array.from(whole);
  for (let at = 0, i = 0; at < copy.length; i++) {
    const end = Math.min(copy.length, at + (cuts[Math.min(i, cuts.length - 1)] ?? copy.length));
    push(copy.subarray(at, end));
    at = end;
  }
  return latin1(copy);
}

const length = (value: number) =>
  value < 128 ? Buffer.of(value) : Buffer.of(0x80 | (value >>> 24), value >>> 16, value >>> 8, value);
const pair = (name: string, value: string) =>
  Buffer.concat([length(name.length), length(value.length), Buffer.from(name, 'latin1'), Buffer.from(value, 'latin1')]);

const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 20 });
const pairs = fc.array(
  fc.tuple(
    fc.constantFrom('HTTP_COOKIE', 'HTTP_AUTHORIZATION', 'DB_PASSWORD', 'REQUEST_URI', 'X', '', 'N'.repeat(300)),
    fc.string({ maxLength: 300, unit: 'binary-ascii' }),
  ),
  { maxLength: 12 },
);

test('of name-value pairs exactly the secret values are written over, wherever they are cut', () => {
  fc.assert(
    fc.property(pairs, cuts, (list, lengths) => {
      const mask = new PairMask();
      const whole = Buffer.concat(list.map(([name, value]) => pair(name, value)));
      const masked = inPieces(whole, lengths, (piece) => mask.push(piece, 0, piece.length));
      const expected = list.map(([name, value]) => pair(name, isSecretName(name) ? 'x'.repeat(value.length) : value));
      assert.equal(masked, latin1(Buffer.concat(expected)));
      assert.equal(mask.masked, list.filter(([name, value]) => isSecretName(name) && value !== '').length);
    }),
  );
});

test('of a response head the values of Set-Cookie are written over, with their continuation, and the body is not', () => {
  const head =
    'Content-Type: text/html\r\nSet-Cookie: session=abc; Path=/\r\n  and=more\r\nX-Auth-Token:\tq q\nSet-Cookie2:\r\n\r\n';
  const body = 'Set-Cookie: not=this\r\n\r\nSet-Cookie: nor=that';
  const expected =
    'Content-Type: text/html\r\nSet-Cookie: xxxxxxxxxxxx xxxxxx\r\n  xxxxxxxx\r\nX-Auth-Token:\tx x\nSet-Cookie2:\r\n\r\n';
  fc.assert(
    fc.property(cuts, (lengths) => {
      const mask = new HeadMask();
      const whole = toBytes(head + body);
      assert.equal(
        inPieces(whole, lengths, (piece) => mask.push(piece, 0, piece.length)),
        expected + body,
      );
      assert.equal(mask.masked, 2);
    }),
  );
});

test('a whole exchange keeps its length, its framing and everything but the secrets', () => {
  const question = toBytes(
    request({ uri: '/a', parameters: { HTTP_COOKIE: 'id=1234567', HTTP_HOST: 'here' }, body: 'cookie' }),
  );
  const answer = toBytes(response({ headers: { 'Set-Cookie': 'id=7654321' }, body: 'Set-Cookie: fine' }));
  fc.assert(
    fc.property(cuts, (lengths) => {
      const web = new RecordScanner(WEB_SERVER, true);
      const application = new RecordScanner(APPLICATION, true);
      let ends = 0;
      let begins = 0;
      const asked = inPieces(question, lengths, (piece) => {
        begins += web.push(piece, 0, piece.length).begins;
      });
      const answered = inPieces(answer, lengths, (piece) => {
        ends += application.push(piece, 0, piece.length).ends;
      });
      assert.equal(asked, latin1(question).replace('id=1234567', 'xxxxxxxxxx'));
      assert.equal(answered, latin1(answer).replace('id=7654321', 'xxxxxxxxxx'));
      assert.deepEqual([web.masked, application.masked, begins, ends], [1, 1, 1, 1]);
    }),
  );
});

test('SCGI headers too', () => {
  const question = scgiRequest({
    parameters: { HTTP_COOKIE: 'id=1', SERVER_NAME: 'here' },
    body: 'HTTP_COOKIE\0id=1\0',
  });
  fc.assert(
    fc.property(cuts, (lengths) => {
      const web = new ScgiScanner(WEB_SERVER, true);
      const asked = inPieces(question, lengths, (piece) => web.push(piece, 0, piece.length));
      assert.equal(asked, latin1(question).replace('HTTP_COOKIE\0id=1', 'HTTP_COOKIE\0xxxx'));
      assert.equal(web.masked, 1);
    }),
  );
});
