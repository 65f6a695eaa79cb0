// More requests at once than php-fpm has children, and as many as it has: who waits, and that nobody is said to wait who does not.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { socketsAtRest } from '../support/peers/sockets.js';
import { assertFindings, counted, inspected } from './evidence.js';
import { agreesWithLogs, missingPeers, play } from './nginx-scene.js';
import { fetchAtOnce, times } from './web-client.js';

describe('nginx and php-fpm under load', { concurrency: 4, skip: missingPeers }, () => {
  for (const children of [1, 2, 4])
    test(`pm.max_children = ${children} and many requests at once: the rest queue`, async (context) => {
      const scene = await play(context, { fpm: { children } });
      const { web, fpm, capture } = scene;
      const count = 6 * children;
      const answers = await fetchAtOnce(
        web.endpoint,
        times(count, (index) => `/sleep.php?ms=300&n=${index}`),
      );
      assert.deepEqual(counted(answers.map((answer) => answer!.status)), { 200: count });
      const sockets = await socketsAtRest(fpm.endpoint);
      const report = await inspected({ capture: await capture.finish(), application: fpm.endpoint, sockets });
      await agreesWithLogs(report, scene, count);
      assert.equal(new Set((await fpm.requests(count)).map(({ pid }) => pid)).size, children);
      const [backend] = report.backends;
      assert.equal(backend.concurrencyCeiling, children, 'the number of children');
      assert.ok(backend.acceptQueue.maxDepth >= count - 2 * children, `depth ${backend.acceptQueue.maxDepth}`);
      assert.ok(backend.acceptQueue.maxDepth <= count - children + 1, `depth ${backend.acceptQueue.maxDepth}`);
      assertFindings(report, ['stuck-accept-queue', 'workers-exhausted']);
    });

  test('as many children as requests: slow answers are no queue', async (context) => {
    const scene = await play(context, { fpm: { children: 14 } });
    const { web, fpm, capture } = scene;
    await fetchAtOnce(
      web.endpoint,
      times(12, (index) => `/sleep.php?ms=300&n=${index}`),
    );
    const sockets = await socketsAtRest(fpm.endpoint);
    const report = await inspected({ capture: await capture.finish(), application: fpm.endpoint, sockets });
    await agreesWithLogs(report, scene, 12);
    assert.equal(report.backends[0].concurrencyCeiling, null);
    assertFindings(report, []);
  });
});
