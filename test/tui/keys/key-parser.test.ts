// Bytes to keys: several at once, sequences cut anywhere, and what is no key.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { KeyParser } from '../../../src/tui/keys/key-parser.js';

function names(...chunks: readonly string[]): string[] {
  const parser = new KeyParser();
  const keys = chunks.flatMap((chunk) => parser.push(new TextEncoder().encode(chunk)));
  return [...keys, ...parser.flush()].map(({ name }) => name);
}

test('letters, controls and sequences', () => {
  assert.deepEqual(names('jjG/ é'), ['j', 'j', 'G', '/', 'space', 'é']);
  assert.deepEqual(names('\r\n\t\x7f\x08\x03\x1a'), [
    'enter',
    'enter',
    'tab',
    'backspace',
    'backspace',
    'ctrl-c',
    'ctrl-z',
  ]);
  assert.deepEqual(names('\x1b[A\x1bOB\x1b[5~\x1b[6~\x1b[H\x1b[4~\x1b[Z\x1b[3~'), [
    'up',
    'down',
    'page-up',
    'page-down',
    'home',
    'end',
    'shift-tab',
    'delete',
  ]);
  assert.deepEqual(names('\x1b[1;5C'), ['right']);
});

test('three Backspaces in one chunk are three', () => assert.deepEqual(names('\x7f\x7f\x7f').length, 3));

test('Escape alone, before a key, and as the beginning of a sequence', () => {
  assert.deepEqual(names('\x1b'), ['escape']);
  assert.deepEqual(names('\x1bq'), ['escape', 'q']);
  assert.deepEqual(names('\x1b', '[', 'B'), ['down']);
  assert.deepEqual(names('\x1b\x1b[A'), ['escape', 'up']);
});

test('function keys, mouse and other reports are no letters', () => {
  assert.deepEqual(names('\x1bOP\x1b[15~\x1b[[A\x1b[?1;2c\x1b[<0;10;20M\x1b[I'), []);
  assert.deepEqual(names(`\x1b[${'1;'.repeat(40)}`), []);
  assert.deepEqual(names('\x1b[12\x1b[A'), ['up']);
});

test('a character of several bytes cut in two', () => {
  const parser = new KeyParser();
  const bytes = new TextEncoder().encode('ü');
  assert.deepEqual(parser.push(bytes.subarray(0, 1)), []);
  assert.deepEqual(parser.push(bytes.subarray(1)), [{ name: 'ü', text: 'ü' }]);
});

test('however the bytes are cut, the keys are the same; any bytes end', () => {
  const piece = fc.constantFrom('a', '\x1b[A', '\x1b[6~', '\r', 'ä', '\x1bOB', '/', '\x03');
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), fc.array(fc.nat(40), { maxLength: 6 }), (pieces, cuts) => {
      const bytes = new TextEncoder().encode(pieces.join(''));
      const whole = new KeyParser();
      const expected = [...whole.push(bytes), ...whole.flush()];
      const parser = new KeyParser();
      const actual = [];
      let at = 0;
      for (const cut of [...cuts.sort((a, b) => a - b), bytes.length]) {
        actual.push(...parser.push(bytes.subarray(at, Math.min(cut, bytes.length))));
        at = Math.max(at, Math.min(cut, bytes.length));
      }
      actual.push(...parser.flush());
      assert.deepEqual(actual, expected);
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      const parser = new KeyParser();
      for (const { name, text } of [...parser.push(bytes), ...parser.flush()]) {
        assert.ok(name.length > 0);
        assert.ok(text === undefined || !/\p{Cc}/u.test(text));
      }
      assert.ok(!parser.waiting);
    }),
  );
});
