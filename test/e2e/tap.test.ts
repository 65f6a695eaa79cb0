// A tap between real servers: their logs are as without it, and its report is what they logged.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, type TestContext, test } from 'node:test';
import { gcc } from '../support/peers/compiler.js';
import { eventually } from '../support/peers/eventually.js';
import { libfcgi, spawnApplication, spawnFcgi, threadedProgram } from '../support/peers/libfcgi.js';
import { lighttpd, startLighttpd } from '../support/peers/lighttpd.js';
import { nginx, startNginx } from '../support/peers/nginx.js';
import { phpFpm, startPhpFpm } from '../support/peers/php-fpm.js';
import { missingPrograms } from '../support/peers/programs.js';
import { ss } from '../support/peers/sockets.js';
import { Stage } from '../support/peers/stage.js';
import { reportOfFiles } from '../support/report.js';
import { layScripts } from './scripts.js';
import { placeTap as placeAnyTap, type TapReport } from './tap-scene.js';
import { fetchAtOnce, fetchInTurn, times } from './web-client.js';

/** What the host shows is not in a recording: it is left aside here. */
const placeTap = (stage: Stage, listen: string, to: string) => placeAnyTap(stage, listen, to, ['--no-host']);

const rows = (list: readonly { method: string | null; uri: string | null }[]) =>
  list.map(({ method, uri }) => `${method} ${uri}`).sort();

/** The recording says what the tap said. */
async function agreesWithRecording(report: TapReport, recording: string): Promise<void> {
  const { report: recorded } = await reportOfFiles([recording]);
  const { summary, backends, connections, requests, findings } = recorded;
  const live = report;
  assert.deepEqual(
    { summary, backends, connections, requests, findings },
    {
      summary: live.summary,
      backends: live.backends,
      connections: live.connections,
      requests: live.requests,
      findings: live.findings,
    },
  );
}

describe('tap between nginx and php-fpm', {
  concurrency: 2,
  skip: missingPrograms(nginx, phpFpm, ss),
}, () => {
  const cases = [
    { front: 'unix', back: 'unix', keep: false },
    { front: 'unix', back: 'tcp', keep: true },
    { front: 'tcp', back: 'tcp', keep: false },
    { front: 'tcp', back: 'unix', keep: true },
  ] as const;
  for (const { front, back, keep } of cases) {
    test(`${front} to ${back}${keep ? ', kept connections' : ''}`, async (context: TestContext) => {
      const stage = new Stage(context);
      const endpoint = back === 'unix' ? stage.path('php.sock') : await stage.endpoint();
      const fpm = await startPhpFpm(stage, { children: keep ? 12 : 4, endpoint });
      const listen = front === 'unix' ? `unix:${stage.path('tap.sock')}` : await stage.endpoint();
      const tap = await placeTap(stage, listen, back === 'unix' ? `unix:${endpoint}` : endpoint);
      const web = await startNginx(stage, {
        application: listen,
        root: layScripts(stage),
        ...(keep ? { location: 'fastcgi_keep_conn on;', upstream: 'keepalive 4;' } : {}),
      });
      await fetchInTurn(
        web.endpoint,
        times(10, (index) => `/hello.php?n=${index}`),
      );
      await fetchAtOnce(
        web.endpoint,
        times(8, (index) => ({ path: `/hello.php?post=${index}`, body: new Uint8Array(50_000) })),
      );
      const asked = await web.requests(18);
      const served = await fpm.requests(18);
      const report = await tap.finished();
      assert.deepEqual(
        asked.map(({ status, upstreamStatuses }) => [status, ...upstreamStatuses]),
        times(18, () => [200, 200]),
      );
      assert.doesNotMatch(web.errorLog, /upstream|\[(error|crit|alert)\]/);
      assert.doesNotMatch(fpm.errorLog, /WARNING|ERROR/);
      assert.deepEqual(rows(report.requests), rows(served));
      assert.deepEqual(rows(report.requests), rows(asked));
      assert.deepEqual(report.summary.httpStatus, { 200: 18 });
      assert.equal(report.summary.unfinished, 0);
      assert.equal(report.backends[0].endpoint, back === 'unix' ? `unix:${endpoint}` : endpoint);
      if (keep) assert.ok(report.tap.connections < 18);
      else assert.deepEqual([report.tap.connections, report.summary.firstFin.application], [18, 18]);
      assert.deepEqual(report.tap.connectErrors, {});
      await agreesWithRecording(report, tap.recording);
    });
  }

  test('LINGERING_CLOSE_PIN: the tap does not pin the children that close after an answer', async (context) => {
    const stage = new Stage(context);
    const endpoint = stage.path('php.sock');
    await startPhpFpm(stage, { children: 1, endpoint });
    const listen = `unix:${stage.path('tap.sock')}`;
    const tap = await placeTap(stage, listen, `unix:${endpoint}`);
    const web = await startNginx(stage, { application: listen, root: layScripts(stage) });
    // One child: were it held after each answer for its peer to close, the next request would wait for ever.
    const answers = await fetchInTurn(
      web.endpoint,
      times(20, (index) => `/hello.php?n=${index}`),
    );
    assert.deepEqual(
      answers.map((answer) => answer?.status),
      times(20, () => 200),
    );
    const report = await tap.finished();
    assert.equal(report.summary.requests, 20);
    assert.ok(!report.findings.some(({ id }) => id === 'lingering-close'));
  });

  test('no application: nginx answers 502, the tap says why and goes on', async (context) => {
    const stage = new Stage(context);
    const path = stage.path('nobody.sock');
    const listen = await stage.endpoint();
    const tap = await placeTap(stage, listen, `unix:${path}`);
    const web = await startNginx(stage, { application: listen, root: layScripts(stage) });
    const answers = await fetchInTurn(web.endpoint, ['/hello.php', '/hello.php']);
    assert.deepEqual(
      answers.map((answer) => answer?.status),
      [502, 502],
    );
    await startPhpFpm(stage, { children: 1, endpoint: path });
    await eventually('an answer', async () => {
      const [answer] = await fetchInTurn(web.endpoint, ['/hello.php']);
      return answer?.status === 200;
    });
    const report = await tap.finished();
    assert.ok(report.summary.httpStatus[200] === 1);
    assert.deepEqual(Object.keys(report.tap.connectErrors), ['ENOENT']);
    assert.ok(report.findings.some(({ id }) => id === 'connection-refused'));
  });
});

describe('tap between lighttpd and libfcgi', {
  skip: missingPrograms(gcc, libfcgi, spawnFcgi, lighttpd, ss),
}, () => {
  test('the application is served as without it', async (context) => {
    const stage = new Stage(context);
    const program = await threadedProgram(stage, { threads: 3 });
    const application = await spawnApplication(stage, program.path, { environment: program.environment });
    const listen = await stage.endpoint();
    const tap = await placeTap(stage, listen, application.endpoint);
    const web = await startLighttpd(stage, { root: stage.folder, match: '/app', application: listen });
    const paths = times(12, (index) => `/app?ms=10&n=${index}`);
    await fetchAtOnce(web.endpoint, paths.slice(0, 6));
    await fetchInTurn(web.endpoint, paths.slice(6));
    const served = await program.requests(12);
    const asked = await web.requests(12);
    const report = await tap.finished();
    assert.deepEqual(
      asked.map(({ status }) => status),
      times(12, () => 200),
    );
    assert.deepEqual(rows(report.requests), rows(served));
    assert.doesNotMatch(readFileSync(web.errorLog, 'utf8'), /unexpected end-of-file|reconnect|response not received/);
    await agreesWithRecording(report, tap.recording);
  });
});
