// Reads FastCGI records and name-value pairs as sections 3.3 and 3.4 lay them out; independent of the product's decoder.

export interface ReadRecord {
  readonly type: number;
  readonly id: number;
  readonly content: Uint8Array;
  readonly padding: Uint8Array;
  readonly version: number;
  readonly reserved: number;
}

/** The whole records, and how many bytes are left. */
export function readRecords(bytes: Uint8Array): { readonly records: ReadRecord[]; readonly left: number } {
  const records: ReadRecord[] = [];
  let at = 0;
  while (bytes.length - at >= 8) {
    const [version, type, idHigh, idLow, lengthHigh, lengthLow, padding, reserved] = bytes.subarray(at, at + 8);
    const start = at + 8;
    const end = start + lengthHigh * 256 + lengthLow;
    if (end + padding > bytes.length) break;
    records.push({
      type,
      id: idHigh * 256 + idLow,
      content: bytes.slice(start, end),
      padding: bytes.slice(end, end + padding),
      version,
      reserved,
    });
    at = end + padding;
  }
  return { records, left: bytes.length - at };
}

/** The pairs of a whole name-value stream, as Latin-1. @throws Error if it is cut. */
export function readPairs(bytes: Uint8Array): [string, string][] {
  const pairs: [string, string][] = [];
  let at = 0;
  const length = (): number => {
    if (at >= bytes.length) throw new Error('cut inside a length');
    if (bytes[at] < 128) return bytes[at++];
    const value = ((bytes[at] & 127) << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
    at += 4;
    return value;
  };
  while (at < bytes.length) {
    const nameLength = length();
    const valueLength = length();
    if (at + nameLength + valueLength > bytes.length) throw new Error('cut inside a pair');
    const text = (count: number) => Buffer.from(bytes.subarray(at, (at += count))).toString('latin1');
    pairs.push([text(nameLength), text(valueLength)]);
  }
  return pairs;
}

/** The content of a stream: all records of that type and id one after the other. */
export function streamOf(records: readonly ReadRecord[], type: number, id: number): Uint8Array {
  return Buffer.concat(
    records.filter((record) => record.type === type && record.id === id).map(({ content }) => content),
  );
}
