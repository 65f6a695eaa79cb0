// Editing one line of text.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { textField, typed } from '../../src/tui/text-field.js';

/** The field after keys, with the cursor as `|`. */
function after(start: string, ...keys: readonly string[]): string {
  let field = textField(start);
  for (const name of keys) field = typed(field, [...name].length === 1 ? { name, text: name } : { name });
  const characters = [...field.text];
  return `${characters.slice(0, field.at).join('')}|${characters.slice(field.at).join('')}`;
}

test('typing, moving and deleting', () => {
  assert.equal(after('', 'a', 'b', 'é', '😀'), 'abé😀|');
  assert.equal(after('ab', 'left', 'x'), 'ax|b');
  assert.equal(after('ab', 'home', 'x', 'end', 'y'), 'xaby|');
  assert.equal(after('a😀b', 'left', 'backspace'), 'a|b');
  assert.equal(after('abc', 'home', 'delete'), '|bc');
  assert.equal(after('one two  three', 'ctrl-w'), 'one two  |');
  assert.equal(after('one two  ', 'ctrl-w'), 'one |');
  assert.equal(after('one two', 'left', 'ctrl-u'), '|o');
});

test('nothing happens at the borders, nor by other keys', () => {
  const field = textField('a');
  for (const name of ['right', 'delete', 'up', 'tab', 'ctrl-x']) assert.equal(typed(field, { name }), field);
  const start = typed(field, { name: 'home' });
  for (const name of ['left', 'backspace']) assert.equal(typed(start, { name }), start);
});
