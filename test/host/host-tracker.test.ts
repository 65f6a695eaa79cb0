// What several looks come to: ages, differences, shares, workers that got fewer; and what one look cannot know.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { activityOf } from '../../src/host/activity.js';
import { HostTracker } from '../../src/host/host-tracker.js';
import { counterDelta, counterSince } from '../../src/host/host-view.js';
import { parseTcpSockets, parseUnixSockets } from '../../src/host/socket-statistics.js';
import { TcpTable } from '../../src/host/tcp-table.js';
import { parseUnixTable } from '../../src/host/unix-table.js';
import { lookAtTcp, type TcpLook } from '../../src/host/watched-tcp.js';
import { lookAtUnix } from '../../src/host/watched-unix.js';
import type { HostSample } from '../../src/model/host-sample.js';
import { connection, listener, master, SECOND, sample, viewOf, waiting, worker } from '../support/host.js';
import { PORT, PROC_TCP, PROC_TCP6, PROC_UNIX, SS_TCP, SS_UNIX, WAITING } from './recorded.js';

function lookOf(more: Partial<TcpLook> = {}, ports = [PORT]): TcpLook {
  const table = new TcpTable(new Set(ports));
  for (const text of [PROC_TCP, PROC_TCP6]) {
    table.push(text);
    table.end();
  }
  const { settings } = sample(0, []);
  return { rows: table.rows, sockets: parseTcpSockets(SS_TCP), localAddresses: new Set(), settings, ...more };
}

const WATCHED = {
  address: `127.0.0.1:${PORT}`,
  host: '127.0.0.1',
  port: PORT,
  configuration: undefined,
  ownQuestions: 0,
};

describe('a look at a TCP listener', () => {
  it('has the queue, both sides and ports', () => {
    const seen = lookAtTcp(WATCHED, lookOf());
    assert.equal(seen.state, 'listening');
    assert.deepEqual(seen.queues, [{ inode: 1862243, depth: 3, limit: 2, drops: 6 }]);
    assert.deepEqual(seen.application, { 'CLOSE-WAIT': 1, ESTAB: 2, 'TIME-WAIT': 1 });
    assert.deepEqual(seen.webServer, { 'FIN-WAIT-2': 1, ESTAB: 2, 'SYN-SENT': 1, 'TIME-WAIT': 2 });
    // Two of the web server's ports are below 32768 + ... and both in TIME_WAIT: one of them for under a second.
    assert.deepEqual(seen.ports, [
      { source: '127.0.0.1', destination: `127.0.0.1:${PORT}`, live: 4, timeWait: 2, youngTimeWait: 1 },
    ]);
    const queue = seen.connections.filter(({ accepted }) => !accepted);
    assert.deepEqual(queue.map(({ key }) => Number(key.split(':')[1])).sort(), [...WAITING].sort());
    assert.deepEqual(queue.map(({ peerInode }) => peerInode).sort(), [1863974, 1863975, 1863976]);
    assert.deepEqual(
      seen.connections.filter(({ accepted }) => accepted).map(({ inode }) => inode),
      [1862999],
    );
  });

  it('has all but limits and times without ss', () => {
    const seen = lookAtTcp(WATCHED, lookOf({ sockets: undefined }));
    assert.deepEqual([seen.queues[0].depth, seen.queues[0].limit], [3, Number.NaN]);
    assert.equal(seen.connections.filter(({ accepted }) => !accepted).length, 3);
    assert.ok(Number.isNaN(seen.connections[0].sinceSent));
  });

  it('finds a socket that is bound to every address, and leaves out connections elsewhere', () => {
    const watched = { ...WATCHED, address: '127.0.0.1:9000', port: 9000 };
    const seen = lookAtTcp(watched, lookOf({ sockets: undefined }, [9000]));
    assert.equal(seen.bound, '[::]:9000');
    assert.deepEqual(seen.application, { ESTAB: 1, 'TIME-WAIT': 1 });
    assert.deepEqual(seen.webServer, { ESTAB: 1 });
  });

  it('tells an address of this host from others', () => {
    const at = (host: string, more: Partial<TcpLook> = {}) =>
      lookAtTcp({ ...WATCHED, host, port: 1 }, lookOf(more)).state;
    assert.equal(at('127.0.0.9'), 'closed');
    assert.equal(at('192.0.2.1'), 'elsewhere');
    assert.equal(at('192.0.2.1', { localAddresses: new Set(['192.0.2.1']) }), 'closed');
  });
});

