// A line of text that is being typed: the filter, the name of a file.
import type { Key } from './keys/key-parser.js';

export interface TextField {
  readonly text: string;
  /** Position of the cursor, in characters before it. */
  readonly at: number;
}

const MOST = 1000;

export function textField(text: string): TextField {
  return { text, at: [...text].length };
}

/** The field after a key; the same object where the key is not for it. */
export function typed(field: TextField, key: Key): TextField {
  const characters = [...field.text];
  const { at } = field;
  const without = (from: number, until: number): TextField => ({
    text: [...characters.slice(0, from), ...characters.slice(until)].join(''),
    at: from,
  });
  switch (key.name) {
    case 'left':
      return at > 0 ? { ...field, at: at - 1 } : field;
    case 'right':
      return at < characters.length ? { ...field, at: at + 1 } : field;
    case 'home':
    case 'ctrl-a':
      return { ...field, at: 0 };
    case 'end':
    case 'ctrl-e':
      return { ...field, at: characters.length };
    case 'backspace':
      return at > 0 ? without(at - 1, at) : field;
    case 'delete':
      return at < characters.length ? without(at, at + 1) : field;
    case 'ctrl-u':
      return without(0, at);
    case 'ctrl-w': {
      let from = at;
      while (from > 0 && characters[from - 1] === ' ') from--;
      while (from > 0 && characters[from - 1] !== ' ') from--;
      return without(from, at);
    }
  }
  if (key.text === undefined || characters.length >= MOST) return field;
  return { text: [...characters.slice(0, at), key.text, ...characters.slice(at)].join(''), at: at + 1 };
}
