// Slots without sockets: who holds them, who waits, when a worker may accept.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type SlotKind, Slots } from '../../../src/endpoints/workers/slots.js';

/** Slots whose connections and requests are names, and what has been started on them. */
function slots(kind: SlotKind, capacity: number, acceptLock = false) {
  const machine = new Slots<string, string>(kind, capacity, acceptLock);
  const started: string[] = [];
  return {
    machine,
    started,
    open: (connection: string, now = 0) => machine.opened(connection, now),
    close: (connection: string, now = 0) => machine.closed(connection, now),
    /** `a1` is a request on connection `a`. */
    arrive: (request: string, now = 0) => machine.arrived(request, request[0], () => started.push(request), now),
    end: (request: string, kept = true, now = 0) => machine.ended(request, kept, now),
  };
}

describe('a slot pinned by the connection', () => {
  test('is taken from the accept to the close, requests or not', () => {
    const { machine, started, open, close, arrive, end } = slots('connection', 2);
    assert.ok(machine.accepting);
    open('a');
    assert.ok(machine.accepting);
    open('b');
    assert.ok(!machine.accepting);
    arrive('a1');
    end('a1');
    assert.ok(!machine.accepting, 'a kept connection holds its slot');
    assert.deepEqual(started, ['a1']);
    close('a');
    assert.ok(machine.accepting);
    assert.equal(machine.taken, 1);
  });

  test('is not free before the handler has ended, even if the connection is gone', () => {
    const { machine, open, close, arrive, end } = slots('connection', 1);
    open('a');
    arrive('a1');
    close('a');
    assert.ok(!machine.accepting);
    end('a1', false);
    assert.ok(machine.accepting);
    assert.equal(machine.taken, 0);
  });
});

describe('a slot pinned by the request', () => {
  test('is taken from the accept to the first answer, and not while the connection is idle', () => {
    const { machine, open, close, arrive, end } = slots('request', 1);
    open('a');
    assert.ok(!machine.accepting, 'libfcgi accepts to read a request');
    arrive('a1');
    end('a1');
    assert.ok(machine.accepting);
    open('b');
    assert.ok(!machine.accepting);
    close('b');
    assert.ok(machine.accepting, 'a connection without a request gives its slot back');
  });

  test('requests on kept connections wait in their order, and go before new connections', () => {
    const { machine, started, open, arrive, end } = slots('request', 1);
    for (const name of ['a', 'b', 'c']) {
      open(name);
      arrive(`${name}1`);
      end(`${name}1`);
    }
    arrive('a2');
    arrive('c2');
    arrive('b2');
    assert.equal(machine.waiting, 2);
    assert.equal(machine.processing, 1);
    assert.ok(!machine.accepting);
    end('a2');
    end('c2');
    assert.ok(!machine.accepting);
    end('b2');
    assert.ok(machine.accepting);
    assert.deepEqual(started.slice(3), ['a2', 'c2', 'b2']);
  });

  test('one that gives up waiting leaves no trace', () => {
    const { machine, started, open, arrive, end } = slots('request', 1);
    for (const name of ['a', 'b']) {
      open(name);
      arrive(`${name}1`);
      end(`${name}1`);
    }
    arrive('a2');
    arrive('b2');
    end('b2', false);
    assert.equal(machine.waiting, 0);
    end('a2');
    assert.ok(!started.includes('b2'));
    assert.ok(machine.accepting);
  });
});

describe('a slot pinned by the handler', () => {
  test('does not keep the worker from accepting; handlers beyond the slots wait', () => {
    const { machine, started, open, arrive, end, close } = slots('handler', 2);
    for (const name of ['a', 'b', 'c']) {
      open(name);
      arrive(`${name}1`);
    }
    assert.ok(machine.accepting);
    assert.equal(machine.processing, 2);
    assert.equal(machine.waiting, 1);
    close('a');
    assert.equal(machine.processing, 2, 'the handler of a closed connection still computes');
    end('a1');
    assert.deepEqual(started, ['a1', 'b1', 'c1']);
    assert.equal(machine.taken, 2);
  });
});

