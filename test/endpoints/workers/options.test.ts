// What a pool can be told, and what is refused with a sentence.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type WorkersOptions, workersSettings } from '../../../src/endpoints/workers/options.js';
import { UserError } from '../../../src/model/errors.js';

const base: WorkersOptions = { handler: { name: 'hello' }, listen: { port: 0 } };

test('defaults: two workers of one slot that connections pin, all replaced when they die', () => {
  const { model, workers, slots, slot, replaceDead, keepers, server } = workersSettings(base);
  assert.deepEqual(
    { model, workers, slots, slot, replaceDead, keepers, multiplex: server.multiplex },
    { model: 'workers', workers: 2, slots: 1, slot: 'connection', replaceDead: 'all', keepers: 2, multiplex: false },
  );
});

test('the event model is one process without a limit, and multiplexes', () => {
  const { workers, slots, server } = workersSettings({ ...base, model: 'event', workers: 8 });
  assert.equal(workers, 1);
  assert.equal(slots, Number.POSITIVE_INFINITY);
  assert.equal(server.multiplex, true);
});

test('what can’t be is refused', () => {
  const wrong: Partial<WorkersOptions>[] = [
    { workers: 0 },
    { workers: 1.5 },
    { slots: 0 },
    { slots: Number.NaN },
    { jitter: -0.1 },
    { jitter: Number.NaN },
    { maxRequests: -1 },
    { lifetime: Number.POSITIVE_INFINITY },
    { keepers: 0 },
    { listen: { port: 0, backlog: 0 } },
    { server: { webServerAddresses: '127.0.0.1,localhost' } },
    { acceptLock: true, slot: 'request' },
    { model: 'event', maxRequests: 5 },
    { model: 'event', slots: 3 },
  ];
  for (const options of wrong)
    assert.throws(() => workersSettings({ ...base, ...options }), UserError, JSON.stringify(options));
  assert.equal(workersSettings({ ...base, model: 'event', slots: 3, slot: 'handler' }).slots, 3);
  assert.equal(workersSettings({ ...base, slots: Number.POSITIVE_INFINITY }).slots, Number.POSITIVE_INFINITY);
});
