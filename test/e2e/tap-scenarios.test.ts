// The scenarios of the captures of real servers, made live with a tap in between: it finds what is found in the captures,
// and while the load is held still the accept queue, its limit and the pids are those of ss.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { EXPECTED } from '../captures/expected-findings.js';
import { request } from '../support/fastcgi-messages.js';
import { gcc } from '../support/peers/compiler.js';
import { eventually } from '../support/peers/eventually.js';
import { libfcgi, spawnApplication, spawnFcgi, threadedProgram } from '../support/peers/libfcgi.js';
import { lighttpd, startLighttpd } from '../support/peers/lighttpd.js';
import { type NginxOptions, nginx, startNginx } from '../support/peers/nginx.js';
import { type PhpFpmOptions, phpFpm, startPhpFpm } from '../support/peers/php-fpm.js';
import { childrenOf } from '../support/peers/process-tree.js';
import { missingPrograms } from '../support/peers/programs.js';
import { ss } from '../support/peers/sockets.js';
import { endpointParts, Stage } from '../support/peers/stage.js';
import { counted } from './evidence.js';
import { layScripts } from './scripts.js';
import { type HostLook, placeTap, placeTellingTap, type TapReport } from './tap-scene.js';
import { hold, listening, queued, ssRows } from './watch-scene.js';
import { fetchAtOnce, fetchFrom, fetchInTurn, times } from './web-client.js';

interface SceneOptions {
  readonly fpm: PhpFpmOptions;
  readonly unix?: boolean;
  readonly web?: Pick<NginxOptions, 'location' | 'upstream'>;
}

/** php-fpm, and nginx that is to go through a tap; the tap is the test's. */
async function scene(context: TestContext, options: SceneOptions) {
  const stage = new Stage(context);
  const path = stage.path('php.sock');
  const fpm = await startPhpFpm(stage, { ...options.fpm, ...(options.unix === true ? { endpoint: path } : {}) });
  const to = options.unix === true ? `unix:${path}` : fpm.endpoint;
  const listen = await stage.endpoint();
  const web = () => startNginx(stage, { application: listen, root: layScripts(stage), ...options.web });
  return { stage, fpm, to, listen, web };
}

/** The findings of the capture, those about TIME_WAIT aside where who closes first is a race. */
function isAsCaptured(ids: readonly string[], capture: string, besides: readonly string[] = []): void {
  const { fires, silent } = EXPECTED[capture];
  const missing = fires.filter((id) => !besides.includes(id) && !ids.includes(id));
  const unwanted = silent.filter((id) => !besides.includes(id) && ids.includes(id));
  assert.deepEqual({ missing, unwanted }, { missing: [], unwanted: [] }, ids.join(', '));
}

const idsOf = ({ findings }: TapReport): string[] => findings.map(({ id }) => id);

/** Pids that ss names for these rows. */
const pidsOf = (rows: readonly string[]): number[] =>
  [...new Set(rows.flatMap((row) => [...row.matchAll(/pid=(\d+),/g)].map(([, pid]) => Number(pid))))].sort();

/** The look shows what ss shows: queue, limit, socket, and who holds the connections that were accepted. */
async function isAsSsShows({ listeners: [listener], processes }: HostLook, address: string): Promise<void> {
  const row = (await listening(address))!;
  assert.deepEqual(
    {
      depth: listener.acceptQueue.depth,
      limit: listener.acceptQueue.limit,
      inode: listener.acceptQueue.sockets[0].inode,
    },
    row,
  );
  const unix = address.startsWith('unix:');
  const rows = await ssRows(unix ? ['-Hxlp', `src ${address}`] : ['-Htlnp', `src ${address}`]);
  const listed = processes.filter(({ role }) => role === 'worker' || role === 'master').map(({ pid }) => pid);
  assert.deepEqual(listed.sort(), pidsOf(rows));
  if (unix) return;
  const { port } = endpointParts(address);
  const held = pidsOf(await ssRows(['-Htnp', 'state', 'established', `sport = :${port}`]));
  const owners = new Set(listener.connections.flatMap(({ accepted, owner }) => (accepted && owner ? [owner.pid] : [])));
  assert.deepEqual([...owners].sort(), held);
}

