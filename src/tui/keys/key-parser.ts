// Bytes of a terminal's keyboard to keys. Several keys may come at once, and an escape sequence may come in two pieces;
// what is not known is left out rather than taken for letters.

/**
 * `a`, `G`, `/`, `é`: a character; otherwise a name: `up`, `page-down`, `enter`, `escape`, `tab`, `shift-tab`,
 * `backspace`, `delete`, `ctrl-c`, ...
 */
export interface Key {
  readonly name: string;
  /** The character, where the key writes one. */
  readonly text?: string;
}

const CONTROLS: Readonly<Record<number, string>> = {
  8: 'backspace',
  9: 'tab',
  10: 'enter',
  13: 'enter',
  127: 'backspace',
};

const FINALS: Readonly<Record<string, string>> = {
  A: 'up',
  B: 'down',
  C: 'right',
  D: 'left',
  H: 'home',
  F: 'end',
  Z: 'shift-tab',
};

const NUMBERED: Readonly<Record<string, string>> = {
  1: 'home',
  3: 'delete',
  4: 'end',
  5: 'page-up',
  6: 'page-down',
  7: 'home',
  8: 'end',
};

/** Longer sequences are no keys. */
const MAX_SEQUENCE = 32;
const PASTE_BEGIN = '200';

export class KeyParser {
  private rest = '';
  private readonly decoder = new TextDecoder();

  /** The keys in these bytes. What may be the beginning of a sequence waits for the next bytes, or for `flush`. */
  push(bytes: Uint8Array): Key[] {
    this.rest += this.decoder.decode(bytes, { stream: true });
    return this.take(false);
  }

  /** Whether something waits: a lone Escape looks like the beginning of a sequence. */
  get waiting(): boolean {
    return this.rest !== '';
  }

  /** Nothing more came for a moment: what waits is taken as it stands. */
  flush(): Key[] {
    return this.take(true);
  }

  private take(all: boolean): Key[] {
    const keys: Key[] = [];
    while (this.rest !== '') {
      const length = this.next(keys, all);
      if (length === 0) break;
      this.rest = this.rest.slice(length);
    }
    return keys;
  }

  /** Characters used up; 0 where more must come. */
  private next(keys: Key[], all: boolean): number {
    const { rest } = this;
    if (rest[0] !== '\x1b') {
      const character = String.fromCodePoint(rest.codePointAt(0)!);
      const key = characterKey(character);
      if (key) keys.push(key);
      return character.length;
    }
    if (rest.length === 1) {
      if (!all) return 0;
      keys.push({ name: 'escape' });
      return 1;
    }
    if (rest[1] === '[' || rest[1] === 'O') {
      const length = sequenceLength(rest);
      if (length === 0 && rest.length < MAX_SEQUENCE && !all) return 0;
      const name = length === 0 ? undefined : sequenceKey(rest.slice(1, length));
      if (name !== undefined) keys.push({ name });
      return length === 0 ? rest.length : length;
    }
    // Escape, then another key: people who press Escape to leave a field go on typing.
    keys.push({ name: 'escape' });
    return 1;
  }
}

function characterKey(character: string): Key | undefined {
  const code = character.codePointAt(0)!;
  const control = CONTROLS[code];
  if (control !== undefined) return { name: control };
  if (code >= 1 && code <= 26) return { name: `ctrl-${String.fromCharCode(code + 96)}` };
  if (code < 32 || (code >= 0x80 && code < 0xa0)) return undefined;
  return character === ' ' ? { name: 'space', text: ' ' } : { name: character, text: character };
}

/** Of `ESC [ ... final` or `ESC O final`; 0 where the end has not come. */
function sequenceLength(text: string): number {
  if (text[1] === 'O') return text.length >= 3 ? 3 : 0;
  // ESC [ [ A: function keys of the Linux console.
  if (text[2] === '[') return text.length >= 4 ? 4 : 0;
  for (let at = 2; at < text.length && at < MAX_SEQUENCE; at++) {
    const code = text.charCodeAt(at);
    if (code >= 0x40 && code <= 0x7e) return at + 1;
    if (code < 0x20 || code > 0x3f) return at; // broken off by something that cannot be part of it
  }
  return 0;
}

function sequenceKey(sequence: string): string | undefined {
  // ESC [ [ A is F1 of the Linux console.
  if (sequence[1] === '[') return undefined;
  const final = sequence[sequence.length - 1];
  const numbers = sequence.slice(1, -1).split(';');
  if (final === '~') return numbers[0] === PASTE_BEGIN ? undefined : NUMBERED[numbers[0]];
  // Modified arrows (ESC [ 1 ; 5 C) act like plain ones.
  return FINALS[final];
}
