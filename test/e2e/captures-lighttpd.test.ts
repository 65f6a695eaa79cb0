// lighttpd in front of programs that it starts itself, of one that spawn-fcgi started, and of php-fpm.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { gcc } from '../support/peers/compiler.js';
import { eventually } from '../support/peers/eventually.js';
import { libfcgi, spawnApplication, spawnFcgi, threadedProgram } from '../support/peers/libfcgi.js';
import { lighttpd, startLighttpd } from '../support/peers/lighttpd.js';
import { phpFpm, startPhpFpm } from '../support/peers/php-fpm.js';
import { missingPrograms } from '../support/peers/programs.js';
import { inProgress, isListening, socketsAtRest, ss } from '../support/peers/sockets.js';
import { Stage } from '../support/peers/stage.js';
import { startCapture, tcpdump } from '../support/peers/tcpdump.js';
import { tshark } from '../support/peers/tshark.js';
import type { Report } from '../support/report.js';
import { startBin } from '../support/run-bin.js';
import { assertFindings, counted, findingOf, inspected } from './evidence.js';
import { layScripts } from './scripts.js';
import { fetchAtOnce, fetchFrom, fetchInTurn, times } from './web-client.js';

const tools = [lighttpd, tcpdump, tshark, ss];

describe('lighttpd and a threaded program', {
  concurrency: 4,
  skip: missingPrograms(gcc, libfcgi, spawnFcgi, ...tools),
}, () => {
  test('three processes that lighttpd started: the log names them, the packets agree', async (context) => {
    const stage = new Stage(context);
    const endpoints = await stage.consecutiveEndpoints(3);
    const program = await threadedProgram(stage, { threads: 2 });
    const web = await startLighttpd(stage, {
      root: stage.folder,
      match: '/app',
      application: endpoints[0],
      spawn: { ...program, processes: 3 },
    });
    for (const endpoint of endpoints) await web.daemon.until(endpoint, () => isListening(endpoint));
    const capture = await startCapture(stage, endpoints);
    const paths = times(30, (index) => `/app?ms=20&n=${index}`);
    for (let round = 0; round < 5; round++) await fetchAtOnce(web.endpoint, paths.slice(6 * round, 6 * round + 6));
    const sockets = await socketsAtRest(endpoints);
    const served = await program.requests(30);
    const asked = await web.requests(30);
    const report = await inspected({
      capture: await capture.finish(),
      application: endpoints,
      sockets,
      args: [web.errorLog, '--log-timezone', 'UTC'],
    });
    assert.deepEqual(
      report.requests.map(({ method, uri, httpStatus }) => `${method} ${uri} ${httpStatus}`).sort(),
      asked.map(({ method, uri, status }) => `${method} ${uri} ${status}`).sort(),
    );
    assert.deepEqual(report.requests.map(({ uri }) => uri).sort(), [...paths].sort());
    // Each process has a socket of its own: what it logged, what lighttpd logged of it, and what came to its port.
    const byPid = counted(served.map(({ pid }) => pid));
    assert.deepEqual(Object.fromEntries(report.processes.map(({ pid, requests }) => [pid, requests])), byPid);
    const bySocket = Object.fromEntries(report.processes.map(({ socket, requests }) => [socket, requests]));
    assert.deepEqual(
      Object.fromEntries(report.backends.map(({ endpoint, requests }) => [`tcp:${endpoint}`, requests])),
      bySocket,
    );
    assertFindings(report, []);
  });

  test('its process is killed: the log tells of the end and of the next one', async (context) => {
    const stage = new Stage(context);
    const application = await stage.endpoint();
    const program = await threadedProgram(stage, { threads: 4 });
    const spawn = { ...program, processes: 1 };
    const web = await startLighttpd(stage, { root: stage.folder, match: '/app', application, spawn });
    await web.daemon.until(application, () => isListening(application));
    const capture = await startCapture(stage, [application]);
    await fetchInTurn(web.endpoint, ['/app?n=1', '/app?n=2', '/app?n=3']);
    const [{ pid }] = await program.requests(3);
    const asked = fetchAtOnce(
      web.endpoint,
      times(3, (index) => `/app?for=never&n=${index}`),
    );
    await inProgress(application, 3);
    // Requests that began just before would tell less: they might have ended together by chance.
    await pause(300);
    process.kill(pid, 'SIGKILL');
    assert.deepEqual(counted((await asked).map((answer) => answer!.status)), { 500: 3 });
    // lighttpd looks after its processes once a second.
    await eventually('a process in its place', () => isListening(application));
    const last = await eventually('an answer', async () => {
      const answer = await fetchFrom(web.endpoint, '/app?last');
      return answer?.status === 200 && answer;
    });
    assert.match(last.body, /^read 0/);
    const sockets = await socketsAtRest(application);
    const report = await inspected({
      capture: await capture.finish(),
      application,
      sockets,
      args: [web.errorLog, '--log-timezone', 'UTC'],
    });
    const served = await program.requests(4);
    assert.equal(report.summary.unfinished, 3);
    // lighttpd may start the next process before it looks at what the dead one left; then its lines name the new pid.
    const [died, next] = report.processes;
    assert.deepEqual([died.pid, died.requests, next.pid, next.requests], [pid, 6, served[3].pid, 1]);
    assert.equal(died.endOfFile + next.endOfFile, 3);
    const alone = await startBin([web.errorLog, '--log-timezone', 'UTC', '--format', 'json']).ended;
    assert.match(findingOf(JSON.parse(alone.stdout) as Report, 'process-died').title, /with 3 requests in progress/);
    assert.equal(findingOf(report, 'process-died').count, 3);
    assertFindings(report, ['process-died', 'premature-close'], ['connection-refused']);
  });

  test('one program under spawn-fcgi with two threads: the rest queue', async (context) => {
    const stage = new Stage(context);
    const program = await threadedProgram(stage, { threads: 2 });
    const { endpoint } = await spawnApplication(stage, program.path, program);
    const web = await startLighttpd(stage, { root: stage.folder, match: '/app', application: endpoint });
    const capture = await startCapture(stage, [endpoint]);
    const answers = await fetchAtOnce(
      web.endpoint,
      times(12, (index) => `/app?ms=300&n=${index}`),
    );
    assert.deepEqual(counted(answers.map((answer) => answer!.status)), { 200: 12 });
    const sockets = await socketsAtRest(endpoint);
    assert.equal((await program.requests(12)).length, 12);
    const report = await inspected({ capture: await capture.finish(), application: endpoint, sockets });
    assert.equal(report.summary.requests, 12);
    assert.equal(report.backends[0].concurrencyCeiling, 2, 'the number of threads');
    assertFindings(report, ['stuck-accept-queue', 'workers-exhausted']);
  });
});

