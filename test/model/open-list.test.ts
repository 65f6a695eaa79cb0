// Members come and go in any order, and the list is what a Set would be.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { OpenList } from '../../src/model/open-list.js';

test('the same members as in a Set, whatever comes and goes', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat(9))), (steps) => {
      const members = Array.from({ length: 10 }, () => ({ place: 0 }));
      const list = new OpenList<{ place: number }>();
      const set = new Set<{ place: number }>();
      for (const [comes, which] of steps) {
        const member = members[which];
        if (!comes) {
          list.delete(member);
          set.delete(member);
        } else if (!set.has(member)) {
          list.add(member);
          set.add(member);
        }
        assert.equal(list.size, set.size);
        assert.deepEqual(new Set(list.all()), set);
        for (const each of set) assert.equal(list.at(each.place), each);
      }
      assert.equal(list.at(list.size), undefined);
    }),
  );
});
