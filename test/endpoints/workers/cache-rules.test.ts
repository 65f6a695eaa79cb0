// Which responses a cache for everybody may keep.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cacheKey, timeToLive } from '../../../src/endpoints/workers/cache-rules.js';
import { Params } from '../../../src/protocol/application-params.js';

function key(parameters: Record<string, string>): string | undefined {
  return cacheKey(Params.from(Object.entries({ REQUEST_METHOD: 'GET', REQUEST_URI: '/a?b', ...parameters })));
}

describe('the key', () => {
  test('tells methods, hosts, schemes and queries apart', () => {
    const keys = [
      key({}),
      key({ REQUEST_METHOD: 'HEAD' }),
      key({ HTTP_HOST: 'one.example' }),
      key({ HTTPS: 'on' }),
      key({ REQUEST_URI: '/a?c' }),
    ];
    assert.equal(new Set(keys).size, 5);
    assert.ok(keys.every((one) => one !== undefined));
    assert.equal(key({ REMOTE_ADDR: '192.0.2.1' }), key({}));
  });

  test('is made of SCRIPT_NAME, PATH_INFO and QUERY_STRING where there is no REQUEST_URI', () => {
    const made = (query: string): string | undefined =>
      cacheKey(
        Params.from([
          ['REQUEST_METHOD', 'GET'],
          ['SCRIPT_NAME', '/x'],
          ['PATH_INFO', '/y'],
          ['QUERY_STRING', query],
        ]),
      );
    assert.match(made('q') ?? '', /\/x\/y\?q$/);
    assert.notEqual(made('q'), made('r'));
    assert.equal(cacheKey(Params.from([['REQUEST_METHOD', 'GET']])), undefined);
  });

  test('is not there for what changes something or is somebody’s', () => {
    for (const parameters of [
      { REQUEST_METHOD: 'POST' },
      { HTTP_AUTHORIZATION: 'Basic x' },
      { HTTP_COOKIE: 'a=b' },
      { HTTP_RANGE: 'bytes=0-1' },
    ])
      assert.equal(key(parameters as unknown as Record<string, string>), undefined);
    assert.equal(cacheKey(Params.empty), undefined);
  });
});

describe('the time', () => {
  const time = (head: string): number => timeToLive(Buffer.from(`${head}\r\n\r\nbody`), 5000);

  test('is the standard, or what Cache-Control says', () => {
    assert.equal(time('Content-Type: text/plain'), 5000);
    assert.equal(time('Status: 404 Not Found\nContent-Type: text/plain'), 5000);
    assert.equal(time('Cache-Control: public, max-age=7'), 7000);
    assert.equal(time('cache-control: max-age=7, s-maxage=9'), 9000);
    assert.equal(time('Cache-Control: max-age=0'), 0);
    assert.equal(time('Status: 301\r\nLocation: /b'), 5000);
  });

  test('is 0 where a response is not for everybody, or not an answer', () => {
    for (const head of [
      'Set-Cookie: a=b',
      'Vary: Accept-Encoding',
      'Cache-Control: no-store',
      'Cache-Control: private, max-age=9',
      'Cache-Control: no-cache',
      'Status: 500 Internal Server Error',
      'Status: 206 Partial Content',
      'Location: /elsewhere',
    ])
      assert.equal(time(head), 0, head);
    assert.equal(timeToLive(Buffer.from('Content-Type: text/plain\r\nno end'), 5000), 0);
    assert.equal(timeToLive(new Uint8Array(0), 5000), 0);
    assert.equal(timeToLive(Buffer.from(`X: ${'a'.repeat(20_000)}\r\n\r\n`), 5000), 0);
  });
});
