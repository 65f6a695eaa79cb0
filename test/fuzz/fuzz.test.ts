// A few hundred fuzz cases with every test run, and proof that the fuzzer notices what it is there to notice.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fixturesFolder } from '../support/paths.js';
import { smallCaptures } from './captures.js';
import { caseBytes } from './cases.js';
import { type FuzzResult, fuzz } from './runner.js';

const failures = mkdtempSync(join(tmpdir(), 'fcgi-inspect-test-'));
after(() => rmSync(failures, { recursive: true }));

/** Runs cases with a target that is given as the source of a module. */
function run(source: string, count: number, memoryLimit = 4e9): Promise<FuzzResult> {
  const target = `data:text/javascript,${encodeURIComponent(source)}`;
  return fuzz({ seed: 10, count, target, folders: [], failures, timeLimit: 2000, memoryLimit });
}

describe('fuzz', () => {
  it('makes the same bytes of the same seed', () => {
    for (let seed = 1; seed <= 20; seed++) assert.deepEqual(caseBytes(seed, []), caseBytes(seed, []));
    assert.notDeepEqual(caseBytes(1, []), caseBytes(2, []));
  });

  it('finds nothing in the whole analysis', async () => {
    const target = new URL('./target.js', import.meta.url).href;
    const limits = { timeLimit: 20_000, memoryLimit: 512e6 };
    const result = await fuzz({ seed: 1, count: 300, target, folders: [fixturesFolder], failures, ...limits });
    assert.deepEqual(result.failures, []);
    assert.equal(result.cases, 300);
  });

  it('tells of a case that throws, writes it down and goes on', async () => {
    const result = await run(
      `let n = 0; export const inspectBytes = () => { if (++n === 3) throw new Error('boom') }`,
      5,
    );
    assert.equal(result.cases, 5);
    assert.deepEqual(
      result.failures.map(({ seed, reason }) => [seed, reason.split('\n')[0]]),
      [[12, 'Error: boom']],
    );
    assert.deepEqual(new Uint8Array(readFileSync(result.failures[0].file)), caseBytes(12, smallCaptures([])));
  });

  it('ends a case that does not end, and goes on with the next', async () => {
    const result = await run('let n = 0; export const inspectBytes = () => { if (++n === 2) for (;;); }', 3);
    assert.equal(result.cases, 3);
    assert.deepEqual(
      result.failures.map(({ seed, reason }) => [seed, reason]),
      [[11, 'took longer than 2000 ms and was ended']],
    );
  });

  it('notices memory', async () => {
    const limit = process.resourceUsage().maxRSS * 1024 + 60e6;
    const source = 'let n = 0; export const inspectBytes = () => { if (++n === 2) new Uint8Array(120e6).fill(1) }';
    const result = await run(source, 3, limit);
    assert.deepEqual(
      result.failures.map(({ seed }) => seed),
      [11],
    );
    assert.match(result.failures[0].reason, /MB of memory/);
  });

  it('says so when the target cannot be loaded', async () => {
    await assert.rejects(run('throw new Error("not today")', 1), /not today/);
  });
});
