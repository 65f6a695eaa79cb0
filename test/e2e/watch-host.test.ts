// What watch says of TIME_WAIT, of the status page, of other namespaces, and what it says when it may not look.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { eventually } from '../support/peers/eventually.js';
import { childrenOf } from '../support/peers/process-tree.js';
import { findProgram, missingPrograms } from '../support/peers/programs.js';
import { ss } from '../support/peers/sockets.js';
import { endpointParts, Stage } from '../support/peers/stage.js';
import { bin, startBin } from '../support/run-bin.js';
import {
  hold,
  idsOf,
  listening,
  missingPeers,
  queued,
  scriptRequest,
  ssRows,
  startPool,
  type WatchReport,
  watched,
} from './watch-scene.js';
import { times } from './web-client.js';

const isRoot = process.getuid?.() === 0;
const setpriv = { name: 'setpriv', package: 'util-linux' };
const unshare = { name: 'unshare', package: 'util-linux' };

describe('watch at sockets and processes', { concurrency: 4, skip: missingPeers }, () => {
  test('TIME_WAIT by side is as ss counts it', async (context) => {
    const stage = new Stage(context);
    const pool = await startPool(stage, { children: 4 });
    const { port } = endpointParts(pool.address);
    const over = (socket: Awaited<ReturnType<typeof hold>>) => eventually('a close', () => socket.destroyed);
    for (const turn of times(4, (index) => index)) {
      await Promise.all(
        times(4, async (index) => {
          const kept = (turn + index) % 2 === 0;
          const socket = await hold(stage, pool.address, scriptRequest(pool, '/hello.php', kept));
          // Kept: this end closes first. Not kept: php-fpm does.
          if (kept) await eventually('an answer', () => socket.bytesRead > 0);
          else await eventually('the end', () => socket.readableEnded);
          socket.end();
          await over(socket);
        }),
      );
    }
    const count = async (side: string) =>
      (
        await ssRows([
          '-Htn',
          'state',
          'time-wait',
          `${side} = :${port}`,
          'and',
          `${side === 'sport' ? 'src' : 'dst'} ${stage.address}`,
        ])
      ).length;
    const now = async () => ({ application: await count('sport'), 'web-server': await count('dport') });
    await eventually('16 sockets in TIME_WAIT', async () => {
      const both = await now();
      return both.application + both['web-server'] === 16;
    });
    const before = await now();
    const [listener] = (await watched([pool.address, '--once', '--interval', '0'])).listeners;
    assert.deepEqual(listener.timeWait, before);
    assert.deepEqual(await now(), before);
    assert.deepEqual(before, { application: 8, 'web-server': 8 });
    assert.deepEqual(
      listener.ports.map(({ live, timeWait }) => ({ live, timeWait })),
      [{ live: 0, timeWait: 8 }],
    );
  });

  test('the status page, found through the configuration, without our own question', async (context) => {
    const stage = new Stage(context);
    const pool = await startPool(stage, { children: 3, statusPath: '/fpm-status' });
    await hold(stage, pool.address, scriptRequest(pool, '/wait.php?for=go&token=secret'));
    const report = await watched([pool.address, '--once', '--interval', '0.3']);
    const [listener] = report.listeners;
    assert.equal(listener.status?.kind, 'answered');
    assert.deepEqual([listener.status?.counted?.total, listener.status?.counted?.idle], [3, 1]);
    // The look is before the question: no worker is busy with ours.
    assert.equal(listener.workers.busy, 1);
    pool.release();
  });

  test('a full pool is not asked for its status page, and everything else is there', async (context) => {
    const stage = new Stage(context);
    const pool = await startPool(stage, { children: 1, statusPath: '/status' });
    await hold(stage, pool.address, scriptRequest(pool, '/wait.php?for=go'));
    await eventually('a child at work', async () => (await listening(pool.address))?.depth === 0);
    await hold(stage, pool.address, scriptRequest(pool, '/hello.php'));
    await queued(pool.address, 1);
    const report = await watched([pool.address, '--once', '--interval', '0.2']);
    assert.equal(report.listeners[0].status?.kind, 'not-asked');
    assert.match(report.listeners[0].status!.reason!, /1 wait in the accept queue/);
    assert.equal(report.listeners[0].acceptQueue.depth, 1);
    pool.release();
  });

  test('metrics have the same numbers, and Ctrl-C ends it with 0', async (context) => {
    const stage = new Stage(context);
    const pool = await startPool(stage, { children: 1 });
    await hold(stage, pool.address, scriptRequest(pool, '/wait.php?for=go'));
    await eventually('a child at work', async () => (await listening(pool.address))?.depth === 0);
    for (let i = 0; i < 2; i++) await hold(stage, pool.address);
    const row = await queued(pool.address, 2);
    const started = startBin(['watch', pool.address, '--interval', '0.2', '--metrics', '127.0.0.1:0']);
    stage.atEnd(() => started.process.kill('SIGKILL'));
    let said = '';
    started.process.stderr!.on('data', (chunk: Buffer) => {
      said += chunk;
    });
    const address = await eventually('the address of the metrics', () => /http:\/\/(\S+)\/metrics/.exec(said)?.[1]);
    const text = await eventually('metrics of the queue', async () => {
      const answer = await fetch(`http://${address}/metrics`, { headers: { accept: 'application/openmetrics-text' } });
      assert.match(answer.headers.get('content-type')!, /^application\/openmetrics-text/);
      const metrics = await answer.text();
      return metrics.includes('fcgi_accept_queue{') ? metrics : undefined;
    });
    assert.ok(text.includes(`fcgi_accept_queue{listener="${pool.address}"} ${row.depth}\n`), text);
    assert.ok(text.includes(`fcgi_accept_queue_limit{listener="${pool.address}"} ${row.limit}\n`));
    assert.ok(text.endsWith('# EOF\n'));
    started.process.kill('SIGINT');
    const { status, stdout } = await started.ended;
    assert.equal(status, 0);
    assert.match(stdout, /In all: \d+ looks/);
    pool.release();
  });

  test('findings appear, are over, and decide the exit code', async (context) => {
    const stage = new Stage(context);
    const pool = await startPool(stage, { children: 1 });
    await hold(stage, pool.address, scriptRequest(pool, '/wait.php?for=go'));
    await eventually('a child at work', async () => (await listening(pool.address))?.depth === 0);
    const waiting = await hold(stage, pool.address, scriptRequest(pool, '/hello.php'));
    await queued(pool.address, 1);
    const log = stage.path('findings.log');
    const started = startBin([
      'watch',
      pool.address,
      '--interval',
      '0.2',
      '--format',
      'ndjson',
      '--fail-on',
      'error',
      '--log',
      log,
    ]);
    stage.atEnd(() => started.process.kill('SIGKILL'));
    let said = '';
    started.process.stdout!.on('data', (chunk: Buffer) => {
      said += chunk;
    });
    const events = () =>
      said
        .split('\n')
        .slice(0, -1)
        .map(
          (line) =>
            JSON.parse(line) as { kind: string; event?: string; id?: string; firstSeen?: number; lastSeen?: number },
        );
    const event = (name: string) => events().find((each) => each.event === name && each.id === 'stuck-accept-queue');
    await eventually('the finding', () => event('appeared'));
    pool.release();
    await eventually('the answer', () => waiting.bytesRead > 0);
    const cleared = await eventually('its end', () => event('cleared'));
    assert.ok(cleared.lastSeen! >= cleared.firstSeen!);
    started.process.kill('SIGTERM');
    const { status } = await started.ended;
    assert.equal(status, 1);
    const last = events().at(-1)!;
    assert.equal(last.kind, 'end');
  });

  test('nobody listens', async (context) => {
    const stage = new Stage(context);
    const endpoint = await stage.endpoint();
    const report = await watched([endpoint, `unix:${stage.path('gone.sock')}`, '--once', '--interval', '0']);
    assert.deepEqual(
      report.listeners.map(({ state }) => state),
      ['closed', 'missing'],
    );
    assert.deepEqual(idsOf(report).sort(), ['connection-refused', 'daemon-gone']);
  });

  test('php-fpm is found without an address', async (context) => {
    const stage = new Stage(context);
    const pool = await startPool(stage, { children: 1 });
    const report = await watched(['--once', '--interval', '0', '--no-status']);
    assert.ok(
      report.listeners.some(({ address }) => address === pool.address),
      'among those found',
    );
  });
});

