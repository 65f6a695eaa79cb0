// HAProxy in front of php-fpm and of an application that multiplexes. It resets idle connections when it likes, so it is
// stopped before the sockets are counted.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { gcc } from '../support/peers/compiler.js';
import { haproxy, startHaproxy } from '../support/peers/haproxy.js';
import { compileApplication, spawnApplication, spawnFcgi } from '../support/peers/libfcgi.js';
import { phpFpm, startPhpFpm } from '../support/peers/php-fpm.js';
import { missingPrograms } from '../support/peers/programs.js';
import { socketsAtRest, ss } from '../support/peers/sockets.js';
import { Stage } from '../support/peers/stage.js';
import { startCapture, tcpdump } from '../support/peers/tcpdump.js';
import { tshark } from '../support/peers/tshark.js';
import { assertFindings, counted, inspected } from './evidence.js';
import { layScripts } from './scripts.js';
import { fetchAtOnce, fetchInTurn, times } from './web-client.js';

const tools = [haproxy, tcpdump, tshark, ss];

describe('HAProxy and php-fpm', { concurrency: 4, skip: missingPrograms(phpFpm, ...tools) }, () => {
  test('connections that are reused', async (context) => {
    const stage = new Stage(context);
    const fpm = await startPhpFpm(stage, { children: 6 });
    const web = await startHaproxy(stage, {
      application: fpm.endpoint,
      root: layScripts(stage),
      backend: ['http-reuse always'],
      server: 'pool-purge-delay 10m',
    });
    const capture = await startCapture(stage, [fpm.endpoint]);
    await fetchInTurn(
      web.endpoint,
      times(12, (index) => `/hello.php?n=${index}`),
    );
    const asked = await web.requests(12);
    const served = await fpm.requests(12);
    await web.daemon.stop();
    const sockets = await socketsAtRest(fpm.endpoint);
    const report = await inspected({ capture: await capture.finish(), application: fpm.endpoint, sockets });
    const ours = report.requests.map(({ method, uri, httpStatus }) => `${method} ${uri} ${httpStatus}`);
    assert.deepEqual(
      ours,
      asked.map(({ method, uri, status }) => `${method} ${uri} ${status}`),
    );
    assert.equal(served.length, 12);
    assert.deepEqual(report.summary.requestsPerConnection, { 12: 1 });
    assertFindings(report, []);
  });

  test('no option keep-conn: a connection for each request', async (context) => {
    const stage = new Stage(context);
    const fpm = await startPhpFpm(stage, { children: 6 });
    const web = await startHaproxy(stage, {
      application: fpm.endpoint,
      root: layScripts(stage),
      fastcgi: ['no option keep-conn'],
    });
    const capture = await startCapture(stage, [fpm.endpoint]);
    await fetchInTurn(
      web.endpoint,
      times(12, (index) => `/hello.php?n=${index}`),
    );
    const sockets = await socketsAtRest(fpm.endpoint);
    const report = await inspected({ capture: await capture.finish(), application: fpm.endpoint, sockets });
    assert.equal((await web.requests(12)).length, 12);
    assert.equal((await fpm.requests(12)).length, 12);
    assert.deepEqual(report.summary.keepConn, { set: 0, unset: 12 });
    assertFindings(report, []);
  });

  test('asked for its values, PHP says that it cannot multiplex', async (context) => {
    const stage = new Stage(context);
    const fpm = await startPhpFpm(stage, { children: 6 });
    const web = await startHaproxy(stage, {
      application: fpm.endpoint,
      root: layScripts(stage),
      fastcgi: ['option get-values', 'option mpxs-conns'],
      backend: ['http-reuse always'],
      server: 'pool-purge-delay 10m',
    });
    const capture = await startCapture(stage, [fpm.endpoint]);
    const answers = await fetchInTurn(
      web.endpoint,
      times(10, (index) => `/hello.php?n=${index}`),
    );
    assert.deepEqual(counted(answers.map((answer) => answer!.status)), { 200: 10 });
    await web.daemon.stop();
    const sockets = await socketsAtRest(fpm.endpoint);
    const report = await inspected({ capture: await capture.finish(), application: fpm.endpoint, sockets });
    assert.equal((await fpm.requests(10)).length, 10);
    assert.deepEqual(report.summary.requestsPerConnection, { 10: 1 });
    assert.equal(report.summary.records.GET_VALUES, 1);
    assert.equal(report.summary.records.GET_VALUES_RESULT, 1);
    assertFindings(report, []);
  });
});

describe('HAProxy and an application that multiplexes', { skip: missingPrograms(gcc, spawnFcgi, ...tools) }, () => {
  test('several requests in progress on one connection', async (context) => {
    const stage = new Stage(context);
    const program = await compileApplication(stage, 'multiplexer');
    const { endpoint } = await spawnApplication(stage, program);
    const web = await startHaproxy(stage, {
      application: endpoint,
      root: stage.folder,
      fastcgi: ['option get-values', 'option mpxs-conns', 'option max-reqs 20'],
      backend: ['http-reuse always'],
      server: 'pool-purge-delay 10m',
    });
    const capture = await startCapture(stage, [endpoint]);
    await fetchInTurn(web.endpoint, ['/first.php?ms=1']);
    const paths = times(12, (index) => `/app.php?ms=${400 - 20 * index}&n=${index}`);
    const answers = await fetchAtOnce(web.endpoint, paths);
    assert.deepEqual(counted(answers.map((answer) => answer!.body)), { 'first half, second half\n': 12 });
    await web.daemon.stop();
    const sockets = await socketsAtRest(endpoint);
    const report = await inspected({ capture: await capture.finish(), application: endpoint, sockets });
    assert.equal((await web.requests(13)).length, 13);
    assert.equal(report.summary.requests, 13);
    assert.equal(report.summary.unfinished, 0);
    assert.deepEqual(report.summary.requestsPerConnection, { 13: 1 });
    assert.ok(report.summary.maxConcurrentRequests > 2);
    assert.deepEqual(report.requests.map(({ uri }) => uri).sort(), ['/first.php?ms=1', ...paths].sort());
    for (const { stdoutBytes } of report.requests) assert.equal(stdoutBytes, report.requests[0].stdoutBytes);
    assertFindings(report, []);
  });
});
