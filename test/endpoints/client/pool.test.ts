// The pool's rules without sockets: connections are plain objects, opened when the test says so.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DEFAULT_RULES, type PoolRules } from '../../../src/endpoints/client/client-rules.js';
import { Deadlines } from '../../../src/endpoints/client/deadlines.js';
import { ClientError } from '../../../src/endpoints/client/errors.js';
import { Pool, type PooledConnection, type PoolTask } from '../../../src/endpoints/client/pool.js';
import { ManualClock } from '../../support/manual-clock.js';

class FakeConnection implements PooledConnection {
  active = 0;
  gone = false;
  retired = false;
  parked = false;
  served = 0;
  since = 0;
  single = false;
  readonly tasks: FakeTask[] = [];

  constructor(private readonly changed: (connection: FakeConnection) => void) {}

  get used(): boolean {
    return this.active > 0;
  }

  get open(): boolean {
    return !this.gone && !this.retired;
  }

  get reusable(): boolean {
    return this.open && this.active === 0;
  }

  close(): void {
    if (this.gone) return;
    this.gone = true;
    for (const task of this.tasks.splice(0)) task.ended = 'closed';
    this.active = 0;
    this.changed(this);
  }

  /** The oldest request on it ends. */
  finish(): void {
    const task = this.tasks.shift();
    if (!task) return;
    task.ended = 'done';
    this.active--;
    this.changed(this);
  }
}

class FakeTask implements PoolTask<FakeConnection> {
  readonly mayShare = true;
  ended = '';
  connection: FakeConnection | undefined;

  opening(): void {}

  run(connection: FakeConnection): boolean {
    this.connection = connection;
    connection.active++;
    connection.served++;
    connection.tasks.push(this);
    return true;
  }

  refused(error: ClientError): void {
    this.ended = error.code;
  }
}

class Bench {
  readonly openings: { open: (ok: boolean) => void }[] = [];
  readonly connections: FakeConnection[] = [];
  readonly pool: Pool<FakeConnection>;
  perConnection = 1;

  constructor(rules: Partial<PoolRules>) {
    const bench = this;
    this.pool = new Pool(
      { ...DEFAULT_RULES.pool, ...rules },
      {
        now: () => 0,
        open: (done) => {
          const opening = {
            open: (ok: boolean) => {
              bench.openings.splice(bench.openings.indexOf(opening), 1);
              if (!ok) {
                done(new ClientError('connect-failed', 'no', { phase: 'connecting' }), undefined);
                return;
              }
              const connection = new FakeConnection((changed) => bench.pool.changed(changed));
              bench.connections.push(connection);
              done(undefined, connection);
            },
          };
          bench.openings.push(opening);
          return () => {
            bench.openings.splice(bench.openings.indexOf(opening), 1);
          };
        },
        get perConnection() {
          return bench.perConnection;
        },
        idle: () => {},
        reused: () => {},
      },
    );
  }

  submit(): FakeTask {
    const task = new FakeTask();
    this.pool.submit(task, false);
    return task;
  }
}

test('a connection that becomes free serves whoever waits longest; the one opened meanwhile is kept', () => {
  const bench = new Bench({ maximum: 2 });
  const first = bench.submit();
  bench.openings[0].open(true);
  const second = bench.submit();
  assert.equal(bench.openings.length, 1);
  bench.connections[0].finish();
  assert.equal(first.ended, 'done');
  assert.equal(second.connection, bench.connections[0]);
  bench.openings[0].open(true);
  assert.deepEqual(bench.pool.counts, { open: 2, idle: 1, opening: 0, waiting: 0 });
});

test('a connection that cannot be opened fails its task; the others go on waiting and get theirs', () => {
  const bench = new Bench({ maximum: 1 });
  const [first, second] = [bench.submit(), bench.submit()];
  bench.openings[0].open(false);
  assert.equal(first.ended, 'connect-failed');
  assert.equal(bench.openings.length, 1, 'opened for the next one');
  bench.openings[0].open(true);
  assert.equal(second.connection, bench.connections[0]);
});

test('a task that is withdrawn takes its opening with it', () => {
  const bench = new Bench({ maximum: 1 });
  const [first, second] = [bench.submit(), bench.submit()];
  bench.pool.withdraw(first);
  assert.equal(bench.openings.length, 1);
  bench.openings[0].open(true);
  assert.equal(first.connection, undefined);
  assert.equal(second.connection, bench.connections[0]);
});

