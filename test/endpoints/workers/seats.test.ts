// Seats without processes: who is started, who may accept, and what becomes of the seats of the dead.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { type DeathPolicy, type SeatOrder, Seats } from '../../../src/endpoints/workers/seats.js';

const KILLED = { code: null, signal: 'SIGKILL' };
const DONE = { code: 0, signal: null };

function starts(orders: readonly SeatOrder[]): string[] {
  return orders.flatMap((order) =>
    order.kind === 'start' ? [`${order.process} in ${order.seat}.${order.generation}`] : [],
  );
}

function accepts(orders: readonly SeatOrder[]): number[] {
  return orders.flatMap((order) => (order.kind === 'accept' ? [order.process] : []));
}

/** Seats whose workers, 1 to count, accept since time 0. */
function running(count: number, replaceDead: DeathPolicy = 'all'): Seats {
  const seats = new Seats({ count, replaceDead });
  seats.begin(0);
  for (let process = 1; process <= count; process++) assert.deepEqual(accepts(seats.ready(process)), [process]);
  return seats;
}

test('every seat is filled, and a worker accepts when it is ready', () => {
  const seats = new Seats({ count: 2, replaceDead: 'all' });
  assert.deepEqual(starts(seats.begin(0)), ['1 in 0.0', '2 in 1.0']);
  assert.deepEqual(seats.ready(2), [{ kind: 'accept', process: 2 }]);
  assert.deepEqual(seats.ready(2), []);
  assert.deepEqual(seats.ready(99), []);
  assert.equal(seats.nextDue, undefined);
});

test('a worker that retires is replaced by one that is ready before it ends, and accepts when it has ended', () => {
  const seats = running(1);
  assert.deepEqual(starts(seats.retiring(1, 5000)), ['2 in 0.1']);
  assert.deepEqual(seats.ready(2), [], 'never more than the seats');
  assert.deepEqual(seats.ended(1, DONE, 6000), [{ kind: 'accept', process: 2 }]);
  assert.equal(seats.retired, 1);
  assert.equal(seats.died, 0);
});

test('one that ends before its successor is ready leaves the seat to it', () => {
  const seats = running(1);
  seats.retiring(1, 5000);
  assert.deepEqual(seats.ended(1, DONE, 5001), []);
  assert.equal(seats.empty, 0);
  assert.deepEqual(accepts(seats.ready(2)), [2]);
});

test('a successor that dies is replaced while the other finishes', () => {
  const seats = running(1);
  seats.retiring(1, 5000);
  assert.deepEqual(starts(seats.ended(2, KILLED, 5010)), ['3 in 0.2']);
  assert.deepEqual(seats.ready(3), []);
  assert.deepEqual(accepts(seats.ended(1, KILLED, 5020)), [3]);
  assert.equal(seats.died, 2, 'one that was killed while it retired died too');
});

describe('a worker that dies', () => {
  test('is replaced at once, and so are all when several die at once', () => {
    const seats = running(3);
    const orders = [1, 2, 3].flatMap((process) => seats.ended(process, KILLED, 5000));
    assert.deepEqual(starts(orders), ['4 in 0.1', '5 in 1.1', '6 in 2.1']);
    assert.equal(seats.died, 3);
    assert.equal(seats.lost, 0);
  });

  test('is replaced even if its exit status was 0', () => {
    assert.equal(starts(running(1).ended(1, DONE, 5000)).length, 1);
  });

  test('again and again right after its start is replaced more and more slowly', () => {
    const seats = new Seats({ count: 1, replaceDead: 'all' });
    let now = 0;
    let process = 1;
    seats.begin(now);
    const delays: number[] = [];
    for (let deaths = 0; deaths < 9; deaths++) {
      now += 10;
      let orders = seats.ended(process, KILLED, now);
      const due = seats.nextDue ?? now;
      delays.push(due - now);
      now = due;
      if (orders.length === 0) orders = seats.due(now);
      process++;
      assert.equal(starts(orders).length, 1);
    }
    assert.deepEqual(delays, [0, 0, 100, 200, 400, 800, 1600, 3200, 3200]);
    // One that has lived starts anew.
    seats.ready(process);
    assert.equal(starts(seats.ended(process, KILLED, now + 1000)).length, 1);
  });

  test('is never replaced where that is the policy', () => {
    const seats = running(2, 'never');
    assert.deepEqual(seats.ended(1, KILLED, 5000), []);
    assert.equal(seats.lost, 1);
    assert.equal(seats.empty, 1);
    assert.equal(seats.nextDue, undefined);
    assert.equal(starts(seats.retiring(2, 6000)).length, 1, 'one that is told to end is');
  });
});