describe('a look at an AF_UNIX listener', () => {
  const watched = { address: 'unix:/tmp/h.sock', path: '/tmp/h.sock', configuration: undefined };

  it('knows who waits from ss', () => {
    const sockets = parseUnixSockets(SS_UNIX, [watched.path]);
    const seen = lookAtUnix(watched, { listener: undefined, sockets, fileExists: true, uid: 33 });
    assert.deepEqual([seen.state, seen.queues[0].depth, seen.queues[0].limit], ['listening', 3, 2]);
    assert.deepEqual(
      seen.connections.filter(({ accepted }) => !accepted).map(({ peerInode }) => peerInode),
      [1863969, 1863970, 1863971],
    );
    assert.deepEqual(seen.connections.filter(({ accepted }) => accepted).map(activityOf), ['open', 'half-closed']);
  });

  it('counts them from the table without ss, and tells a stale file from a missing one', () => {
    const table = parseUnixTable(PROC_UNIX).get(watched.path);
    const seen = lookAtUnix(watched, { listener: table, sockets: undefined, fileExists: true, uid: 33 });
    assert.deepEqual([seen.queues[0].depth, seen.queues[0].limit], [3, Number.NaN]);
    assert.equal(new Set(seen.connections.map(({ key }) => key)).size, 4);
    const state = (fileExists: boolean) =>
      lookAtUnix(watched, { listener: undefined, sockets: [], fileExists, uid: Number.NaN }).state;
    assert.deepEqual([state(true), state(false)], ['closed', 'missing']);
  });
});

describe('activities', () => {
  it('follow from when bytes last went which way', () => {
    const cases: [Parameters<typeof connection>[0], string][] = [
      [{ accepted: false, inode: 0 }, 'queued'],
      [{ accepted: false, inode: 0, state: 'CLOSE-WAIT' }, 'abandoned'],
      [{}, 'working'],
      [{ bytesReceived: 0 }, 'silent'],
      [{ bytesSent: 900, sinceSent: 5 * SECOND, sinceReceived: 5.1 * SECOND }, 'parked'],
      [{ bytesSent: 900, sinceSent: 5 * SECOND, sinceReceived: 1 * SECOND }, 'working'],
      // In the middle of an answer that comes in pieces.
      [{ bytesSent: 900, sinceSent: 0.01 * SECOND, sinceReceived: 3 * SECOND }, 'working'],
      [{ bytesSent: 900, sinceSent: 5 * SECOND, sinceReceived: 6 * SECOND, unsent: 4000 }, 'working'],
      [{ state: 'FIN-WAIT-2' }, 'half-closed'],
      [{ state: 'CLOSE-WAIT' }, 'peer-closed'],
      [{ bytesReceived: Number.NaN, bytesSent: Number.NaN }, 'open'],
    ];
    for (const [more, activity] of cases) assert.equal(activityOf(connection(more)), activity, JSON.stringify(more));
  });
});

describe('waits', () => {
  it("are the kernel's where it knows them, from the first look on", () => {
    const { listeners } = viewOf(sample(0, [listener({ connections: [waiting(1, 3), waiting(2, 7)] })]));
    assert.equal(listeners[0].longestWait, 7 * SECOND);
    assert.equal(listeners[0].queuedFor, 7 * SECOND);
  });

  it('count from the first look otherwise, and are not known at that look', () => {
    const unknown = { sinceReceived: Number.NaN, sinceSent: Number.NaN };
    const at = (seconds: number) => sample(seconds, [listener({ connections: [waiting(1, 0, unknown)] })]);
    assert.ok(Number.isNaN(viewOf(at(0)).listeners[0].longestWait));
    assert.equal(viewOf(at(0), at(1), at(3)).listeners[0].longestWait, 3 * SECOND);
  });

  it('begin anew for another connection, and end with the queue', () => {
    const unknown = { sinceReceived: Number.NaN, sinceSent: Number.NaN };
    const at = (seconds: number, ...ports: number[]) =>
      sample(seconds, [listener({ connections: ports.map((port) => waiting(port, 0, unknown)) })]);
    const [seen] = viewOf(at(0, 1), at(1, 2), at(2, 2)).listeners;
    assert.deepEqual([seen.longestWait, seen.queuedFor, seen.maxDepth], [1 * SECOND, 2 * SECOND, 1]);
    const [empty] = viewOf(at(0, 1), at(1)).listeners;
    assert.deepEqual([empty.depth, empty.queuedFor, empty.maxDepth], [0, 0, 1]);
  });
});

