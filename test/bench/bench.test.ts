// The benchmark's own parts: its captures hold what they say, its measuring measures, its verdicts follow the targets.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { response } from '../support/fastcgi-messages.js';
import { inspect } from '../support/inspect.js';
import { answering, withApplication } from '../support/scripted-application.js';
import { isInstalled, leftOut, measure } from './measure.js';
import { table } from './table.js';
import { row } from './targets.js';
import { type Workload, writeKept, writeLargeBodies, writeManySmall } from './workloads.js';

const folder = mkdtempSync(join(tmpdir(), 'fcgi-inspect-test-'));
after(() => rmSync(folder, { recursive: true }));

const WRITERS: readonly [string, (path: string, count: number) => Workload, number][] = [
  ['many-small', writeManySmall, 300],
  ['large-bodies', writeLargeBodies, 4],
  ['kept', writeKept, 500],
];

describe('benchmark', () => {
  for (const [name, write, count] of WRITERS) {
    it(`writes ${name}: whole requests, no gaps, and the same bytes each time`, () => {
      const paths = [join(folder, `${name}-1`), join(folder, `${name}-2`)];
      const workload = write(paths[0], count);
      write(paths[1], count);
      const bytes = readFileSync(paths[0]);
      assert.ok(bytes.equals(readFileSync(paths[1])));
      const { input, summary } = inspect(bytes);
      assert.equal(workload.requests, count);
      assert.deepEqual(
        [input.packets, input.tcpPackets, summary.connections, summary.requests, summary.unfinished, input.problems],
        [workload.packets, workload.packets, workload.connections, count, 0, []],
      );
      assert.equal(summary.timeWait.application, workload.connections);
    });
  }

  it('measures time, memory and output', async () => {
    const source = 'const kept = Buffer.alloc(64e6, 1); setTimeout(() => console.log(kept.length), 100)';
    const { seconds, memory, output } = await measure({ program: process.execPath, args: ['-e', source] }, true);
    assert.equal(output, '64000000\n');
    assert.ok(seconds >= 0.1);
    assert.ok(memory > 64e6, `${memory}`);
    await assert.rejects(measure({ program: process.execPath, args: ['-e', 'process.exit(3)'] }, false), /status 3/);
    assert.ok(isInstalled(process.execPath));
    assert.ok(!isInstalled('/no/such/program'));
  });

  it('measures without what has Node do more at its start', async () => {
    const before = process.env.NODE_OPTIONS;
    process.env.NODE_OPTIONS = '--no-warnings';
    try {
      const args = ['-e', 'console.log(String(process.env.NODE_OPTIONS), process.env.PATH !== undefined)'];
      assert.equal((await measure({ program: process.execPath, args }, true)).output, 'undefined true\n');
      assert.ok(leftOut().includes('NODE_OPTIONS'));
    } finally {
      if (before === undefined) delete process.env.NODE_OPTIONS;
      else process.env.NODE_OPTIONS = before;
    }
  });

  it('walks headers', async () => {
    const path = join(folder, 'many-small-1');
    assert.ok(statSync(path).size > 0);
    const walk = fileURLToPath(new URL('./header-walk.js', import.meta.url));
    const { output } = await measure({ program: process.execPath, args: [walk, path] }, true);
    assert.deepEqual(JSON.parse(output), { packets: 3000, ends: 600, pairs: 600 });
  });

  it("measures the client's requests", async () => {
    await withApplication(
      answering(({ id }) => response({ id, body: 'hello\n' })),
      async ({ address }) => {
        const client = fileURLToPath(new URL('./client-process.js', import.meta.url));
        for (const kind of ['floor', 'request', 'exchange']) {
          const { output } = await measure(
            { program: process.execPath, args: [client, kind, address, '2', '20', '/x.php'] },
            true,
          );
          const { microseconds, perSecond } = JSON.parse(output) as Record<string, number>;
          assert.ok(microseconds > 0 && perSecond > 0, kind);
        }
      },
    );
  });

  it('says what is reached', () => {
    const faster = row({ workload: 'a', what: 'faster than b', better: 'more', atLeast: 25, aim: 45, unit: 'x' }, 30);
    const smaller = row({ workload: 'a', what: 'memory', better: 'less', aim: 200, unit: 'MB' }, 201);
    assert.deepEqual([faster.reached, faster.aimReached], [true, false]);
    assert.deepEqual([smaller.reached, smaller.aimReached], [null, false]);
    const [, first, second] = table([faster, smaller]).split('\n');
    assert.equal(first, 'a     faster than b  30.0x     25.0x     yes      45.0x      no');
    assert.equal(second, 'a     memory         201 MB    -         -        <= 200 MB  no');
  });
});
