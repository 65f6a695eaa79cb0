// What is run over the first rows while packets are still being read changes nothing of what is concluded in the end.
import assert from 'node:assert/strict';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { gather } from '../../src/sources/gather.js';
import { writeKept, writeManySmall } from '../bench/workloads.js';
import { inspect } from '../support/inspect.js';
import { temporaryFolder } from '../support/run-bin.js';

const folder = temporaryFolder();
after(() => rmSync(folder, { recursive: true, force: true }));

describe('a capture of more requests than are practised with', () => {
  for (const [name, write] of [
    ['kept', writeKept],
    ['many-small', writeManySmall],
  ] as const) {
    test(name, async () => {
      const path = join(folder, name);
      const { requests } = write(path, 10_000);
      const gathering = await gather([path], { logTimes: { zone: () => 0 } });
      const read = gathering.snapshot();
      const whole = inspect(readFileSync(path));
      assert.equal(read.summary.requests, requests);
      for (const part of ['summary', 'backends', 'findings'] as const) assert.deepEqual(read[part], whole[part], part);
    });
  }
});