describe('differences', () => {
  const counted = (seconds: number, overflows: number) =>
    sample(seconds, [], { counters: new Map([['TcpExt.ListenOverflows', overflows]]) });

  it('are not known at the first look', () => {
    assert.ok(Number.isNaN(counterDelta(viewOf(counted(0, 5)), 'TcpExt.ListenOverflows')));
  });

  it('count on over a counter that began anew', () => {
    const view = viewOf(counted(0, 5), counted(1, 9), counted(2, 1), counted(3, 4));
    assert.equal(counterDelta(view, 'TcpExt.ListenOverflows'), 3);
    assert.equal(counterSince(view, 'TcpExt.ListenOverflows'), 7);
    const reset = viewOf(counted(0, 5), counted(1, 9), counted(2, 1));
    assert.ok(Number.isNaN(counterDelta(reset, 'TcpExt.ListenOverflows')));
  });

  it('are told of the sockets that dropped, and forgotten with them', () => {
    const at = (seconds: number, drops: number, inode = 1) =>
      sample(seconds, [listener({ queues: [{ inode, depth: 0, limit: 8, drops }] })]);
    const [first] = viewOf(at(0, 100)).listeners;
    assert.ok(Number.isNaN(first.drops));
    assert.equal(first.dropsInAll, 0);
    const [second] = viewOf(at(0, 100), at(1, 104)).listeners;
    assert.deepEqual([second.drops, second.dropsInAll], [4, 4]);
    const [other] = viewOf(at(0, 100), at(1, 104), at(2, 2, 99)).listeners;
    assert.deepEqual([other.drops, other.dropsInAll], [Number.NaN, 4]);
  });
});

describe('several sockets of one address', () => {
  it('are one queue in all, full where one of them is', () => {
    const queues = [
      { inode: 1, depth: 0, limit: 2, drops: 0 },
      { inode: 2, depth: 3, limit: 2, drops: 1 },
    ];
    const [seen] = viewOf(sample(0, [listener({ queues })])).listeners;
    assert.deepEqual([seen.depth, seen.limit, seen.full], [3, 4, true]);
  });

  it('are full at one more than the limit', () => {
    const full = (depth: number) =>
      viewOf(sample(0, [listener({ queues: [{ inode: 1, depth, limit: 2, drops: 0 }] })])).listeners[0].full;
    assert.deepEqual([full(2), full(3)], [false, true]);
  });
});

