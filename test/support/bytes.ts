// Small helpers for building byte strings in tests.

export type Bytes = Uint8Array | string;

const utf8 = new TextEncoder();

/** Text as UTF-8; bytes as they are. */
export function toBytes(value: Bytes): Uint8Array {
  return typeof value === 'string' ? utf8.encode(value) : value;
}

/** The parts one after the other. */
export function concat(...parts: readonly Bytes[]): Uint8Array {
  const all = parts.map(toBytes);
  const bytes = new Uint8Array(all.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of all) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** `hex('01 02ff')`: blanks are ignored. */
export function hex(text: string): Uint8Array {
  return Uint8Array.from(text.replace(/\s+/g, '').match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** A number as `size` bytes, most significant first. */
export function bigEndian(value: number, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let i = size - 1, rest = value; i >= 0; i--, rest = Math.floor(rest / 256)) bytes[i] = rest % 256;
  return bytes;
}
