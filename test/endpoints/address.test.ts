// Addresses of endpoints as users write them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatAddress, parseAddress } from '../../src/endpoints/address.js';
import { UserError } from '../../src/model/errors.js';

test('addresses are read, and written the same', () => {
  const known: [string, ReturnType<typeof parseAddress>, string?][] = [
    ['127.0.0.1:9000', { kind: 'tcp', host: '127.0.0.1', port: 9000 }],
    ['[::1]:9000', { kind: 'tcp', host: '::1', port: 9000 }],
    ['php.local:65535', { kind: 'tcp', host: 'php.local', port: 65_535 }],
    ['tcp://127.0.0.1:1', { kind: 'tcp', host: '127.0.0.1', port: 1 }, '127.0.0.1:1'],
    ['unix:/run/php/php-fpm.sock', { kind: 'unix', path: '/run/php/php-fpm.sock' }],
    ['unix:relative.sock', { kind: 'unix', path: 'relative.sock' }],
    ['/run/x.sock', { kind: 'unix', path: '/run/x.sock' }, 'unix:/run/x.sock'],
    ['unix:@name', { kind: 'unix', path: '\0name' }],
  ];
  for (const [text, address, written = text] of known) {
    assert.deepEqual(parseAddress(text), address);
    assert.equal(formatAddress(address), written);
  }
});

test('what is none is a UserError with a hint', () => {
  for (const text of [
    '',
    'localhost',
    ':9000',
    '9000',
    'h:',
    'h:0',
    'h:65536',
    'h:x',
    '::1:9000',
    'unix:',
    '[::1]',
    'a:1:2',
  ]) {
    assert.throws(
      () => parseAddress(text),
      (error: unknown) => error instanceof UserError && error.hint !== undefined,
      text,
    );
  }
});