describe('one per check', () => {
  test('of two that die within one signal only one is replaced, and the loss stays', () => {
    const seats = running(4, 'one-per-check');
    assert.deepEqual(starts(seats.ended(1, KILLED, 5000)), ['5 in 0.1']);
    assert.deepEqual(seats.ended(2, KILLED, 5001), []);
    assert.equal(seats.lost, 1);
    // The next death makes good the last, not itself.
    assert.deepEqual(starts(seats.ended(3, KILLED, 9000)), ['6 in 1.1']);
    assert.equal(seats.lost, 1);
    assert.equal(seats.empty, 1);
  });

  test('one that exits with 0 is not replaced at all', () => {
    const seats = running(2, 'one-per-check');
    assert.deepEqual(seats.ended(1, DONE, 5000), []);
    assert.equal(seats.lost, 1);
    assert.deepEqual(starts(seats.ended(2, KILLED, 9000)), ['3 in 1.1']);
    assert.equal(seats.lost, 1);
  });

  test('deaths apart are replaced', () => {
    const seats = running(2, 'one-per-check');
    assert.equal(starts(seats.ended(1, KILLED, 5000)).length, 1);
    assert.equal(starts(seats.ended(2, KILLED, 6000)).length, 1);
    assert.equal(seats.lost, 0);
  });
});

test('closing: nobody is started any more', () => {
  const seats = running(2);
  seats.close();
  assert.deepEqual(seats.ended(1, DONE, 5000), []);
  assert.deepEqual(seats.ended(2, KILLED, 5000), []);
  assert.equal(seats.retired, 1);
  assert.equal(seats.died, 1);
  assert.ok(seats.isEmpty);
});

test('whatever happens, each seat has one worker that may accept at most, and in the end exactly one', () => {
  const step = fc.record({ what: fc.constantFrom('ready', 'retire', 'end', 'kill', 'wait'), which: fc.nat(20) });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), fc.array(step, { maxLength: 80 }), (count, steps) => {
      const seats = new Seats({ count, replaceDead: 'all' });
      const seatOf = new Map<number, number>();
      const accepting = new Set<number>();
      const retiring = new Set<number>();
      let now = 0;
      const obey = (orders: readonly SeatOrder[]): void => {
        for (const order of orders) {
          if (order.kind === 'start') seatOf.set(order.process, order.seat);
          else accepting.add(order.process);
        }
        const taken = [...accepting].map((process) => seatOf.get(process));
        assert.equal(new Set(taken).size, taken.length, 'two accept for one seat');
        assert.ok(seatOf.size <= 2 * count);
      };
      const end = (process: number, how: typeof DONE | typeof KILLED): void => {
        seatOf.delete(process);
        accepting.delete(process);
        obey(seats.ended(process, how, now));
      };
      obey(seats.begin(now));
      for (const { what, which } of steps) {
        const processes = [...seatOf.keys()];
        const process = processes[which % Math.max(1, processes.length)];
        now += 7;
        if (what === 'wait') now += 400;
        if (seats.nextDue !== undefined && seats.nextDue <= now) obey(seats.due(now));
        if (process === undefined) continue;
        if (what === 'ready') obey(seats.ready(process));
        else if (what === 'retire' && accepting.has(process)) {
          retiring.add(process);
          obey(seats.retiring(process, now));
        } else if (what === 'end' && retiring.has(process)) end(process, DONE);
        else if (what === 'kill') end(process, KILLED);
      }
      for (let rounds = 0; rounds < 4; rounds++) {
        now += 5000;
        obey(seats.due(now));
        for (const process of [...retiring]) if (seatOf.has(process)) end(process, DONE);
        for (const process of [...seatOf.keys()]) obey(seats.ready(process));
      }
      assert.equal(accepting.size, count);
      assert.equal(seats.empty, 0);
    }),
    { seed: 5, numRuns: 500 },
  );
});