describe('the accept lock', () => {
  test('an idle kept connection keeps all other slots from accepting', () => {
    const { machine, started, open, close, arrive, end } = slots('connection', 4, true);
    open('a');
    assert.ok(!machine.accepting, 'its PARAMS are being read');
    arrive('a1');
    assert.ok(machine.accepting);
    open('b');
    arrive('b1');
    end('a1');
    assert.ok(!machine.accepting, 'FCGX_Accept_r reads on the kept connection');
    end('b1');
    arrive('b2');
    assert.deepEqual(started, ['a1', 'b1'], 'and the other kept connection is not read either');
    assert.equal(machine.waiting, 1);
    arrive('a2');
    assert.deepEqual(started, ['a1', 'b1', 'a2', 'b2']);
    assert.ok(machine.accepting);
    end('a2', false);
    end('b2', false);
    close('a');
    close('b');
    assert.equal(machine.taken, 0);
    assert.ok(machine.accepting);
  });

  test('a request that is given up while it waits for the lock is not started, and waits no more', () => {
    const { machine, started, open, arrive, end } = slots('connection', 4, true);
    open('a');
    arrive('a1');
    open('b');
    arrive('b1');
    end('a1');
    end('b1');
    arrive('b2');
    assert.equal(machine.waiting, 1);
    end('b2');
    assert.equal(machine.waiting, 0);
    arrive('a2');
    assert.deepEqual(started, ['a1', 'b1', 'a2']);
    assert.ok(!machine.accepting, 'the connection reads its next request');
  });

  test('a silent connection keeps it until it closes', () => {
    const { machine, open, close } = slots('connection', 4, true);
    open('a');
    assert.ok(!machine.accepting);
    close('a');
    assert.ok(machine.accepting);
  });
});

test('busy time is the time in which at least one slot was taken', () => {
  const { machine, open, close } = slots('connection', 2);
  open('a', 10);
  open('b', 20);
  close('a', 30);
  assert.equal(machine.busyTime(35), 25);
  close('b', 40);
  assert.equal(machine.busyTime(100), 30);
  open('c', 100);
  assert.equal(machine.busyTime(101), 31);
});

/** Does whatever is possible, as the numbers say, and looks after each step. */
function walk(kind: SlotKind, capacity: number, acceptLock: boolean, steps: readonly [number, number][]): void {
  const { machine, started, open, close, arrive, end } = slots(kind, capacity, acceptLock);
  const connections = new Map<string, string | undefined>();
  const open2 = new Set<string>();
  let next = 0;
  let requests = 0;
  for (const [what, which] of steps) {
    const names = [...connections.keys()];
    const name = names[which % Math.max(1, names.length)];
    const request = name === undefined ? undefined : connections.get(name);
    if (what === 0 && machine.accepting && next < 26) {
      const fresh = String.fromCharCode(97 + next++);
      connections.set(fresh, undefined);
      open2.add(fresh);
      open(fresh);
    } else if (what === 1 && name !== undefined && request === undefined && open2.has(name)) {
      const arrived = `${name}${++requests}`;
      connections.set(name, arrived);
      arrive(arrived);
    } else if (what === 2 && name !== undefined && request !== undefined && started.includes(request)) {
      connections.set(name, undefined);
      end(request, open2.has(name));
    } else if (what === 3 && name !== undefined && open2.has(name)) {
      // A request that waits is given up with its connection.
      if (request !== undefined && !started.includes(request)) {
        connections.set(name, undefined);
        end(request, false);
      }
      open2.delete(name);
      close(name);
    }
    for (const [other, running] of connections)
      if (!open2.has(other) && running === undefined) connections.delete(other);
    assert.ok(machine.taken <= capacity, 'never more than there are');
    if (kind !== 'connection') assert.ok(machine.processing <= capacity);
    const running = [...connections.values()].filter((one) => one !== undefined && started.includes(one));
    assert.equal(machine.processing, running.length);
    const waits = [...connections.values()].filter((one) => one !== undefined && !started.includes(one));
    assert.equal(machine.waiting, waits.length);
    if (!acceptLock && waits.length > 0) assert.equal(machine.taken, capacity, 'nobody waits beside a free slot');
  }
  // When everything has ended nothing is left.
  for (let rounds = 0; rounds < 30; rounds++) {
    for (const [name, request] of [...connections]) {
      if (request !== undefined && started.includes(request)) {
        end(request, false);
        connections.set(name, undefined);
      }
      if (open2.delete(name)) close(name);
    }
  }
  assert.equal(machine.waiting, 0);
  assert.equal(machine.processing, 0);
  assert.equal(machine.taken, 0);
  assert.ok(machine.accepting);
}

test('whatever happens, slots are neither lost nor given twice', () => {
  const steps = fc.array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.nat(30)), { maxLength: 120 });
  const kinds = fc.constantFrom<SlotKind>('connection', 'request', 'handler');
  fc.assert(
    fc.property(kinds, fc.integer({ min: 1, max: 4 }), steps, (kind, capacity, walked) =>
      walk(kind, capacity, false, walked),
    ),
    { seed: 3, numRuns: 500 },
  );
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), steps, (capacity, walked) =>
      walk('connection', capacity, true, walked),
    ),
    { seed: 4, numRuns: 300 },
  );
});
