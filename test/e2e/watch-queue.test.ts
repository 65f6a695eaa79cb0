// What watch says of accept queues while they are held still: the numbers are those of ss, the pids those of the
// processes, and the findings name the cause.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { gcc } from '../support/peers/compiler.js';
import { eventually } from '../support/peers/eventually.js';
import { compileApplication, libfcgi, spawnApplication, spawnFcgi, threadedProgram } from '../support/peers/libfcgi.js';
import { childrenOf } from '../support/peers/process-tree.js';
import { missingPrograms } from '../support/peers/programs.js';
import { ss } from '../support/peers/sockets.js';
import { endpointParts, Stage } from '../support/peers/stage.js';
import {
  hold,
  idsOf,
  listening,
  missingPeers,
  queued,
  scriptRequest,
  ssRows,
  startPool,
  watched,
} from './watch-scene.js';
import { times } from './web-client.js';

/** TcpExt's ListenOverflows. */
function overflows(): number {
  const lines = readFileSync('/proc/net/netstat', 'utf8').split('\n');
  return Number(lines[1].split(' ')[lines[0].split(' ').indexOf('ListenOverflows')]);
}

describe('watch at accept queues', { concurrency: 4, skip: missingPeers }, () => {
  for (const unix of [false, true])
    test(`a full queue of php-fpm over ${unix ? 'AF_UNIX' : 'TCP'}`, async (context) => {
      const stage = new Stage(context);
      const pool = await startPool(stage, { children: 2, backlog: 2, unix });
      const ask = scriptRequest(pool, '/wait.php?for=go');
      const working = await Promise.all(times(2, () => hold(stage, pool.address, ask)));
      await eventually('both children at work', async () => ((await listening(pool.address))?.depth ?? 1) === 0);
      assert.equal(working.length, 2);
      const waiting = [];
      for (let i = 0; i < 3; i++) {
        waiting.push(await hold(stage, pool.address, ask));
        await queued(pool.address, i + 1);
      }
      const before = overflows();
      // One more finds it full: TCP tries again and again, AF_UNIX is told at once.
      const late = hold(stage, pool.address, ask).catch((error: NodeJS.ErrnoException) => error.code);
      if (unix) assert.equal(await late, 'EAGAIN');
      const row = await listening(pool.address);
      assert.deepEqual({ ...row, inode: 0 }, { depth: 3, limit: 2, inode: 0 });
      const report = await watched([pool.address, '--once', '--interval', '1.2']);
      const [listener] = report.listeners;
      assert.equal(listener.state, 'listening');
      assert.equal(listener.acceptQueue.depth, row!.depth);
      assert.equal(listener.acceptQueue.limit, row!.limit);
      assert.equal(listener.acceptQueue.full, true);
      assert.equal(listener.acceptQueue.sockets[0].inode, row!.inode);
      assert.ok(listener.acceptQueue.longestWait! >= 1);
      // Who waits: connections without a process at the application's end, held by this process at the other.
      const queue = listener.connections.filter(({ accepted }) => !accepted);
      assert.equal(queue.length, 3);
      assert.deepEqual(new Set(queue.map(({ peer }) => peer?.pid)), new Set([process.pid]));
      const children = childrenOf(pool.master).sort();
      const owners = listener.connections.filter(({ accepted }) => accepted).map(({ owner }) => owner?.pid);
      assert.deepEqual(owners.sort(), children);
      if (!unix) {
        const ours = waiting.map((socket) => `${socket.localAddress}:${socket.localPort}`).sort();
        assert.deepEqual(queue.map(({ key }) => key).sort(), ours);
        // The kernel's tables and watch have the same drops: all of them are of this socket.
        const [, details] = (await ssRows(['-Htlnm', `src ${pool.address}`])).join(' ').split('skmem:');
        const drops = Number(/,d(\d+)/.exec(details)![1]);
        assert.ok(listener.acceptQueue.sockets[0].dropped! <= drops);
        assert.ok(listener.acceptQueue.sockets[0].dropped! >= 1);
        const { value } = report.counters['TcpExt.ListenOverflows'];
        assert.ok(value >= before && value <= overflows(), `${before} ${value} ${overflows()}`);
      }
      assert.deepEqual([listener.workers.count, listener.workers.busy], [2, 2]);
      const workers = report.processes.filter(({ role }) => role === 'worker');
      assert.deepEqual(workers.map(({ pid }) => pid).sort(), children);
      assert.ok(
        workers.every(({ connections, rss, descriptors }) => connections === 1 && rss! > 1e6 && descriptors! > 2),
      );
      assert.deepEqual(
        report.processes.filter(({ role }) => role === 'master').map(({ pid }) => pid),
        [pool.master],
      );
      assert.equal(listener.configuration?.maxChildren, 2);
      const ids = idsOf(report);
      for (const id of ['stuck-accept-queue', 'workers-exhausted', 'backlog-overflow'])
        assert.ok(ids.includes(id), `${ids}`);
      assert.ok(!ids.includes('keep-alive-pins-workers') && !ids.includes('accept-blocked'), `${ids}`);
      const stuck = report.findings.find(({ id }) => id === 'stuck-accept-queue')!;
      assert.match(stuck.title, /^3 connections to .* are not accepted: the longest has waited for /);
      pool.release();
      await queued(pool.address, 0);
      const after = await watched([pool.address, '--once', '--interval', '0.1']);
      assert.equal(after.listeners[0].acceptQueue.depth, 0);
      assert.ok(!idsOf(after).includes('stuck-accept-queue'));
    });

  test('kept connections without a request hold the workers', async (context) => {
    const stage = new Stage(context);
    const pool = await startPool(stage, { children: 2 });
    const kept = scriptRequest(pool, '/hello.php', true);
    const sockets = await Promise.all(times(2, () => hold(stage, pool.address, kept)));
    await Promise.all(sockets.map((socket) => eventually('an answer', () => socket.bytesRead > 0)));
    await hold(stage, pool.address, kept);
    await queued(pool.address, 1);
    const report = await watched([pool.address, '--once', '--interval', '1.2']);
    assert.equal(report.listeners[0].activities.parked, 2);
    const ids = idsOf(report);
    assert.ok(ids.includes('keep-alive-pins-workers'), `${ids}`);
    assert.ok(!ids.includes('workers-exhausted'), `${ids}`);
    assert.ok(
      report.processes
        .filter(({ role }) => role === 'worker')
        .every(({ doing }) => doing === 'holds a kept connection'),
    );
  });

  test('an idle pool and a slow script are no queue', async (context) => {
    const stage = new Stage(context);
    const pool = await startPool(stage, { children: 3 });
    await hold(stage, pool.address, scriptRequest(pool, '/wait.php?for=go'));
    const report = await watched([pool.address, '--once', '--interval', '0.2']);
    const [listener] = report.listeners;
    assert.deepEqual([listener.acceptQueue.depth, listener.activities.working], [0, 1]);
    assert.deepEqual([listener.workers.count, listener.workers.busy], [3, 1]);
    assert.deepEqual(idsOf(report), []);
    pool.release();
  });

  test('a connection without a byte, and one that nobody closes', async (context) => {
    const stage = new Stage(context);
    const pool = await startPool(stage, { children: 3 });
    await hold(stage, pool.address);
    // Answered and closed by php-fpm; this end stays open.
    const pinned = await hold(stage, pool.address, scriptRequest(pool, '/hello.php'), true);
    await eventually('the end of the answer', () => pinned.readableEnded);
    const report = await watched([pool.address, '--once', '--interval', '2.2']);
    const [listener] = report.listeners;
    assert.equal(listener.sockets.application['FIN-WAIT-2'], 1);
    assert.deepEqual([listener.activities['half-closed'], listener.activities.silent], [1, 1]);
    const ids = idsOf(report);
    assert.ok(ids.includes('lingering-close') && ids.includes('silent-connection'), `${ids}`);
    const owner = listener.connections.find(({ activity }) => activity === 'half-closed')?.owner?.pid;
    const { port } = endpointParts(pool.address);
    const [row] = await ssRows(['-Htnp', 'state', 'fin-wait-2', `sport = :${port}`]);
    assert.ok(row.includes(`pid=${owner},`), row);
    assert.match(report.processes.find(({ pid }) => pid === owner)!.doing, /waits for the web server to close/);
  });
});

