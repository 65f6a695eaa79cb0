// What is built has the numbers of named constants where they are used: the packet path is full of them, and esbuild
// leaves them alone for many reasons, without a word.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { projectRoot } from '../support/paths.js';

test('the quick program knows no constant of the packet path by its name', () => {
  const program = readFileSync(join(projectRoot, 'dist', 'bundle', 'cli', 'quick.cjs'), 'utf8');
  for (const name of [
    'RECORD_WORDS',
    'ORIGINATOR_IS_HIGH',
    'MARK_ESTABLISHED',
    'REQUEST_PARAMS_ENDED',
    'SWEEP_PACKETS',
  ])
    assert.doesNotMatch(program, new RegExp(`\\b${name}\\b`));
  assert.match(program, /\bTcpTracker\b/);
});