describe('processes', () => {
  it('are workers, masters, web servers', () => {
    const busy = connection({ inode: 100, peerInode: 200 });
    const web = worker(50, [], { name: 'nginx', title: 'nginx: worker process', sockets: [200], parent: 49 });
    const view = viewOf(
      sample(0, [listener({ connections: [busy] })], { processes: [master(), worker(11, [100]), worker(12), web] }),
    );
    assert.deepEqual(
      view.processes.map(({ pid, role, connections, listeners, uses }) => [
        pid,
        role,
        connections,
        listeners.length,
        uses.length,
      ]),
      [
        [10, 'master', 0, 1, 0],
        [11, 'worker', 1, 1, 0],
        [12, 'worker', 0, 1, 0],
        [50, 'web-server', 0, 0, 1],
      ],
    );
    const [{ workers, connections }] = view.listeners;
    assert.deepEqual([workers.count, workers.busy, workers.prefork], [2, 1, true]);
    assert.deepEqual([connections[0].owner?.pid, connections[0].peer?.name], [11, 'nginx']);
    assert.deepEqual(
      view.processes.map(({ doing }) => doing),
      ['waits for events', 'has a request, sleeps', 'waits in accept', 'waits in accept'],
    );
  });

  it('are not known where their sockets cannot be seen', () => {
    const [{ workers }] = viewOf(sample(0, [listener()], { processes: [] })).listeners;
    assert.ok(Number.isNaN(workers.count));
    assert.equal(workers.fewerFor, 0);
  });

  it('use a share of a processor, and of the looks', () => {
    const at = (seconds: number, cpu: number, held: readonly number[]) =>
      sample(seconds, [listener({ connections: held.map((inode) => connection({ inode })) })], {
        processes: [worker(11, held, { cpu: cpu * SECOND })],
      });
    const [only] = viewOf(at(0, 1, [100]), at(2, 1.5, [100]), at(4, 2.5, []), at(6, 2.5, [])).processes;
    assert.deepEqual([only.cpuShare, only.busyShare], [0, 0.5]);
    assert.equal(viewOf(at(0, 1, [100]), at(2, 1.5, [100])).processes[0].cpuShare, 0.25);
    assert.ok(Number.isNaN(viewOf(at(0, 1, [])).processes[0].cpuShare));
  });

  it('that come with a pid of old are others', () => {
    const at = (seconds: number, started: number, cpu: number) =>
      sample(seconds, [listener()], { processes: [worker(11, [], { started, cpu: cpu * SECOND })] });
    assert.ok(Number.isNaN(viewOf(at(0, 1, 50), at(1, 2, 0)).processes[0].cpuShare));
  });

  it('that got fewer are counted from when they did, not in pools that shrink on purpose', () => {
    const pool = (manager: string) => ({
      source: '',
      pool: 'www',
      manager,
      maxChildren: 3,
      backlog: -1,
      statusPath: '',
      statusListen: '',
    });
    const at = (seconds: number, count: number, manager?: string) =>
      sample(seconds, [listener({ configuration: manager === undefined ? undefined : pool(manager) })], {
        processes: [master(), ...[11, 12, 13].slice(0, count).map((pid) => worker(pid))],
      });
    const workers = (...samples: readonly HostSample[]) => viewOf(...samples).listeners[0].workers;
    assert.deepEqual(
      [workers(at(0, 3), at(10, 2), at(75, 2)).fewerFor, workers(at(0, 3), at(10, 2)).most],
      [65 * SECOND, 3],
    );
    assert.equal(workers(at(0, 3), at(10, 2), at(20, 3), at(30, 2)).fewerFor, 0);
    assert.equal(workers(at(0, 3, 'dynamic'), at(10, 2, 'dynamic'), at(99, 2, 'dynamic')).fewerFor, 0);
    assert.equal(workers(at(0, 2, 'static'), at(70, 2, 'static')).fewerFor, 70 * SECOND);
  });

  it('that are dead are told with the listener they served', () => {
    const dead = worker(12, [], { state: 'Z', sockets: [] });
    const at = (seconds: number) => sample(seconds, [listener()], { processes: [master(), worker(11), dead] });
    const view = viewOf(at(0), at(6));
    assert.deepEqual([view.listeners[0].workers.defunct, view.listeners[0].workers.defunctFor], [1, 6 * SECOND]);
    assert.equal(view.processes.find(({ pid }) => pid === 12)?.role, 'defunct');
  });
});

describe('what is kept', () => {
  it('does not grow with what came and went', () => {
    const tracker = new HostTracker();
    for (let look = 0; look < 200; look++) {
      const connections = Array.from({ length: 50 }, (_, i) => waiting(look * 50 + i, 1));
      tracker.push(sample(look, [listener({ connections })], { processes: [worker(look + 1, [], { started: look })] }));
    }
    const inside = tracker as unknown as {
      listeners: Map<string, { seen: Map<string, unknown> }>;
      processes: { tracked: Map<string, unknown> };
    };
    assert.equal([...inside.listeners.values()][0].seen.size, 50);
    assert.equal(inside.processes.tracked.size, 1);
  });
});
