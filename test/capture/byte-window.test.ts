// The buffer between sources and readers: positions stay right whatever is moved or grown.
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { ByteWindow } from '../../src/capture/byte-window.js';

test('what is read is what was put in, at its position, whatever the pieces', () => {
  const step = fc.record({ put: fc.nat(50), direct: fc.boolean(), take: fc.nat(60) });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const window = new ByteWindow(8);
      let put = 0;
      let taken = 0;
      for (const { put: count, direct, take } of steps) {
        const bytes = Uint8Array.from({ length: count }, (_, index) => (put + index) % 251);
        if (direct) {
          const space = window.space(count);
          assert.ok(space.length >= count);
          space.set(bytes);
          window.filled(count);
        } else window.append(bytes);
        put += count;
        assert.equal(window.length, put - taken);
        assert.equal(window.position, taken);
        for (let i = 0; i < Math.min(take, window.length); ) {
          assert.equal(window.bytes[window.start], taken % 251);
          window.start++;
          taken++;
          i++;
          if (i >= take) break;
        }
      }
    }),
  );
});

test('it does not grow while what is put in is read', () => {
  const window = new ByteWindow(1000);
  for (let i = 0; i < 1000; i++) {
    window.append(new Uint8Array(400));
    window.start += 399;
  }
  // One byte is left over each time.
  assert.equal(window.length, 1000);
  assert.ok(window.bytes.length <= 4000, `${window.bytes.length} bytes`);
  assert.equal(window.position, 399 * 1000);
});
