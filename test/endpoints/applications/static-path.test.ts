// Paths of requests below a folder: no spelling gets out of it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { staticPath } from '../../../src/endpoints/applications/static-path.js';

test('plain paths are decoded once', () => {
  assert.deepEqual(staticPath('/'), []);
  assert.deepEqual(staticPath('/a/b%20c/%C3%A4.txt'), ['a', 'b c', 'ä.txt']);
  assert.deepEqual(staticPath('//a///b/'), ['a', 'b']);
  assert.deepEqual(staticPath('/%2541'), ['%41']);
});

test('what leads out, hides or is no path is refused', () => {
  for (const path of [
    '/..',
    '/../etc/passwd',
    '/a/../../b',
    '/%2e%2e/etc',
    '/%2e%2e%2fetc',
    '/.git/config',
    '/a/.env',
    '/./a',
  ])
    assert.equal(staticPath(path), 'hidden', path);
  for (const path of ['', 'a', '/%', '/%zz', '/a%00.txt', '/..\\..\\x', '/%5c..', 'http://x/'])
    assert.equal(staticPath(path), 'bad', path);
});

test('no path has parts that lead anywhere else', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('/', '.', '..', '%2e', '%2f', '%5c', '\\', 'a', '%00', '%25'), { maxLength: 12 }),
      (parts) => {
        const found = staticPath(`/${parts.join('')}`);
        if (typeof found === 'string') return;
        for (const part of found) assert.ok(part !== '' && !part.startsWith('.') && !/[/\\\0]/.test(part), part);
      },
    ),
    { seed: 2, numRuns: 500 },
  );
});
