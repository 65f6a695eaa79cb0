// JSON that is safe to look at: the same values, with every character that could act on a terminal or mislead the eye
// written as an escape. JSON.stringify by itself leaves those beyond ASCII as they are.

import { unsafeCharacters } from './unsafe-characters.js';

const PLAIN = /^[\n\x20-\x7e]*$/;

/** JSON.stringify's text; parsed it is the same value. `indent` as there. */
export function safeJson(value: unknown, indent?: number): string {
  const text = JSON.stringify(value, null, indent);
  return PLAIN.test(text) ? text : text.replace(unsafeCharacters(), unicodeEscape);
}

function unicodeEscape(character: string): string {
  // Between values only; in strings it is an escape already.
  if (character === '\n') return character;
  let escaped = '';
  for (let i = 0; i < character.length; i++) {
    escaped += `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`;
  }
  return escaped;
}