describe('watch at a blocking connect', { skip: missingPeers || missingPrograms(gcc) }, () => {
  test('who waits for room in a full queue of AF_UNIX is told', async (context) => {
    const stage = new Stage(context);
    const pool = await startPool(stage, { children: 1, backlog: 1, unix: true });
    await hold(stage, pool.address, scriptRequest(pool, '/wait.php?for=go'));
    await eventually('a child at work', async () => (await listening(pool.address))?.depth === 0);
    for (let i = 0; i < 2; i++) await hold(stage, pool.address);
    await queued(pool.address, 2);
    const program = await compileApplication(stage, 'blocking-connect');
    const daemon = stage.start(program, [pool.address.slice(5)]);
    await eventually('it stands in connect', () =>
      /unix_wait_for_peer/.test(readFileSync(`/proc/${daemon.pid}/wchan`, 'utf8')),
    );
    const report = await watched([pool.address, '--once', '--interval', '0']);
    const overflow = report.findings.find(({ id }) => id === 'backlog-overflow')!;
    assert.ok(
      overflow.evidence.some(
        ({ text }) => text === `blocking-connec, pid ${daemon.pid} stands in connect, waiting for room`,
      ),
      JSON.stringify(overflow.evidence),
    );
    pool.release();
  });
});

describe('watch at a libfcgi program with a lock', { skip: missingPrograms(ss, spawnFcgi, libfcgi, gcc) }, () => {
  test('one silent connection holds the lock that all threads wait for', async (context) => {
    const stage = new Stage(context);
    const program = await threadedProgram(stage, { threads: 4, lock: true });
    const { endpoint } = await spawnApplication(stage, program.path, { environment: program.environment });
    await hold(stage, endpoint);
    await eventually('the silent one accepted', async () => (await listening(endpoint))?.depth === 0);
    await hold(stage, endpoint);
    await hold(stage, endpoint);
    await queued(endpoint, 2);
    const report = await watched([endpoint, '--once', '--interval', '1.2']);
    const ids = idsOf(report);
    assert.ok(ids.includes('stuck-accept-queue') && ids.includes('accept-blocked'), `${ids}`);
    assert.equal(report.listeners[0].acceptQueue.depth, 2);
  });
});
