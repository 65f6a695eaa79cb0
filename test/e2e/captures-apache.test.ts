// Apache's mod_proxy_fcgi in front of php-fpm, as it comes and with connections kept.
import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { type ApacheOptions, apache, startApache } from '../support/peers/apache.js';
import { phpFpm, startPhpFpm } from '../support/peers/php-fpm.js';
import { missingPrograms } from '../support/peers/programs.js';
import { socketsAtRest, ss } from '../support/peers/sockets.js';
import { Stage } from '../support/peers/stage.js';
import { startCapture, tcpdump } from '../support/peers/tcpdump.js';
import { tshark } from '../support/peers/tshark.js';
import { assertFindings, inspected } from './evidence.js';
import { layScripts } from './scripts.js';
import { fetchAtOnce, fetchInTurn, times } from './web-client.js';

const PATHS = [...times(14, (index) => `/hello.php?n=${index}`), '/status.php?code=404', '/body.php?n=2'];

async function reported(context: TestContext, options: Pick<ApacheOptions, 'worker'>, kept: number) {
  const stage = new Stage(context);
  const fpm = await startPhpFpm(stage, { children: 20 });
  const web = await startApache(stage, { application: fpm.endpoint, root: layScripts(stage), ...options });
  const capture = await startCapture(stage, [fpm.endpoint]);
  await fetchInTurn(web.endpoint, PATHS);
  await fetchAtOnce(web.endpoint, [{ path: '/body.php', body: Buffer.alloc(70_000, 'q') }]);
  const asked = await web.requests(17);
  const served = await fpm.requests(17);
  const sockets = await socketsAtRest(fpm.endpoint, kept);
  const report = await inspected({ capture: await capture.finish(), application: fpm.endpoint, sockets });
  const ours = report.requests.map(({ method, uri, httpStatus }) => `${method} ${uri} ${httpStatus}`).sort();
  assert.deepEqual(ours, asked.map(({ method, uri, status }) => `${method} ${uri} ${status}`).sort());
  assert.deepEqual(ours, served.map(({ method, uri, status }) => `${method} ${uri} ${status}`).sort());
  assert.equal(report.summary.bytes.stdin, 70_000);
  return report;
}

describe('Apache and php-fpm', { concurrency: 4, skip: missingPrograms(apache, phpFpm, tcpdump, tshark, ss) }, () => {
  test('a connection for each request: either side may be first to close', async (context) => {
    const report = await reported(context, {}, 0);
    assert.deepEqual(report.summary.keepConn, { set: 0, unset: 17 });
    assert.deepEqual(report.summary.requestsPerConnection, { 1: 17 });
    assertFindings(report, []);
  });

  test('enablereuse=on: the connection is kept', async (context) => {
    const report = await reported(context, { worker: 'enablereuse=on max=4' }, 1);
    assert.deepEqual(report.summary.keepConn, { set: 17, unset: 0 });
    assert.deepEqual(report.summary.requestsPerConnection, { 17: 1 });
    assertFindings(report, []);
  });
});
