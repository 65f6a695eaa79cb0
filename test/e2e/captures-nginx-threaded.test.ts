// nginx in front of a threaded program with the SDK's library: answering, killed, and locked by a connection that is kept.
import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { gcc } from '../support/peers/compiler.js';
import { libfcgi, spawnApplication, spawnFcgi, threadedProgram } from '../support/peers/libfcgi.js';
import { type NginxOptions, startNginx } from '../support/peers/nginx.js';
import { missingPrograms } from '../support/peers/programs.js';
import { inProgress, socketsAtRest } from '../support/peers/sockets.js';
import { Stage } from '../support/peers/stage.js';
import { startCapture } from '../support/peers/tcpdump.js';
import type { Report } from '../support/report.js';
import { assertFindings, assertFindingsIf, counted, findingOf, inspected } from './evidence.js';
import { missingPeers } from './nginx-scene.js';
import { fetchAtOnce, fetchFrom, fetchInTurn, times, type WebAnswer } from './web-client.js';

async function play(
  context: TestContext,
  program: { threads: number; lock?: boolean },
  web: Partial<NginxOptions> = {},
) {
  const stage = new Stage(context);
  const threaded = await threadedProgram(stage, program);
  const application = await spawnApplication(stage, threaded.path, threaded);
  const front = await startNginx(stage, { application: application.endpoint, root: stage.folder, ...web });
  const capture = await startCapture(stage, [application.endpoint]);
  return { stage, threaded, application, web: front, capture };
}

const skip = missingPeers || missingPrograms(gcc, libfcgi, spawnFcgi);

describe('nginx and a threaded program', { concurrency: 4, skip }, () => {
  test('it answers, and closes each connection', async (context) => {
    const { threaded, application, web, capture } = await play(context, { threads: 4 });
    const body = Buffer.alloc(50_000, 'q');
    await fetchInTurn(web.endpoint, [...times(10, (index) => `/app?n=${index}`), { path: '/app?post', body }]);
    const sockets = await socketsAtRest(application.endpoint);
    const report = await inspected({ capture: await capture.finish(), application: application.endpoint, sockets });
    const served = await threaded.requests(11);
    assert.deepEqual(
      report.requests.map(({ method, uri, stdinBytes }) => ({ method, uri, stdin: stdinBytes })),
      served.map(({ method, uri, stdin }) => ({ method, uri, stdin })),
    );
    assert.equal(report.summary.firstFin.none, 0);
    assertFindings(report, []);
  });

  test('the process is killed with requests in progress; nobody listens afterwards', async (context) => {
    const { threaded, application, web, capture } = await play(context, { threads: 6 });
    await fetchInTurn(web.endpoint, ['/app', '/app', '/app']);
    const asked = fetchAtOnce(
      web.endpoint,
      times(4, () => '/app?for=never'),
    );
    await inProgress(application.endpoint, 4);
    // Requests that began just before would tell less: they might have ended together by chance.
    await pause(300);
    application.daemon.signal('SIGKILL');
    assert.deepEqual(counted((await asked).map((answer) => answer!.status)), { 502: 4 });
    assert.equal((await fetchFrom(web.endpoint, '/app'))!.status, 502);
    const sockets = await socketsAtRest(application.endpoint);
    const report = await inspected({ capture: await capture.finish(), application: application.endpoint, sockets });
    assert.equal((await threaded.requests(3)).length, 3);
    assert.deepEqual([report.summary.requests, report.summary.unfinished], [7, 4]);
    assert.equal(findingOf(report, 'process-died').count, 4);
    assert.equal(findingOf(report, 'connection-refused').count, 1);
    assertFindings(report, ['process-died', 'premature-close', 'connection-refused']);
  });

  test('a kept connection holds the lock around FCGX_Accept_r: the rest wait until it closes', async (context) => {
    const keeping = { location: 'fastcgi_keep_conn on;', upstream: 'keepalive 1;' };
    const { stage, threaded, application, web, capture } = await play(context, { threads: 4, lock: true }, keeping);
    assert.equal((await fetchFrom(web.endpoint, '/app'))!.status, 200);
    // The thread that answered waits for the next request on the connection that nginx keeps; once it has the lock it
    // waits inside. Another web server comes, which keeps none.
    const other = await startNginx(stage, { application: application.endpoint, root: stage.folder });
    const asked: Promise<WebAnswer | undefined>[] = [];
    for (const path of times(12, (index) => `/app?n=${index}`)) {
      asked.push(fetchFrom(other.endpoint, path));
      await pause(100);
    }
    await pause(500);
    await web.daemon.stop();
    assert.deepEqual(counted((await Promise.all(asked)).map((answer) => answer!.status)), { 200: 12 });
    const sockets = await socketsAtRest(application.endpoint);
    const report = await inspected({ capture: await capture.finish(), application: application.endpoint, sockets });
    assert.equal((await threaded.requests(13)).length, 13);
    assert.equal(report.summary.requests, 13);
    assert.deepEqual(report.summary.keepConn, { set: 1, unset: 12 });
    assertFindingsIf(answeredAtOnce(report), report, ['stuck-accept-queue', 'keep-alive-pins-workers']);
  });
});

/** Whether those who waited for the kept connection to close were all answered within 40 ms of its last packet. */
function answeredAtOnce({ connections, requests }: Report): boolean {
  const { end } = connections.find(({ keepConn }) => keepConn)!;
  const waited = requests.filter(({ begin, firstByte }) => begin < end && firstByte! > end - 0.001);
  return waited.length > 3 && waited.every(({ firstByte }) => firstByte! - end < 0.04);
}
