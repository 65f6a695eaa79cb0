// What a request's row keeps of its PARAMS, however they are cut and in whatever order they come.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { NameValueParser } from '../../src/fastcgi/name-value.js';
import { ParamsKeeper } from '../../src/fastcgi/params.js';
import { ByteStrings } from '../../src/model/byte-strings.js';
import { LENGTH_ABSENT, REQUEST_CHUNKED, RequestTable } from '../../src/model/request-table.js';

type Pair = readonly [string, string];

const latin1 = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));

/** Pairs with lengths of one byte. */
function encoded(pairs: readonly Pair[]): Uint8Array {
  return latin1(pairs.map(([name, value]) => String.fromCharCode(name.length, value.length) + name + value).join(''));
}

/** The row of a request whose PARAMS come in pieces of so many bytes, each in memory that is used again. */
function kept(pairs: readonly Pair[], first = Number.POSITIVE_INFINITY) {
  const requests = new RequestTable();
  const strings = new ByteStrings();
  const keeper = new ParamsKeeper(requests, strings);
  const params = new NameValueParser();
  const row = requests.add();
  const bytes = encoded(pairs);
  for (const piece of [bytes.slice(0, first), bytes.slice(Math.min(first, bytes.length))]) {
    keeper.read(params, row, piece, 0, piece.length);
    piece.fill(0xff);
  }
  assert.equal(params.pending, false);
  return {
    uri: strings.text(requests.uri[row]),
    method: strings.text(requests.method[row]),
    script: strings.text(requests.script[row]),
    contentLength: requests.contentLength[row],
    chunked: (requests.marks[row] & REQUEST_CHUNKED) !== 0,
  };
}

/** As they are, and cut at every byte. */
function assertKept(pairs: readonly Pair[], expected: Partial<ReturnType<typeof kept>>): void {
  const nothing = { uri: '', method: '', script: '', contentLength: LENGTH_ABSENT, chunked: false };
  assert.deepEqual(kept(pairs), { ...nothing, ...expected });
  for (let first = 0; first <= encoded(pairs).length; first++)
    assert.deepEqual(kept(pairs, first), { ...nothing, ...expected }, `cut after ${first} bytes`);
}

const URI: Pair = ['REQUEST_URI', '/shop?n=1'];
const NAME: Pair = ['SCRIPT_NAME', '/index.php'];

describe('PARAMS that are kept', () => {
  test('REQUEST_URI, wherever SCRIPT_NAME stands', () => {
    assertKept([NAME, URI], { uri: '/shop?n=1' });
    assertKept([URI, NAME], { uri: '/shop?n=1' });
  });

  test('SCRIPT_NAME where there is no REQUEST_URI', () => {
    assertKept([NAME], { uri: '/index.php' });
    assertKept([['REMOTE_ADDR', '192.0.2.7'], NAME, ['REMOTE_PORT', '51234']], { uri: '/index.php' });
  });

  test('the name of one request is not that of the next', () => {
    const requests = new RequestTable();
    const strings = new ByteStrings();
    const keeper = new ParamsKeeper(requests, strings);
    for (const pairs of [[NAME, URI], [NAME], [['SERVER_NAME', 'example.org'] as const]]) {
      const bytes = encoded(pairs);
      keeper.read(new NameValueParser(), requests.add(), bytes, 0, bytes.length);
    }
    assert.deepEqual(
      [0, 1, 2].map((row) => strings.text(requests.uri[row])),
      ['/shop?n=1', '/index.php', ''],
    );
  });

  test('method, script, length and transfer coding', () => {
    assertKept(
      [
        ['QUERY_STRING', 'n=1'],
        ['REQUEST_METHOD', 'POST'],
        ['CONTENT_LENGTH', '42'],
        ['SCRIPT_FILENAME', '/srv/index.php'],
        ['HTTP_TRANSFER_ENCODING', 'chunked'],
      ],
      { method: 'POST', script: '/srv/index.php', contentLength: 42, chunked: true },
    );
  });

  test('names of the same lengths, and with the same ninth letter, are others', () => {
    assertKept(
      [
        ['SERVER_NAME', 'a'],
        ['REQUEST_URL', 'b'],
        ['XXXXXXXXUXX', 'c'],
        ['REQUEST_MXTHOD', 'd'],
        ['CONTENT_LXNGTH', '5'],
        ['SCRIPT_FIXENAME', 'e'],
        ['HTTP_TRXNSFER_ENCODING', 'chunked'],
      ],
      {},
    );
  });
});
