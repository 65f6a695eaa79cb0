// Whole screens, held as text: every view at every size, driven by keys.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { projectRoot, sharedRoot } from '../support/paths.js';
import { golden, goldenName, goldensFolder } from './goldens.js';
import { isShown, readDocument, WALK_DOCUMENTS, walkDocument } from './walk-documents.js';
import { walksAtSizes } from './walks.js';

const documentsFolder = join(projectRoot, 'docs', 'screens');

for (const { walk, size } of walksAtSizes()) {
  const name = goldenName(walk, size);
  test(name, async () => {
    const expected = readFileSync(join(goldensFolder, name), 'utf8').split('\n');
    const actual = (await golden(walk, size)).split('\n');
    const at = actual.findIndex((line, i) => line !== expected[i]);
    const where = expected.slice(0, at + 1).findLast((line) => line.startsWith('== '));
    assert.ok(
      at < 0 && actual.length === expected.length,
      `${name} is another now (npm run screens writes it anew)\n${where}\n  was: ${expected[at]}\n  is:  ${actual[at]}`,
    );
  });
}

test('there are no other goldens', () => {
  const names = [...walksAtSizes()].map(({ walk, size }) => goldenName(walk, size));
  assert.deepEqual(readdirSync(goldensFolder).sort(), [...names].sort());
});

for (const walk of WALK_DOCUMENTS) {
  test(`docs/screens/${walk.file} uses keys that its screens show`, () => {
    const document = readDocument(documentsFolder, walk);
    const screens = [...document.matchAll(/```text\n([\s\S]*?)```/g)].map((match) => match[1]);
    assert.equal(screens.length, walk.steps.length);
    for (const [step, { keys, says }] of walk.steps.entries()) {
      assert.ok(document.includes(says), `${walk.file} does not say: ${says}`);
      for (const key of keys) {
        const seen = isShown(screens[step - 1], key) || isShown(screens[step], key);
        assert.ok(seen, `${key} of step ${step} is on neither screen`);
      }
    }
  });

  test(`docs/screens/${walk.file} is fresh`, {
    skip: sharedRoot === undefined && 'FCGI_INSPECT_SHARED is not set',
  }, async () => {
    const fresh = (await walkDocument(walk, sharedRoot!)) === readDocument(documentsFolder, walk);
    assert.ok(fresh, `docs/screens/${walk.file} is stale; npm run docs:screens writes it anew`);
  });
}
