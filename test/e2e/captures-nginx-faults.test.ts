// nginx in front of php-fpm where something fails: the report names what failed, and nothing else.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { startNginx } from '../support/peers/nginx.js';
import { childrenOf } from '../support/peers/process-tree.js';
import { inProgress, socketsAtRest } from '../support/peers/sockets.js';
import { endpointParts, Stage } from '../support/peers/stage.js';
import { startCapture } from '../support/peers/tcpdump.js';
import { assertFindings, counted, findingOf, inspected } from './evidence.js';
import { agreesWithLogs, missingPeers, play } from './nginx-scene.js';
import { fetchAtOnce, fetchInTurn, times } from './web-client.js';

describe('nginx and php-fpm in trouble', { concurrency: 4, skip: missingPeers }, () => {
  test('errors of the application', async (context) => {
    const scene = await play(context);
    const { web, fpm, capture } = scene;
    const paths = [
      '/error.php',
      '/error.php',
      '/status.php?code=500',
      '/status.php?code=403',
      '/missing.php',
      '/hello.php',
    ];
    const answers = await fetchInTurn(web.endpoint, paths);
    const statuses = answers.map((answer) => answer!.status);
    assert.deepEqual(statuses, [500, 500, 500, 403, 404, 200]);
    const sockets = await socketsAtRest(fpm.endpoint);
    const report = await inspected({ capture: await capture.finish(), application: fpm.endpoint, sockets });
    await agreesWithLogs(report, scene, paths.length);
    assert.equal(findingOf(report, 'application-error').count, 3);
    assert.match(JSON.stringify(findingOf(report, 'application-stderr')), /the cart is empty/);
    // nginx logs what came as STDERR, record by record.
    const stderr = web.errorLog.split('\n').filter((line) => line.includes('FastCGI sent in stderr'));
    const { STDERR } = report.summary.records;
    assert.ok(STDERR >= 3 && stderr.length >= 3, `${STDERR} records, ${stderr.length} lines`);
    assertFindings(report, ['application-error', 'application-stderr']);
  });

  test('clients that give up', async (context) => {
    const { stage, web, fpm, capture } = await play(context);
    const leaving = new AbortController();
    const given = fetchAtOnce(
      web.endpoint,
      times(4, () => ({ path: '/wait.php?for=release', signal: leaving.signal })),
    );
    await inProgress(fpm.endpoint, 4);
    leaving.abort();
    assert.deepEqual(
      await given,
      times(4, () => undefined),
    );
    await fetchInTurn(web.endpoint, ['/hello.php', '/hello.php']);
    const asked = await web.requests(6);
    // Longer than a close takes: the application is at work while nobody waits any more.
    await pause(200);
    stage.file('release', '');
    const served = await fpm.requests(6);
    const sockets = await socketsAtRest(fpm.endpoint);
    const report = await inspected({ capture: await capture.finish(), application: fpm.endpoint, sockets });
    assert.deepEqual(counted(asked.map(({ status }) => status)), { 200: 2, 499: 4 });
    assert.equal(served.length, 6, 'PHP worked on');
    assert.equal(report.summary.requests, 6);
    assert.ok(report.summary.firstFin['web-server'] >= 4);
    assert.equal(findingOf(report, 'abandoned-requests').count, 4);
    assertFindings(report, ['abandoned-requests']);
  });

  test('nobody listens', async (context) => {
    const stage = new Stage(context);
    const application = await stage.endpoint();
    const web = await startNginx(stage, { application, root: stage.folder });
    const capture = await startCapture(stage, [application]);
    const answers = await fetchInTurn(
      web.endpoint,
      times(5, () => '/hello.php'),
    );
    assert.deepEqual(counted(answers.map((answer) => answer!.status)), { 502: 5 });
    assert.equal(web.errorLog.split('connect() failed (111').length - 1, 5);
    const sockets = await socketsAtRest(application);
    const { port } = endpointParts(application);
    const args = ['--port', String(port)];
    const report = await inspected({ capture: await capture.finish(), application, sockets, args });
    assert.equal(report.summary.connections, 5);
    assert.equal(findingOf(report, 'connection-refused').count, 5);
    assertFindings(report, ['connection-refused']);
  });

  test('php-fpm is stopped between the requests', async (context) => {
    const { web, fpm, capture } = await play(context);
    await fetchInTurn(web.endpoint, ['/hello.php', '/hello.php', '/hello.php']);
    const sockets = await socketsAtRest(fpm.endpoint);
    await fpm.daemon.stop();
    const answers = await fetchInTurn(web.endpoint, ['/hello.php', '/hello.php']);
    assert.deepEqual(
      answers.map((answer) => answer!.status),
      [502, 502],
    );
    const report = await inspected({ capture: await capture.finish(), application: fpm.endpoint, sockets });
    const asked = await web.requests(5);
    assert.deepEqual(counted(asked.flatMap(({ upstreamStatuses }) => upstreamStatuses)), { 200: 3, 502: 2 });
    assert.equal(report.summary.requests, 3);
    assert.equal(report.summary.connections, 5);
    assert.equal(findingOf(report, 'connection-refused').count, 2);
    assertFindings(report, ['connection-refused']);
  });

  test('children are killed while they work', async (context) => {
    const scene = await play(context);
    const { web, fpm, capture } = scene;
    const killed = ['/killed.php', '/killed.php', '/killed.php?out=1', '/killed.php?out=1'];
    const answers = await fetchInTurn(web.endpoint, [...killed, '/hello.php']);
    assert.deepEqual(
      answers.map((answer) => answer?.status),
      [502, 502, 200, 200, 200],
    );
    const sockets = await socketsAtRest(fpm.endpoint);
    const report = await inspected({ capture: await capture.finish(), application: fpm.endpoint, sockets });
    assert.equal((await fpm.requests(1)).length, 1);
    assert.equal(fpm.errorLog.split('exited on signal 9').length - 1, 4);
    assert.equal(report.summary.requests, 5);
    assert.equal(report.summary.unfinished, 4);
    assert.equal(findingOf(report, 'premature-close').count, 2);
    assert.equal(findingOf(report, 'truncated-response').count, 2);
    assertFindings(report, ['premature-close', 'truncated-response']);
  });

  test('every child is killed', async (context) => {
    const { web, fpm, capture } = await play(context);
    await fetchInTurn(web.endpoint, ['/hello.php', '/hello.php']);
    const asked = fetchAtOnce(
      web.endpoint,
      times(4, () => '/wait.php?for=never'),
    );
    await inProgress(fpm.endpoint, 4);
    for (const child of childrenOf(fpm.daemon.pid)) process.kill(child, 'SIGKILL');
    assert.deepEqual(counted((await asked).map((answer) => answer!.status)), { 502: 4 });
    const sockets = await socketsAtRest(fpm.endpoint);
    const report = await inspected({ capture: await capture.finish(), application: fpm.endpoint, sockets });
    assert.equal(report.summary.unfinished, 4);
    // Each child is a process of its own; that they end in one instant is told when they do.
    assertFindings(report, ['premature-close'], ['process-died']);
  });
});
