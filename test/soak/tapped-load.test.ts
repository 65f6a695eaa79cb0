// Many connections at once through a tap, with load and application in processes of their own; and what is left when one
// of the three is killed.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { requirePeers } from '../support/paths.js';
import { type Report, reportOfFiles } from '../support/report.js';
import { temporaryFolder } from '../support/run-bin.js';
import type { LoadProgress } from './load.js';
import { startTappedLoad, type TappedLoad, type TappedLoadOptions } from './tapped-load.js';

type TapReport = Report & {
  readonly tap: { readonly connections: number; readonly open: number; readonly cut: number };
};

async function started(context: TestContext, options: TappedLoadOptions): Promise<TappedLoad> {
  const run = await startTappedLoad(options);
  context.after(() => run.close());
  return run;
}

/** The first word of the load of which this holds. */
async function until(run: TappedLoad, holds: (progress: LoadProgress) => boolean): Promise<LoadProgress> {
  let last: LoadProgress | undefined;
  for await (const progress of run.progress()) {
    last = progress;
    if (holds(progress)) return progress;
  }
  throw new Error(`waited in vain: ${JSON.stringify(last)}`);
}

const MANY = 9000;
/** Each connection takes two descriptors in the tap. */
const descriptors = Number(spawnSync('bash', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).stdout);
const tooFew = descriptors < MANY * 2 + 100 && `${descriptors} descriptors are too few for ${MANY} connections`;
if (tooFew && requirePeers) throw new Error(tooFew);

describe('a tap under load', { timeout: 180_000 }, () => {
  test(`${MANY} connections at once, three requests on each, every answer byte for byte`, {
    skip: tooFew,
  }, async (context) => {
    const run = await started(context, { connections: MANY, requests: 3 * MANY, tap: ['--no-host'] });
    let most = 0;
    const { requests, connections, bad } = await until(run, (progress) => {
      most = Math.max(most, progress.open);
      return progress.done;
    });
    assert.deepEqual([requests, connections, bad, most], [3 * MANY, MANY, 0, MANY]);
    const { tap, summary } = JSON.parse(await run.report()) as TapReport;
    assert.deepEqual([tap.connections, tap.open, tap.cut], [MANY, 0, 0]);
    assert.equal(summary.maxOpenConnections, MANY);
  });

  test('killed at any moment it leaves a recording that can be read', async (context) => {
    const folder = temporaryFolder();
    let whole = 0;
    for (const milliseconds of [0, 20, 90, 160, 210, 330, 470, 640, 900, 1300]) {
      const file = join(folder, `killed-${milliseconds}.pcapng`);
      const run = await started(context, {
        connections: 8,
        requests: 1e9,
        each: 20,
        body: 3000,
        tap: ['--record', file, '--no-host'],
      });
      await once(run.load.stdout!, 'data');
      await new Promise((resolve) => setTimeout(resolve, milliseconds));
      run.tap.kill('SIGKILL');
      await once(run.tap, 'exit');
      run.close();
      assert.ok(existsSync(file));
      const { report } = await reportOfFiles([file]);
      // The kernel may stop in the middle of a write: what is before it is there.
      assert.deepEqual(
        report.input.problems.filter(({ code }) => code !== 'stream-gaps' && code !== 'cut-short'),
        [],
        `${milliseconds} ms`,
      );
      if (report.summary.requests > 0) whole++;
    }
    assert.ok(whole >= 5, `${whole} of them with requests`);
  });

  test('a load that is killed takes its own connections with it, and the tap serves the next one', async (context) => {
    const run = await started(context, { connections: 50, requests: 1e9, tap: ['--no-host'] });
    await until(run, ({ requests }) => requests > 1000);
    run.load.kill('SIGKILL');
    await once(run.load, 'exit');
    const report = JSON.parse(await run.report()) as TapReport;
    // The kernel closed them for it: none is left for the tap to end.
    assert.deepEqual([report.tap.connections, report.tap.open, report.tap.cut], [50, 0, 0]);
    const { firstFin, firstReset } = report.summary;
    assert.equal(firstFin['web-server'] + firstReset['web-server'], 50);
  });

  test('an application that is killed takes its connections with it; the tap says so and goes on', async (context) => {
    const run = await started(context, { connections: 50, requests: 1e9, each: 1e6, tap: ['--no-host'] });
    await until(run, ({ requests }) => requests > 1000);
    run.application.kill('SIGKILL');
    await once(run.application, 'exit');
    // The load opens connections anew, which nobody takes any more.
    await until(run, ({ connections }) => connections > 100);
    run.load.kill('SIGKILL');
    await once(run.load, 'exit');
    assert.equal(run.tap.exitCode, null);
    const report = JSON.parse(await run.report()) as TapReport & { tap: { connectErrors: Record<string, number> } };
    assert.ok(report.tap.connectErrors.ECONNREFUSED > 0);
    const { firstFin, firstReset } = report.summary;
    assert.ok(firstFin.application + firstReset.application >= 50);
    assert.ok(report.findings.some(({ id }) => id === 'connection-refused'));
  });
});