describe('lighttpd and php-fpm', { skip: missingPrograms(phpFpm, ...tools) }, () => {
  test('a connection for each request: either side may be first to close', async (context) => {
    const stage = new Stage(context);
    const fpm = await startPhpFpm(stage, { children: 6 });
    const web = await startLighttpd(stage, { root: layScripts(stage), match: '.php', application: fpm.endpoint });
    const capture = await startCapture(stage, [fpm.endpoint]);
    const body = Buffer.alloc(100_000, 'q');
    await fetchInTurn(
      web.endpoint,
      times(15, (index) => `/hello.php?n=${index}`),
    );
    await fetchAtOnce(web.endpoint, ['/hello.php', { path: '/body.php', body }, '/status.php?code=404', '/hello.php']);
    const asked = await web.requests(19);
    const served = await fpm.requests(19);
    const sockets = await socketsAtRest(fpm.endpoint);
    const report = await inspected({ capture: await capture.finish(), application: fpm.endpoint, sockets });
    const ours = report.requests.map(({ method, uri, httpStatus }) => `${method} ${uri} ${httpStatus}`).sort();
    assert.deepEqual(ours, asked.map(({ method, uri, status }) => `${method} ${uri} ${status}`).sort());
    assert.deepEqual(ours, served.map(({ method, uri, status }) => `${method} ${uri} ${status}`).sort());
    assert.equal(report.summary.bytes.stdin, body.length);
    assertFindings(report, []);
  });
});
