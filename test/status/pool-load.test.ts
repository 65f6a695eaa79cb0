// What is counted from a process list, what drifts, and what happened between two looks.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FpmProcess, FpmStatus } from '../../src/status/fpm-status.js';
import { parseFpmStatus } from '../../src/status/parse-fpm-status.js';
import { poolLoad } from '../../src/status/pool-load.js';
import { statusChange } from '../../src/status/status-change.js';

function process(state: string, more: Partial<FpmProcess> = {}): FpmProcess {
  return {
    ...parseFpmStatus('{"pool":"","process manager":"","total processes":1,"processes":[{}]}')!.processes![0],
    state,
    ...more,
  };
}

function status(states: readonly (string | FpmProcess)[], more: Partial<FpmStatus> = {}): FpmStatus {
  const processes = states.map((each, i) => (typeof each === 'string' ? process(each, { pid: i + 1 }) : each));
  const idle = processes.filter(({ state }) => state === 'Idle').length;
  return {
    ...parseFpmStatus('{"pool":"www","process manager":"dynamic","total processes":1}')!,
    total: processes.length,
    idle,
    active: processes.length - idle,
    processes,
    ...more,
  };
}

const own = process('Running', { pid: 99, uri: '/status?json&full&mark-1' });

test('workers by what they do; our own question is no load', () => {
  const load = poolLoad(
    status([
      'Idle',
      'Running',
      'Reading headers',
      'Ending',
      'Finishing',
      'Getting request informations',
      'Dreaming',
      own,
    ]),
    'mark-1',
  )!;
  assert.deepEqual(load.workers, { idle: 1, running: 2, parked: 1, ending: 2, own: 1, other: 1 });
  assert.deepEqual([load.busy, load.total, load.drift], [6, 8, []]);
  assert.equal(load.states.get('Running'), 2);
  assert.equal(poolLoad(status([own]), 'mark-2')!.workers.running, 1, "somebody else's question is load");
  assert.equal(poolLoad({ ...status([]), processes: undefined }, 'x'), undefined);
});

test('saturation: of what, and where that is known from', () => {
  const busy = ['Running', 'Running', 'Idle', own];
  const of = (more: Partial<FpmStatus>, given?: number) => {
    const { saturation, maxChildren } = poolLoad(status(busy, more), 'mark-1', given)!;
    return [saturation, maxChildren?.source];
  };
  assert.deepEqual(of({}), [undefined, undefined]);
  assert.deepEqual(of({}, 8), [25, 'given']);
  assert.deepEqual(of({ processManager: 'static' }), [50, 'static']);
  assert.deepEqual(of({ maxChildrenReached: 3, maxActive: 4 }), [50, 'reached']);
});

test('drift: totals that the list does not bear out, but not those of the moment', () => {
  assert.deepEqual(poolLoad(status(['Idle', 'Idle', own], { active: 2 }), 'mark-1')!.drift, []);
  assert.deepEqual(poolLoad(status(['Idle', 'Idle', own], { active: 55 }), 'mark-1')!.drift, [
    { name: 'active processes', said: 55, counted: 1 },
  ]);
});

test('rates leave out what looking cost, and restarts give none', () => {
  const before = status([process('Idle', { pid: 1, requests: 10 }), process('Idle', { pid: 2, requests: 5 })], {
    acceptedConnections: 100,
    startTime: 1000,
    slowRequests: 1,
  });
  const after = status([process('Idle', { pid: 1, requests: 16 }), process('Idle', { pid: 3, requests: 5 })], {
    acceptedConnections: 121,
    startTime: 1000,
    slowRequests: 3,
  });
  assert.deepEqual(statusChange(before, after, 2, 1), {
    seconds: 2,
    connections: 10,
    requests: 5,
    slowRequests: 1,
    restarted: false,
  });
  const restarted = statusChange(after, { ...before, startTime: 5000 }, 2, 1);
  assert.deepEqual([restarted.restarted, restarted.connections, restarted.requests], [true, undefined, undefined]);
});