const skip = missingPrograms(nginx, phpFpm, ss);

describe('scenarios of captures behind a tap: nginx and php-fpm', { concurrency: 2, skip }, () => {
  test('a: a connection for each request', async (context) => {
    const { stage, fpm, to, listen, web } = await scene(context, { fpm: { children: 4 } });
    const tap = await placeTap(stage, listen, to);
    const { endpoint } = await web();
    await fetchInTurn(
      endpoint,
      times(30, (index) => `/hello.php?n=${index}`),
    );
    const metrics = await eventually('30 requests in the metrics', async () => {
      const text = await (await fetch(`http://${tap.metrics}/metrics`)).text();
      return text.includes('result="ok"} 30\n') && text;
    });
    const report = await tap.finished();
    isAsCaptured(idsOf(report), 'a');
    assert.equal(report.summary.timeWait.application, 30);
    // The host shows the same sockets.
    assert.equal(report.host!.listeners[0].timeWait.application, 30);
    const finding = report.findings.find(({ id }) => id === 'time-wait-application-side')!;
    assert.match(finding.detail, /In the traffic: /);
    assert.ok(metrics.includes(`\nfcgi_requests_total{listener="${fpm.endpoint}",result="ok"} 30\n`));
    assert.ok(metrics.includes(`_bucket{listener="${fpm.endpoint}",phase="total",le="+Inf"} 30\n`));
    assert.ok(metrics.includes(`\nfcgi_accept_queue{listener="${fpm.endpoint}"} 0\n`));
  });

  test('b: fastcgi_keep_conn without a pool', async (context) => {
    const keeping = { location: 'fastcgi_keep_conn on;' };
    const { stage, to, listen, web } = await scene(context, { fpm: { children: 8 }, web: keeping });
    const tap = await placeTap(stage, listen, to);
    const { endpoint } = await web();
    await fetchInTurn(
      endpoint,
      times(30, (index) => `/hello.php?n=${index}`),
    );
    const report = await tap.finished();
    isAsCaptured(idsOf(report), 'b');
    assert.equal(report.summary.timeWait['web-server'], 30);
  });

  test('c: a pool of kept connections', async (context) => {
    const keeping = { location: 'fastcgi_keep_conn on;', upstream: 'keepalive 4;' };
    const { stage, to, listen, web } = await scene(context, { fpm: { children: 8 }, web: keeping });
    const tap = await placeTap(stage, listen, to);
    const { endpoint } = await web();
    await fetchInTurn(
      endpoint,
      times(30, (index) => `/hello.php?n=${index}`),
    );
    const report = await tap.finished();
    isAsCaptured(idsOf(report), 'c');
    assert.deepEqual(
      report.findings.filter(({ severity }) => severity !== 'note').map(({ id }) => id),
      [],
    );
    assert.deepEqual(report.summary.requestsPerConnection, { 30: 1 });
  });

  test('f1: more requests than children', async (context) => {
    const { stage, fpm, to, listen, web } = await scene(context, { fpm: { children: 2 } });
    const tap = await placeTellingTap(stage, listen, to);
    const { endpoint } = await web();
    const answers = fetchAtOnce(
      endpoint,
      times(16, (index) => `/wait.php?for=go&n=${index}`),
    );
    await queued(to, 14);
    const look = await tap.look('14 that wait', ({ acceptQueue }) => acceptQueue.longestWait! > 1);
    await isAsSsShows(look, to);
    const workers = look.processes.filter(({ role }) => role === 'worker');
    assert.deepEqual(workers.map(({ pid }) => pid).sort(), childrenOf(fpm.daemon.pid).sort());
    assert.ok(workers.every(({ connections }) => connections === 1));
    // Who waits is the tap.
    const { connections } = look.listeners[0];
    const peers = connections.filter(({ accepted }) => !accepted).map(({ peer }) => peer?.pid);
    assert.deepEqual(new Set(peers), new Set([tap.pid]));
    stage.file('go', '');
    assert.deepEqual(counted((await answers).map((answer) => answer!.status)), { 200: 16 });
    const { all, last, events } = await tap.finished();
    isAsCaptured(all, 'f1');
    assert.ok(last.includes('time-wait-application-side'));
    // They were not accepted, which only the host knows.
    assert.match(JSON.stringify(events), /14 connections to [^"]* are not accepted/);
  });

  test('f2: the accept queue is full', async (context) => {
    const { stage, to, listen, web } = await scene(context, { fpm: { children: 2, pool: 'listen.backlog = 2' } });
    const tap = await placeTellingTap(stage, listen, to);
    const { endpoint } = await web();
    const answers = fetchAtOnce(
      endpoint,
      times(14, (index) => `/wait.php?for=go&n=${index}`),
    );
    await queued(to, 3);
    const look = await tap.look('a full queue', ({ acceptQueue }) => acceptQueue.full && acceptQueue.longestWait! > 1);
    await isAsSsShows(look, to);
    stage.file('go', '');
    await answers;
    const { all } = await tap.finished();
    isAsCaptured(all, 'f2');
  });

  test('g1: children are killed', async (context) => {
    const { stage, to, listen, web } = await scene(context, { fpm: { children: 6 } });
    const tap = await placeTap(stage, listen, to);
    const { endpoint } = await web();
    const killed = ['/killed.php', '/killed.php', '/killed.php?out=1', '/killed.php?out=1'];
    const answers = await fetchInTurn(endpoint, [...killed, '/hello.php']);
    assert.deepEqual(
      answers.map((answer) => answer?.status),
      [502, 502, 200, 200, 200],
    );
    isAsCaptured(idsOf(await tap.finished()), 'g1');
  });

  test('g2: errors and what goes to STDERR', async (context) => {
    const { stage, to, listen, web } = await scene(context, { fpm: { children: 4 } });
    const tap = await placeTap(stage, listen, to);
    const { endpoint } = await web();
    await fetchInTurn(endpoint, ['/error.php', '/status.php?code=500', '/hello.php']);
    const report = await tap.finished();
    isAsCaptured(idsOf(report), 'g2');
    assert.equal(report.summary.httpStatus[500], 2);
  });

  test('g6: clients that give up', async (context) => {
    const { stage, to, listen, web } = await scene(context, { fpm: { children: 6 } });
    const tap = await placeTellingTap(stage, listen, to);
    const { endpoint, requests } = await web();
    const leaving = new AbortController();
    const given = fetchAtOnce(
      endpoint,
      times(4, () => ({ path: '/wait.php?for=go', signal: leaving.signal })),
    );
    await tap.look('4 at work', ({ activities }) => activities.working === 4);
    leaving.abort();
    await given;
    await requests(4);
    await pause(200);
    stage.file('go', '');
    await tap.look('nobody at work', ({ activities }) => activities.working === 0 && activities['peer-closed'] === 0);
    const { all } = await tap.finished();
    isAsCaptured(all, 'g6');
  });

  test('k3: the queue of an AF_UNIX socket is full', async (context) => {
    const options = { unix: true, fpm: { children: 2, pool: 'listen.backlog = 2' } };
    const { stage, to, listen, web } = await scene(context, options);
    const tap = await placeTellingTap(stage, listen, to);
    const { endpoint } = await web();
    const waiting = fetchAtOnce(
      endpoint,
      times(2, () => '/wait.php?for=go'),
    );
    await eventually('both children at work', async () => (await listening(to))?.depth === 0);
    await tap.look('both children at work', ({ workers }) => workers.busy === 2);
    const more = fetchAtOnce(
      endpoint,
      times(10, () => '/wait.php?for=go'),
    );
    await queued(to, 3);
    const look = await tap.look('a full queue', ({ acceptQueue }) => acceptQueue.full);
    await isAsSsShows(look, to);
    stage.file('go', '');
    await waiting;
    assert.deepEqual(counted((await more).map((answer) => answer!.status)), { 200: 3, 502: 7 });
    const { all, events } = await tap.finished();
    assert.ok(all.includes('backlog-overflow') && !all.includes('connection-refused'), all.join(', '));
    const { connectErrors } = events.find(({ kind }) => kind === 'tap') as unknown as TapReport['tap'];
    assert.deepEqual(connectErrors, { EAGAIN: 7 });
  });
});

describe('scenarios of captures behind a tap: lighttpd and libfcgi', {
  concurrency: 2,
  skip: missingPrograms(gcc, libfcgi, spawnFcgi, lighttpd, ss),
}, () => {
  test('d1: long polls hold all threads', async (context) => {
    const stage = new Stage(context);
    const program = await threadedProgram(stage, { threads: 8 });
    const { endpoint: to, daemon } = await spawnApplication(stage, program.path, program);
    const listen = await stage.endpoint();
    const tap = await placeTellingTap(stage, listen, to);
    const web = await startLighttpd(stage, { root: stage.folder, match: '/app', application: listen });
    const go = stage.path('go');
    const polls = fetchAtOnce(
      web.endpoint,
      times(24, (index) => `/app?n=${index}&for=${go}`),
    );
    await queued(to, 16);
    const short = fetchAtOnce(
      web.endpoint,
      times(8, (index) => `/app?short=${index}`),
    );
    await queued(to, 24);
    const look = await tap.look(
      '24 that wait',
      ({ acceptQueue }) => acceptQueue.depth === 24 && acceptQueue.longestWait! > 1,
    );
    await isAsSsShows(look, to);
    assert.deepEqual(
      new Set(look.listeners[0].connections.flatMap(({ owner }) => owner?.pid ?? [])),
      new Set([daemon.pid]),
    );
    await tap.found('workers-exhausted');
    stage.file('go', '');
    await Promise.all([polls, short]);
    assert.equal((await program.requests(32)).length, 32);
    const { all } = await tap.finished();
    isAsCaptured(all, 'd1', ['time-wait-application-side']);
    assert.doesNotMatch(readFileSync(web.errorLog, 'utf8'), /unexpected end-of-file|response not received/);
  });

  test('d3: half a request holds the lock around FCGX_Accept_r', async (context) => {
    const stage = new Stage(context);
    const program = await threadedProgram(stage, { threads: 8, lock: true });
    const { endpoint: to } = await spawnApplication(stage, program.path, program);
    const listen = await stage.endpoint();
    const tap = await placeTellingTap(stage, listen, to);
    const web = await startLighttpd(stage, { root: stage.folder, match: '/app', application: listen });
    assert.equal((await fetchFrom(web.endpoint, '/app?first'))!.status, 200);
    const whole = request({ uri: '/half' });
    const half = await hold(stage, listen, whole.subarray(0, 60));
    await tap.look('half a request', ({ connections }) => connections.some(({ accepted }) => accepted));
    const asked = fetchAtOnce(
      web.endpoint,
      times(6, (index) => `/app?n=${index}`),
    );
    await queued(to, 6);
    const look = await tap.look('6 that wait', ({ acceptQueue }) => acceptQueue.longestWait! > 1.5);
    await isAsSsShows(look, to);
    half.destroy();
    assert.deepEqual(counted((await asked).map((answer) => answer!.status)), { 200: 6 });
    const { all } = await tap.finished();
    isAsCaptured(all, 'd3');
  });
});
