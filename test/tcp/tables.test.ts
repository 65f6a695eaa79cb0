// The tracker's own tables: the index of connections and the store of out-of-order data.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { FlowIndex } from '../../src/tcp/flow-index.js';
import { FragmentStore } from '../../src/tcp/fragment-store.js';
import { HIGH_ADDRESS, LiveTable, LOW_ADDRESS, PORTS, RECORD_WORDS } from '../../src/tcp/live-table.js';

describe('FlowIndex', () => {
  test('finds what a Map of strings finds', () => {
    const flow = fc.tuple(fc.nat(3), fc.nat(3), fc.integer({ min: 0xfffffff0, max: 0xffffffff }));
    fc.assert(
      fc.property(fc.array(flow, { maxLength: 300 }), fc.integer(), (flows, seed) => {
        const live = new LiveTable();
        const index = new FlowIndex(live, seed);
        const map = new Map<string, number>();
        live.reserve(flows.length);
        flows.forEach(([low, high, ports], row) => {
          assert.equal(index.find(low, high, ports), map.get(`${low} ${high} ${ports}`) ?? -1);
          const at = row * RECORD_WORDS;
          live.words[at + LOW_ADDRESS] = low;
          live.words[at + HIGH_ADDRESS] = high;
          live.words[at + PORTS] = ports;
          index.put(row);
          map.set(`${low} ${high} ${ports}`, row);
          assert.equal(index.find(low, high, ports), row);
        });
      }),
      { numRuns: 60 },
    );
  });

  test('grows, also ahead of need', () => {
    const live = new LiveTable();
    const index = new FlowIndex(live, 5);
    index.reserve(3000);
    live.reserve(50_000);
    for (let row = 0; row < 50_000; row++) {
      live.words[row * RECORD_WORDS + PORTS] = row;
      assert.equal(index.find(0, 0, row), -1);
      index.put(row);
    }
    for (let row = 0; row < 50_000; row++) assert.equal(index.find(0, 0, row), row);
    assert.equal(index.find(0, 1, 7), -1);
  });
});

describe('FragmentStore', () => {
  const bytes = new Uint8Array(10_000).map((_, i) => (i * 7) & 255);

  function content(store: FragmentStore, id: number): number[] {
    const result: number[] = [];
    let left = store.captured[id];
    for (let block = store.firstBlock[id]; block !== -1; block = store.nextBlock[block]) {
      const length = Math.min(2048, left);
      result.push(...store.slab(block).subarray(store.offset(block), store.offset(block) + length));
      left -= length;
    }
    return result;
  }

  test('gives back what was put in, however long, and reuses memory', () => {
    const store = new FragmentStore(1 << 20);
    for (let round = 0; round < 3; round++) {
      const lengths = [0, 1, 2047, 2048, 2049, 6000];
      const ids = lengths.map((length) => store.add(bytes, 10, length, 0xfffffff0, length + 5));
      assert.equal(store.used, (1 + 1 + 1 + 1 + 2 + 3) * 2048);
      ids.forEach((id, i) => {
        assert.deepEqual(content(store, id), [...bytes.subarray(10, 10 + lengths[i])]);
        assert.equal(store.end(id), (0xfffffff0 + lengths[i] + 5) >>> 0);
      });
      for (const id of ids) store.free(id);
      assert.equal(store.used, 0);
    }
  });

  test('counts differing bytes, also across blocks', () => {
    const store = new FragmentStore(1 << 20);
    const id = store.add(bytes, 0, 5000, 1, 6000);
    assert.equal(store.differences(id, 0, bytes, 0, 5000), 0);
    assert.equal(store.differences(id, 100, bytes, 100, 9000), 0);
    const other = bytes.slice();
    for (const at of [0, 2047, 2048, 4999]) other[at] ^= 1;
    assert.equal(store.differences(id, 0, other, 0, 6000), 4);
    assert.equal(store.differences(id, 1, other, 1, 2047), 1);
    assert.equal(store.differences(id, 2049, other, 2049, 2950), 0);
  });

  test('says when nothing more fits', () => {
    const store = new FragmentStore(3 * 2048);
    store.add(bytes, 0, 2049, 1, 2049);
    assert.equal(store.fits(2048), true);
    assert.equal(store.fits(2049), false);
  });
});
