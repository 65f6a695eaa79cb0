// Byte strings as small numbers: methods, URIs and script names repeat over and over, so each distinct one is stored
// once in an arena and named by its id. No JavaScript string is made until somebody looks.
import { sameBytes, viewOf } from './byte-view.js';
import { grown } from './columns.js';

/** Longer values are stored cut to this many bytes: web servers take request lines of up to 8 KiB unless told otherwise. */
export const MAX_STORED = 8192;
/** All values together; past this new values are no longer told apart (id FULL). */
const MAX_ARENA = 1 << 30;

/** Bytes of values from which it is worth looking for those that nothing names any more. */
const WORTH_RETAINING = 1 << 21;

/**
 * Room for values, and for their bytes, before there are any. So little that all grow while the first packets are read: V8
 * takes a field that was never set again for a constant, and when it grows at last all machine code that knows it is lost.
 */
const FIRST_VALUES = 16;
const FIRST_BYTES = 256;

/** The id of "no value". */
export const NO_STRING = 0;

export class ByteStrings {
  /** Number of distinct values, the empty id 0 included. */
  size = 1;
  private arena = new Uint8Array(FIRST_BYTES);
  private arenaView = new DataView(this.arena.buffer);
  private used = 0;
  private starts = new Uint32Array(FIRST_VALUES);
  private hashes = new Int32Array(FIRST_VALUES);
  private slots = new Uint32Array(FIRST_VALUES * 2);
  private mask = FIRST_VALUES * 2 - 1;

  /** The id of bytes[start..end), which is probably `guess` again: then nothing is hashed. */
  internLike(guess: number, bytes: Uint8Array, start: number, end: number): number {
    if (guess !== NO_STRING && this.equals(guess, bytes, start, end)) return guess;
    return this.intern(bytes, start, end);
  }

  /** The id of bytes[start..end). */
  intern(bytes: Uint8Array, start: number, end: number): number {
    if (end - start > MAX_STORED) end = start + MAX_STORED;
    // Kept a signed 32-bit number all along: an unsigned one would make the loop work with doubles.
    let hash = (0x811c9dc5 | 0) ^ (end - start);
    let at = start;
    const view = viewOf(bytes);
    // Four bytes a step: each multiplication waits for the one before.
    for (; at + 4 <= end; at += 4) {
      hash = Math.imul(hash ^ view.getInt32(at, true), 0x9e3779b1 | 0);
      hash ^= hash >>> 15;
    }
    for (; at < end; at++) hash = Math.imul(hash ^ bytes[at], 0x01000193);
    hash ^= hash >>> 13;
    hash = Math.imul(hash, 0x85ebca6b | 0);
    hash ^= hash >>> 16;
    let slot = hash & this.mask;
    for (let id = this.slots[slot]; id !== 0; id = this.slots[slot]) {
      if (this.hashes[id] === hash && this.equals(id, bytes, start, end)) return id;
      slot = (slot + 1) & this.mask;
    }
    return this.add(bytes, start, end, hash, slot);
  }

  /** The value as text: UTF-8 where it is valid, else each byte as a Latin-1 character; '' for id 0. */
  text(id: number): string {
    if (id === NO_STRING) return '';
    return decodeBytes(this.arena.subarray(this.starts[id], this.endOf(id)));
  }

  /**
   * Keeps the values that the first `count` entries of the columns name, and puts their new ids there; all of them, with
   * their ids, while they take little room.
   */
  retain(columns: readonly Uint32Array[], count: number): void {
    if (this.used < WORTH_RETAINING && this.size < WORTH_RETAINING / 16) return;
    const old = { arena: this.arena, starts: this.starts, size: this.size, used: this.used };
    const ids = new Uint32Array(old.size);
    this.keepIn(new Uint8Array(FIRST_BYTES));
    this.starts = new Uint32Array(FIRST_VALUES);
    this.hashes = new Int32Array(FIRST_VALUES);
    this.slots = new Uint32Array(FIRST_VALUES * 2);
    this.mask = FIRST_VALUES * 2 - 1;
    this.size = 1;
    this.used = 0;
    for (const column of columns) {
      for (let row = 0; row < count; row++) {
        const id = column[row];
        if (id === NO_STRING) continue;
        if (ids[id] === 0) {
          const end = id + 1 < old.size ? old.starts[id + 1] : old.used;
          ids[id] = this.intern(old.arena, old.starts[id], end);
        }
        column[row] = ids[id];
      }
    }
  }

  private keepIn(arena: Uint8Array<ArrayBuffer>): void {
    this.arena = arena;
    this.arenaView = new DataView(arena.buffer);
  }

  private endOf(id: number): number {
    return id + 1 < this.size ? this.starts[id + 1] : this.used;
  }

  private equals(id: number, bytes: Uint8Array, start: number, end: number): boolean {
    const at = this.starts[id];
    if (this.endOf(id) - at !== end - start) return false;
    return sameBytes(this.arenaView, at, viewOf(bytes), start, end - start);
  }

  private add(bytes: Uint8Array, start: number, end: number, hash: number, slot: number): number {
    const length = end - start;
    if (this.used + length > MAX_ARENA) return NO_STRING;
    if (this.used + length > this.arena.length) {
      this.keepIn(grown(this.arena, Math.max(this.used + length, this.arena.length * 2)));
    }
    const id = this.size++;
    if (id + 1 >= this.starts.length) {
      this.starts = grown(this.starts, this.starts.length * 2);
      this.hashes = grown(this.hashes, this.hashes.length * 2);
    }
    this.starts[id] = this.used;
    this.hashes[id] = hash;
    const { arena } = this;
    let to = this.used;
    for (let i = start; i < end; i++) arena[to++] = bytes[i];
    this.used = to;
    this.slots[slot] = id;
    if (this.size * 2 > this.slots.length) this.rehash();
    return id;
  }

  private rehash(): void {
    this.slots = new Uint32Array(this.slots.length * 2);
    this.mask = this.slots.length - 1;
    for (let id = 1; id < this.size; id++) {
      let slot = this.hashes[id] & this.mask;
      while (this.slots[slot] !== 0) slot = (slot + 1) & this.mask;
      this.slots[slot] = id;
    }
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Bytes as text: UTF-8 where it is valid, else Latin-1, so that no byte is lost. */
export function decodeBytes(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    return latin1Text(bytes);
  }
}

/** Each byte as the character of that number. TextDecoder's latin1 is windows-1252 in some versions of Node. */
export function latin1Text(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i++) text += String.fromCharCode(bytes[i]);
  return text;
}
