// Every item of the conformance checklist (1 to 96 FastCGI, S1 to S12 SCGI) is a test named by its number, or stands
// here with the reason why it is none.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { projectRoot } from '../support/paths.js';

const WEB_SERVER_SIDE = 'about the web server’s end of a connection only';

/** Items without a test for the application's end. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  27: WEB_SERVER_SIDE,
  36: WEB_SERVER_SIDE,
  37: WEB_SERVER_SIDE,
  38: WEB_SERVER_SIDE,
  46: WEB_SERVER_SIDE,
  50: WEB_SERVER_SIDE,
  58: WEB_SERVER_SIDE,
  59: WEB_SERVER_SIDE,
  61: WEB_SERVER_SIDE,
  67: WEB_SERVER_SIDE,
  73: WEB_SERVER_SIDE,
  74: WEB_SERVER_SIDE,
  81: WEB_SERVER_SIDE,
  86: WEB_SERVER_SIDE,
  87: WEB_SERVER_SIDE,
  91: WEB_SERVER_SIDE,
  92: WEB_SERVER_SIDE,
};

const ITEMS = [
  ...Array.from({ length: 96 }, (_, index) => String(index + 1)),
  ...Array.from({ length: 12 }, (_, index) => `S${index + 1}`),
];

/** Items that names of tests begin with: `item 7: …`, `items 35, 54: …`. */
function tested(): Set<string> {
  const items = new Set<string>();
  const folder = join(projectRoot, 'test');
  for (const name of readdirSync(folder, { recursive: true }).map(String)) {
    if (!name.endsWith('.test.ts')) continue;
    for (const [, list] of readFileSync(join(folder, name), 'utf8').matchAll(/['"`]items? ([S\d][S\d, and]*):/g))
      for (const [item] of list.matchAll(/S?\d+/g)) items.add(item);
  }
  return items;
}

test('every item of the conformance checklist is tested, or left out with a reason', () => {
  const done = tested();
  assert.deepEqual(
    ITEMS.filter((item) => !done.has(item) && LEFT_OUT[item] === undefined),
    [],
  );
  assert.deepEqual(
    [...done].filter((item) => !ITEMS.includes(item)),
    [],
  );
});
