// When a tap looks at its host again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pauseAfter } from '../../src/cli/tap-host.js';

test('looks are a second apart, rarer where they take long, but never rarer than every five seconds', () => {
  assert.equal(pauseAfter(10), 990);
  assert.equal(pauseAfter(50), 1950);
  // A loaded machine: it took long to wait for a processor, and it is now that one wants to see something.
  assert.equal(pauseAfter(2000), 5000);
});
