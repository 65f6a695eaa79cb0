// Lists of known differences from other programs' answers: tab-separated, one a line, the reason in the last column.
// A difference that is not listed fails the test, and so does a listed one that does not occur any more.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../support/paths.js';

/** Holds the differences that were found (columns joined by tabs) against test/corpus/<name>. */
export function assertListed(name: string, found: readonly string[]): void {
  const lines = readFileSync(join(projectRoot, 'test', 'corpus', name), 'utf8')
    .trimEnd()
    .split('\n')
    .slice(1);
  const listed = new Set<string>();
  for (const line of lines) {
    const columns = line.split('\t');
    const reason = columns.pop();
    assert.ok(reason !== undefined && reason.length > 10, `no reason given: ${line}`);
    listed.add(columns.join('\t'));
  }
  const occurring = new Set(found);
  const unlisted = [...occurring].filter((difference) => !listed.has(difference));
  const gone = [...listed].filter((difference) => !occurring.has(difference));
  assert.deepEqual({ unlisted, gone }, { unlisted: [], gone: [] });
}