test('shared connections are filled before new ones are opened', () => {
  const bench = new Bench({ maximum: 3 });
  bench.perConnection = 3;
  bench.submit();
  bench.openings[0].open(true);
  const more = Array.from({ length: 3 }, () => bench.submit());
  assert.deepEqual(
    more.map(({ connection }) => connection === bench.connections[0]),
    [true, true, false],
  );
  bench.connections[0].single = true;
  bench.connections[0].finish();
  assert.equal(more[2].connection, undefined, 'it takes one at a time now');
});

test('property: never more connections than the maximum, nobody is forgotten, first come is first served', () => {
  const action = fc.oneof(
    fc.constant({ kind: 'submit' as const, n: 0 }),
    fc.nat(9).map((n) => ({ kind: 'open' as const, n })),
    fc.nat(9).map((n) => ({ kind: 'fail' as const, n })),
    fc.nat(9).map((n) => ({ kind: 'finish' as const, n })),
    fc.nat(9).map((n) => ({ kind: 'close' as const, n })),
    fc.nat(9).map((n) => ({ kind: 'withdraw' as const, n })),
  );
  fc.assert(
    fc.property(
      fc.array(action, { maxLength: 60 }),
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 1, max: 3 }),
      fc.integer({ min: 0, max: 3 }),
      (actions, maximum, perConnection, keepIdle) => {
        const bench = new Bench({ maximum, keepIdle, queueLimit: 1000 });
        bench.perConnection = perConnection;
        const tasks: FakeTask[] = [];
        const withdrawn = new Set<FakeTask>();
        const check = (): void => {
          const { open, opening, idle } = bench.pool.counts;
          assert.ok(open + opening <= maximum);
          assert.ok(idle <= keepIdle || idle <= open);
          for (const { active } of bench.connections) assert.ok(active <= perConnection);
        };
        const alive = () => bench.connections.filter(({ gone }) => !gone);
        for (const { kind, n } of actions) {
          if (kind === 'submit') tasks.push(bench.submit());
          else if (kind === 'open' || kind === 'fail')
            bench.openings[n % Math.max(1, bench.openings.length)]?.open(kind === 'open');
          else if (kind === 'finish') alive()[n % Math.max(1, alive().length)]?.finish();
          else if (kind === 'close') alive()[n % Math.max(1, alive().length)]?.close();
          else {
            const waiting = tasks.filter(({ connection, ended }) => !connection && ended === '');
            const task = waiting[n % Math.max(1, waiting.length)];
            if (task) {
              bench.pool.withdraw(task);
              withdrawn.add(task);
            }
          }
          check();
        }
        // In the end everybody gets a connection.
        for (let round = 0; round < 500; round++) {
          bench.openings[0]?.open(true);
          for (const connection of alive()) connection.finish();
          check();
        }
        for (const task of tasks) assert.ok(withdrawn.has(task) || task.ended !== '', 'somebody still waits');
        assert.equal(bench.pool.counts.waiting, 0);
      },
    ),
    { seed: 41, numRuns: 400 },
  );
});

test('deadlines: one timer for all; moved ones ring later', () => {
  const clock = new ManualClock(0);
  const deadlines = new Deadlines(clock);
  const rung: string[] = [];
  const item = (name: string, deadline: number) => {
    const one = {
      deadline,
      expire: () => {
        rung.push(`${name} ${clock.now()}`);
      },
    };
    deadlines.watch(one);
    return one;
  };
  const a = item('a', 100);
  const b = item('b', 200);
  item('c', 150);
  assert.equal(clock.timers.length, 1);
  a.deadline = 400;
  clock.advance(120);
  assert.deepEqual(rung, []);
  clock.advance(100);
  assert.deepEqual(rung, ['c 150', 'b 200']);
  deadlines.forget(a);
  clock.advance(1000);
  assert.equal(rung.length, 2);
  b.deadline = 2000;
  deadlines.watch(b);
  deadlines.clear();
  clock.advance(10_000);
  assert.equal(rung.length, 2);
  assert.deepEqual(clock.timers, []);
});
