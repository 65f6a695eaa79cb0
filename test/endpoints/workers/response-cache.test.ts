// The cache of responses: bounded, least recently used first, nothing after its time.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ResponseCache } from '../../../src/endpoints/workers/response-cache.js';

const LIMITS = { maxBytes: 10_000, maxEntryBytes: 4000 };

function response(length: number) {
  return { content: new Uint8Array(length), appStatus: 0 };
}

describe('the response cache', () => {
  test('gives what was stored until its time is over', () => {
    const cache = new ResponseCache(LIMITS);
    const stored = response(10);
    assert.ok(cache.set('a', stored, 100, 1000));
    assert.equal(cache.get('a', 1099), stored);
    assert.equal(cache.get('a', 1100), undefined);
    assert.equal(cache.get('b', 1100), undefined);
    const { entries, bytes, hits, misses, expired } = cache.counters();
    assert.deepEqual(
      { entries, bytes, hits, misses, expired },
      { entries: 0, bytes: 0, hits: 1, misses: 2, expired: 1 },
    );
  });

  test('makes room by what was longest unused', () => {
    const cache = new ResponseCache(LIMITS);
    for (const key of ['a', 'b', 'c']) cache.set(key, response(3000), 1000, 0);
    cache.get('a', 1);
    cache.set('d', response(3000), 1000, 2);
    assert.equal(cache.get('b', 3), undefined);
    for (const key of ['a', 'c', 'd']) assert.ok(cache.get(key, 3), key);
    assert.equal(cache.counters().evicted, 1);
  });

  test('refuses what is too large, and takes out what was there before', () => {
    const cache = new ResponseCache(LIMITS);
    cache.set('a', response(10), 1000, 0);
    assert.ok(!cache.set('a', response(4001), 1000, 0));
    assert.equal(cache.get('a', 1), undefined);
    assert.equal(cache.counters().refused, 1);
    assert.ok(!cache.set('k'.repeat(6000), response(1), 1000, 0), 'keys count too');
  });

  test('a time of 0 takes out', () => {
    const cache = new ResponseCache(LIMITS);
    cache.set('a', response(10), 1000, 0);
    assert.ok(cache.set('a', response(10), 0, 0));
    assert.equal(cache.counters().entries, 0);
    cache.set('b', response(10), 1000, 0);
    assert.ok(cache.delete('b'));
    assert.ok(!cache.delete('b'));
    assert.equal(cache.counters().bytes, 0);
  });

  test('replacing an entry counts it once', () => {
    const cache = new ResponseCache(LIMITS);
    cache.set('a', response(100), 1000, 0);
    const { bytes } = cache.counters();
    cache.set('a', response(100), 1000, 0);
    assert.equal(cache.counters().bytes, bytes);
    assert.equal(cache.counters().entries, 1);
  });

  test('never holds more than its limit, and counts exactly what it holds', () => {
    const step = fc.record({
      what: fc.constantFrom('set', 'get', 'delete'),
      key: fc.integer({ min: 0, max: 30 }),
      length: fc.nat(5000),
      time: fc.nat(300),
      wait: fc.nat(50),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 150 }), (steps) => {
        const cache = new ResponseCache(LIMITS);
        const model = new Map<string, { until: number; length: number }>();
        let now = 0;
        for (const { what, key: number, length, time, wait } of steps) {
          const key = `key ${number}`;
          now += wait;
          if (what === 'set') {
            const kept = cache.set(key, response(length), time, now);
            if (kept && time > 0) model.set(key, { until: now + time, length });
            else model.delete(key);
          } else if (what === 'delete') {
            cache.delete(key);
            model.delete(key);
          } else {
            const found = cache.get(key, now);
            const expected = model.get(key);
            // It may have had to make room, but what it gives is right.
            if (found) {
              assert.ok(expected && expected.until > now);
              assert.equal(found.content.length, expected.length);
            }
          }
          const { bytes, entries } = cache.counters();
          assert.ok(bytes <= LIMITS.maxBytes);
          assert.ok(entries <= 31);
          assert.equal(bytes === 0, entries === 0);
        }
      }),
      { seed: 7, numRuns: 300 },
    );
  });
});
