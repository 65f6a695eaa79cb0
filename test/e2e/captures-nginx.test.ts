// nginx in front of php-fpm where nothing fails: what a capture of them says is what their logs and the kernel say.
import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { socketsAtRest } from '../support/peers/sockets.js';
import type { Report } from '../support/report.js';
import { assertFindings, assertFindingsIf, counted, findingOf, inspected } from './evidence.js';
import { agreesWithLogs, missingPeers, play } from './nginx-scene.js';
import { fetchAtOnce, fetchInTurn, times } from './web-client.js';

describe('nginx and php-fpm', { concurrency: 4, skip: missingPeers }, () => {
  test('a connection for each request: the application closes and keeps TIME_WAIT', async (context) => {
    const scene = await play(context);
    const { web, fpm, capture } = scene;
    const pages = times(20, (index) => `/hello.php?n=${index}`);
    const answers = [
      ...(await fetchInTurn(web.endpoint, pages)),
      ...(await fetchAtOnce(web.endpoint, [...pages.slice(0, 4), '/status.php?code=404'])),
    ];
    assert.deepEqual(counted(answers.map((answer) => answer!.status)), { 200: 24, 404: 1 });
    const sockets = await socketsAtRest(fpm.endpoint);
    const report = await inspected({ capture: await capture.finish(), application: fpm.endpoint, sockets });
    await agreesWithLogs(report, scene, 25);
    assert.equal(report.summary.firstFin.none, 0);
    assert.deepEqual(report.summary.requestsPerConnection, { 1: 25 });
    assert.deepEqual(report.summary.keepConn, { set: 0, unset: 25 });
    assertFindings(report, []);
  });

  test('fastcgi_keep_conn without a pool: nginx closes and keeps TIME_WAIT', async (context) => {
    const scene = await play(context, { web: { location: 'fastcgi_keep_conn on;' } });
    const { web, fpm, capture } = scene;
    await fetchInTurn(
      web.endpoint,
      times(20, (index) => `/hello.php?n=${index}`),
    );
    const sockets = await socketsAtRest(fpm.endpoint);
    const report = await inspected({ capture: await capture.finish(), application: fpm.endpoint, sockets });
    await agreesWithLogs(report, scene, 20);
    assert.deepEqual(report.summary.firstFin, { application: 0, 'web-server': 20, simultaneous: 0, none: 0 });
    assert.deepEqual(report.summary.keepConn, { set: 20, unset: 0 });
    assertFindingsIf(closedAtOnce(report), report, ['keep-conn-without-pool']);
  });

  test('a pool of kept connections: nobody closes, nothing to find', async (context) => {
    const scene = await play(context, { web: { location: 'fastcgi_keep_conn on;', upstream: 'keepalive 4;' } });
    const { web, fpm, capture } = scene;
    await fetchInTurn(
      web.endpoint,
      times(12, (index) => `/hello.php?n=${index}`),
    );
    // Nobody else is there yet: the one connection that was opened has served all.
    const one = await socketsAtRest(fpm.endpoint, 1);
    assert.deepEqual(one, { timeWait: { application: 0, 'web-server': 0 }, established: 1 });
    await fetchAtOnce(
      web.endpoint,
      times(3, () => '/sleep.php?ms=200'),
    );
    const sockets = await socketsAtRest(fpm.endpoint, 3);
    const report = await inspected({ capture: await capture.finish(), application: fpm.endpoint, sockets });
    await agreesWithLogs(report, scene, 15);
    assert.deepEqual(report.summary.requestsPerConnection, { 1: 2, 13: 1 });
    assert.equal(report.summary.maxConcurrentRequests, 3);
    assertFindings(report, []);
  });

  test('more at once than the pool keeps: nginx closes what is too much', async (context) => {
    const scene = await play(context, { web: { location: 'fastcgi_keep_conn on;', upstream: 'keepalive 1;' } });
    const { web, fpm, capture } = scene;
    for (let round = 0; round < 3; round++)
      await fetchAtOnce(
        web.endpoint,
        times(4, () => '/sleep.php?ms=150'),
      );
    const sockets = await socketsAtRest(fpm.endpoint, 1);
    const report = await inspected({ capture: await capture.finish(), application: fpm.endpoint, sockets });
    await agreesWithLogs(report, scene, 12);
    assert.equal(report.summary.firstFin['web-server'], report.summary.connections - 1);
    assertFindingsIf(closedAtOnce(report), report, ['keep-conn-without-pool']);
  });

  test('IPv6', { skip: noIpv6() }, async (context) => {
    const scene = await play(context, { stage: { address: '::1' } });
    const { web, fpm, capture } = scene;
    await fetchInTurn(
      web.endpoint,
      times(11, (index) => `/hello.php?n=${index}`),
    );
    const sockets = await socketsAtRest(fpm.endpoint);
    const report = await inspected({ capture: await capture.finish(), application: fpm.endpoint, sockets });
    await agreesWithLogs(report, scene, 11);
    assert.equal(report.backends[0].endpoint, fpm.endpoint);
    assertFindings(report, []);
  });

  test('captured on every interface', async (context) => {
    const scene = await play(context, { capture: { interface: 'any' } });
    const { web, fpm, capture } = scene;
    await fetchInTurn(
      web.endpoint,
      times(12, (index) => `/hello.php?n=${index}`),
    );
    const sockets = await socketsAtRest(fpm.endpoint);
    const report = await inspected({ capture: await capture.finish(), application: fpm.endpoint, sockets });
    await agreesWithLogs(report, scene, 12);
    assert.ok([113, 276].includes(report.input.files[0].linkTypes[0]), 'Linux cooked');
    assertFindings(report, []);
  });

  test('uploads, passed on as they come', async (context) => {
    const scene = await play(context, { web: { location: 'fastcgi_request_buffering off;' } });
    const { web, fpm, capture } = scene;
    const sizes = [0, 1, 8191, 65_536, 300_000, 1_000_001];
    const answers = await fetchAtOnce(
      web.endpoint,
      sizes.map((size) => ({ path: `/body.php?size=${size}`, body: Buffer.alloc(size, 'q') })),
    );
    assert.deepEqual(
      answers.map((answer) => Number(answer!.body)),
      sizes,
      'what PHP read',
    );
    const sockets = await socketsAtRest(fpm.endpoint);
    const report = await inspected({ capture: await capture.finish(), application: fpm.endpoint, sockets });
    await agreesWithLogs(report, scene, sizes.length);
    for (const { uri, stdinBytes } of report.requests) assert.equal(uri, `/body.php?size=${stdinBytes}`);
    assert.equal(
      report.summary.bytes.stdin,
      sizes.reduce((sum, size) => sum + size, 0),
    );
    assertFindings(report, []);
  });

  test('slow uploads: the time goes by while the body arrives, not in PHP', async (context) => {
    const scene = await play(context, { web: { location: 'fastcgi_request_buffering off;' } });
    const { web, fpm, capture } = scene;
    const parts = times(8, () => Buffer.alloc(1500, 'q'));
    const slowly = { parts, pause: () => pause(200) };
    const answers = await fetchAtOnce(
      web.endpoint,
      times(3, () => ({ path: '/body.php', pieces: slowly })),
    );
    assert.deepEqual(
      answers.map((answer) => answer!.body),
      times(3, () => '12000'),
    );
    const sockets = await socketsAtRest(fpm.endpoint);
    const report = await inspected({ capture: await capture.finish(), application: fpm.endpoint, sockets });
    await agreesWithLogs(report, scene, 3);
    assert.equal(report.summary.bytes.stdin, 36_000);
    assert.equal(findingOf(report, 'slow-upload').count, 3);
    assertFindings(report, ['slow-upload']);
  });

  test('large answers', async (context) => {
    const scene = await play(context);
    const { web, fpm, capture } = scene;
    const sizes = [1, 64, 700, 3000];
    const answers = await fetchAtOnce(
      web.endpoint,
      sizes.map((size) => `/large.php?kb=${size}`),
    );
    assert.deepEqual(
      answers.map((answer) => answer!.body.length),
      sizes.map((size) => size * 1024),
    );
    const sockets = await socketsAtRest(fpm.endpoint);
    const report = await inspected({ capture: await capture.finish(), application: fpm.endpoint, sockets });
    await agreesWithLogs(report, scene, sizes.length);
    for (const { uri, stdoutBytes } of report.requests) {
      const body = Number(uri!.split('=')[1]) * 1024;
      assert.ok(stdoutBytes > body && stdoutBytes < body + 500, `${uri}: ${stdoutBytes} with its head`);
    }
    assertFindings(report, []);
  });
});

/** Whether most connections were closed within 50 ms of the end of their only request. */
function closedAtOnce({ connections, requests }: Report): boolean {
  const closed = connections.filter(({ firstFin }) => firstFin !== 'none');
  const quick = closed.filter(({ id, end, requests: count }) => {
    const own = requests.find(({ connection }) => connection === id);
    return count === 1 && end - own!.end! < 0.05;
  });
  return quick.length * 2 > closed.length;
}

/** Why ::1 cannot be used here. */
function noIpv6(): string | false {
  const loopback = networkInterfaces().lo ?? [];
  return loopback.some(({ address }) => address === '::1') ? false : 'the loopback interface has no ::1';
}