describe('watch as an ordinary user', {
  skip: missingPeers || (isRoot ? missingPrograms(setpriv) : 'needs root to become somebody else'),
}, () => {
  /** As nobody; where nobody may read the project, as root without its powers. */
  const ordinary = (): string[] => {
    const nobody = ['--reuid', '65534', '--regid', '65534', '--clear-groups'];
    return isReadableForAll() ? nobody : ['--bounding-set', '-all', '--inh-caps', '-all'];
  };
  const watchedBy = (prefix: readonly string[], args: readonly string[]): Promise<WatchReport> =>
    new Promise((resolve, reject) => {
      const child = spawn(
        findProgram(setpriv)!,
        [...prefix, process.execPath, bin, 'watch', ...args, '--format', 'json'],
        {
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      );
      const pieces: Buffer[] = [];
      child.stdout.on('data', (chunk: Buffer) => pieces.push(chunk));
      child.on('close', () => {
        try {
          resolve(JSON.parse(Buffer.concat(pieces).toString()) as WatchReport);
        } catch (error) {
          reject(error);
        }
      });
    });

  test('the queue is there, and it says whose processes are not', async (context) => {
    const stage = new Stage(context);
    const pool = await startPool(stage, { children: 1, backlog: 4 });
    await hold(stage, pool.address, scriptRequest(pool, '/wait.php?for=go'));
    await eventually('a child at work', async () => (await listening(pool.address))?.depth === 0);
    for (let i = 0; i < 3; i++) await hold(stage, pool.address);
    const row = await queued(pool.address, 3);
    const report = await watchedBy(ordinary(), [pool.address, '--once', '--interval', '0.1']);
    const [listener] = report.listeners;
    assert.deepEqual([listener.acceptQueue.depth, listener.acceptQueue.limit], [row.depth, row.limit]);
    assert.equal(listener.workers.count, null);
    const missing = report.missing.find(({ code }) => code === 'socket-owners');
    assert.match(missing!.text, /descriptors of \d+ processes of other users cannot be read/);
    assert.ok(idsOf(report).includes('stuck-accept-queue') || listener.acceptQueue.longestWait! < 1);
    pool.release();
  });

  test("one's own processes are seen", async (context) => {
    if (!isReadableForAll()) return context.skip('the project is not readable for others');
    const stage = new Stage(context);
    const path = stage.path('own.sock');
    const program = `require('net').createServer(() => {}).listen(${JSON.stringify(path)})`;
    const daemon = stage.start(findProgram(setpriv)!, [...ordinary(), process.execPath, '-e', program]);
    await daemon.until('listening', async () => (await listening(`unix:${path}`)) !== undefined);
    const report = await watchedBy(ordinary(), [`unix:${path}`, '--once', '--interval', '0']);
    assert.equal(report.listeners[0].workers.count, 1);
    assert.ok(report.processes.some(({ pid, role }) => pid === daemon.pid && role === 'worker'));
    assert.deepEqual(
      report.missing.map(({ code }) => code).filter((code) => code === 'socket-owners'),
      [],
    );
  });
});

/** Whether nobody may run the command: all folders on the way to it, and the packages it loads. */
function isReadableForAll(): boolean {
  const prefix = ['--reuid', '65534', '--regid', '65534', '--clear-groups'];
  return spawnSync(findProgram(setpriv)!, [...prefix, process.execPath, bin, '--version']).status === 0;
}

/** Containers often have root without the right to make namespaces. */
function mayNotUnshare(): string | false {
  const { status } = spawnSync(findProgram(unshare)!, ['--net', 'true']);
  return status === 0 ? false : 'network namespaces cannot be made here: it takes root and CAP_SYS_ADMIN';
}

describe('watch at another network namespace', {
  skip: missingPrograms(ss, unshare, { name: 'nsenter', package: 'util-linux' }) || mayNotUnshare(),
}, () => {
  test('--pid shows its listeners, queues and settings, not ours', async (context) => {
    const stage = new Stage(context);
    const ready = stage.path('port');
    const program = `
      const { createServer, connect } = require('net'), { writeFileSync } = require('fs');
      require('child_process').execFileSync('ip', ['link', 'set', 'lo', 'up']);
      writeFileSync('/proc/sys/net/core/somaxconn', '77');
      const server = createServer(() => {}).listen(0, '127.0.0.1', 500, () => {
        const { port } = server.address();
        connect(port, '127.0.0.1', () => writeFileSync(${JSON.stringify(ready)}, String(port)));
      });`;
    const daemon = stage.start(findProgram(unshare)!, ['--net', process.execPath, '-e', program]);
    const port = await daemon.until('its port', () => existsSync(ready) && Number(readFileSync(ready, 'utf8')));
    const pid = childrenOf(daemon.pid)[0] ?? daemon.pid;
    const report = await watched(['--pid', String(pid), `127.0.0.1:${port}`, '--once', '--interval', '0']);
    const [listener] = report.listeners;
    assert.equal(listener.state, 'listening');
    assert.equal(listener.acceptQueue.limit, 77, 'the limit is its own somaxconn');
    assert.equal((report as unknown as { settings: { somaxconn: number } }).settings.somaxconn, 77);
    assert.equal(listener.sockets.application.ESTAB, 1);
    // Without the namespace there is no such thing.
    const here = await watched([`127.0.0.1:${port}`, '--once', '--interval', '0']);
    assert.notEqual(here.listeners[0].acceptQueue.limit, 77);
  });
});
