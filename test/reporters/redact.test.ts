// Secrets do not show unless asked for.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isSecretName } from '../../src/model/secret-names.js';
import { redactText, redactValue } from '../../src/reporters/redact.js';

test('names, in any spelling', () => {
  for (const name of [
    ...[
      'HTTP_AUTHORIZATION',
      'HTTP_COOKIE',
      'PHP_AUTH_PW',
      'Set-Cookie',
      'set-cookie',
      'SET_COOKIE',
      'HTTP_PROXY_AUTHORIZATION',
    ],
    ...[
      'PHP_AUTH_DIGEST',
      'Authorization',
      'cookie',
      'REDIRECT_HTTP_AUTHORIZATION',
      'REDIRECT_REDIRECT_HTTP_COOKIE',
      'X-Api-Key',
    ],
    ...['DB_PASSWORD', 'APP_SECRET', 'HTTP_X_SESSION_TOKEN', 'http_cookie', ' Cookie '],
  ]) {
    assert.ok(isSecretName(name), name);
  }
  for (const name of [
    'REQUEST_URI',
    'HTTP_HOST',
    'PHP_AUTH_USER',
    'AUTH_TYPE',
    'COOKIES_ENABLED',
    'TOKENS',
    'CONTENT_TYPE',
    '',
    'x'.repeat(300),
  ]) {
    assert.ok(!isSecretName(name), name);
  }
});

test('values: their length in bytes stays', () => {
  assert.equal(redactValue('HTTP_COOKIE', 'id=1'), '[redacted 4 bytes]');
  assert.equal(redactValue('HTTP_COOKIE', 'é'), '[redacted 2 bytes]');
  assert.equal(redactValue('HTTP_COOKIE', 'x'), '[redacted 1 byte]');
  assert.equal(redactValue('HTTP_COOKIE', new Uint8Array(300)), '[redacted 300 bytes]');
  assert.equal(redactValue('HTTP_COOKIE', ''), '');
  assert.equal(redactValue('HTTP_HOST', 'example.org'), 'example.org');
});

test('response heads and messages', () => {
  assert.equal(
    redactText('Status: 200\r\nSet-Cookie: id=secret; Path=/\r\nContent-Type: text/html\r\n\r\n'),
    'Status: 200\r\nSet-Cookie: [redacted 17 bytes]\r\nContent-Type: text/html\r\n\r\n',
  );
  assert.equal(redactText('set-cookie: a\n\tfolded\nX: 1'), 'set-cookie: [redacted 1 byte]\n [redacted 6 bytes]\nX: 1');
  assert.equal(redactText('PHP message: bad HTTP_COOKIE=a=b; c=d'), 'PHP message: bad HTTP_COOKIE=[redacted 8 bytes]');
  assert.equal(redactText('sent "Authorization: Basic abc" twice'), 'sent "Authorization: [redacted 16 bytes]');
  assert.equal(redactText('{"HTTP_COOKIE":"a=b"}'), '{"HTTP_COOKIE":[redacted 6 bytes]');
  assert.equal(redactText('    [HTTP_COOKIE] => a=b'), '    [HTTP_COOKIE] => [redacted 3 bytes]');
  assert.equal(redactText('nothing: here'), 'nothing: here');
});

test('a secret of a header never survives, wherever the header stands', () => {
  const word = fc.string({ unit: fc.constantFrom('a', ' ', ':', '=', '-', '"', '\t'), maxLength: 12 });
  fc.assert(
    fc.property(
      word,
      word,
      fc.constantFrom('Cookie', 'Set-Cookie', 'HTTP_AUTHORIZATION'),
      fc.constantFrom(': ', '=', ':'),
      (before, after, name, sign) => {
        assert.ok(!redactText(`${before} ${name}${sign}SECRET${after}`).includes('SECRET'));
      },
    ),
  );
});
