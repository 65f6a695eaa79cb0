// History strings as Zeek writes them (ShADadfF), interned: a string is a node of a tree, adding a letter is one look-up,
// and a connection stores a number. There are few different histories, even among a million connections.
import { grown } from '../model/columns.js';

/** Letters, upper case for the originator. A letter's code is its index here * 2 + side. */
const LETTERS = 'SHADFRCGTWIQ';
export const LETTER_SYN = 0;
export const LETTER_SYN_ACK = 2;
export const LETTER_ACK = 4;
export const LETTER_DATA = 6;
export const LETTER_FIN = 8;
export const LETTER_RESET = 10;
export const LETTER_GAP = 14;
export const LETTER_RETRANSMISSION = 16;
export const LETTER_ZERO_WINDOW = 18;
export const LETTER_INCONSISTENT = 20;
export const LETTER_MULTIPLE_FLAGS = 22;
/** `^`: the roles were exchanged. */
export const LETTER_FLIP = 24;

const CODES = 32; // letters a node has room for
const MAXIMUM_LENGTH = 64;
const MAXIMUM_NODES = 1 << 16; // what a hostile capture can make grow: 8 MiB

// How far the history is on its way to `SYN, no answer, RST of the same side` (conn_state RSTOS0).
const BEFORE_SYN = 0;
const AFTER_SYN = 1;
const SYN_THEN_RESET = 2;
const OTHERWISE = 3;

export class HistoryTable {
  /** Number of different histories, the empty one (id 0) included. */
  size = 1;
  private parents = new Uint32Array(256);
  private letters = new Uint8Array(256);
  private lengths = new Uint8Array(256);
  private progress = new Uint8Array(256);
  private children = new Uint32Array(256 * CODES);

  /** The history `id` with one more letter. Past 64 letters or 65,536 histories it stays as it is. */
  append(id: number, letter: number): number {
    const child = this.children[id * CODES + letter];
    return child !== 0 ? child : this.add(id, letter);
  }

  /** The history as text; empty for id 0. */
  text(id: number): string {
    let text = '';
    for (let node = id; node !== 0; node = this.parents[node]) {
      const code = this.letters[node];
      const letter = code === LETTER_FLIP ? '^' : LETTERS[code >> 1];
      text = (code & 1 ? letter.toLowerCase() : letter) + text;
    }
    return text;
  }

  /** The same history seen from the other side: `^` in front (or taken away again) and every letter's case exchanged. */
  flip(id: number): number {
    const codes: number[] = [];
    for (let node = id; node !== 0; node = this.parents[node]) codes.push(this.letters[node]);
    codes.reverse();
    const flipped = codes[0] === LETTER_FLIP;
    let result = flipped ? 0 : this.append(0, LETTER_FLIP);
    for (let i = flipped ? 1 : 0; i < codes.length; i++) {
      result = this.append(result, codes[i] === LETTER_FLIP ? LETTER_FLIP : codes[i] ^ 1);
    }
    return result;
  }

  /** Whether the originator sent a SYN, then a RST, and nothing of weight between them. */
  synThenReset(id: number): boolean {
    return this.progress[id] === SYN_THEN_RESET;
  }

  private add(id: number, letter: number): number {
    if (this.lengths[id] >= MAXIMUM_LENGTH || this.size >= MAXIMUM_NODES) return id;
    const node = this.size++;
    if (node === this.parents.length) this.grow(node * 2);
    this.parents[node] = id;
    this.letters[node] = letter;
    this.lengths[node] = this.lengths[id] + 1;
    this.progress[node] = progressAfter(this.progress[id], letter);
    this.children[id * CODES + letter] = node;
    return node;
  }

  private grow(capacity: number): void {
    this.parents = grown(this.parents, capacity);
    this.letters = grown(this.letters, capacity);
    this.lengths = grown(this.lengths, capacity);
    this.progress = grown(this.progress, capacity);
    this.children = grown(this.children, capacity * CODES);
  }
}

function progressAfter(progress: number, letter: number): number {
  if (progress === BEFORE_SYN) {
    if (letter === LETTER_FLIP) return BEFORE_SYN;
    return letter === LETTER_SYN ? AFTER_SYN : OTHERWISE;
  }
  if (progress !== AFTER_SYN) return progress;
  switch (letter) {
    case LETTER_RESET:
      return SYN_THEN_RESET;
    case LETTER_SYN_ACK:
    case LETTER_ACK:
    case LETTER_FIN:
    case LETTER_GAP:
    case LETTER_INCONSISTENT:
    case LETTER_MULTIPLE_FLAGS:
      return OTHERWISE;
    default:
      return AFTER_SYN;
  }
}
