// Reads what an application sends as section 3.3 of the specification lays records out, independently of the product's
// decoder, and strictly: version 1, reserved bytes and padding zero, nothing cut.
import assert from 'node:assert/strict';
import {
  END_REQUEST,
  GET_VALUES_RESULT,
  protocolStatusName,
  STDERR,
  STDOUT,
  typeName,
  UNKNOWN_TYPE,
} from '../../src/fastcgi/constants.js';

export interface ReplyRecord {
  readonly type: number;
  readonly id: number;
  readonly content: Buffer;
  readonly padding: number;
}

/** The records of which all bytes are there, and how many bytes they take. */
export function wholeRecords(bytes: Uint8Array): { readonly records: ReplyRecord[]; readonly length: number } {
  const records: ReplyRecord[] = [];
  let at = 0;
  while (at + 8 <= bytes.length) {
    const [version, type, idHigh, idLow, lengthHigh, lengthLow, padding, reserved] = bytes.subarray(at, at + 8);
    assert.equal(version, 1, `version at ${at}`);
    assert.equal(reserved, 0, `reserved byte at ${at}`);
    const start = at + 8;
    const end = start + lengthHigh * 256 + lengthLow;
    if (end + padding > bytes.length) break;
    at = end + padding;
    assert.ok(
      bytes.subarray(end, at).every((byte) => byte === 0),
      'padding is not zero',
    );
    records.push({ type, id: idHigh * 256 + idLow, content: Buffer.from(bytes.slice(start, end)), padding });
  }
  return { records, length: at };
}

/** All records of a reply, of which nothing may be cut. */
export function replyRecords(bytes: Uint8Array): ReplyRecord[] {
  const { records, length } = wholeRecords(bytes);
  assert.equal(length, bytes.length, 'the reply is cut inside a record');
  return records;
}

/**
 * A line for each record: `STDOUT 1: text`, `STDOUT 1 ends`, `END_REQUEST 1: 0 REQUEST_COMPLETE`,
 * `GET_VALUES_RESULT: A=1 B=2`, `UNKNOWN_TYPE: 99`.
 */
export function replyLines(records: readonly ReplyRecord[]): string[] {
  return records.map(({ type, id, content }) => {
    switch (type) {
      case STDOUT:
      case STDERR:
        return content.length === 0 ? `${typeName(type)} ${id} ends` : `${typeName(type)} ${id}: ${content}`;
      case END_REQUEST:
        assert.equal(content.length, 8);
        assert.deepEqual([...content.subarray(5)], [0, 0, 0]);
        return `END_REQUEST ${id}: ${content.readUInt32BE()} ${protocolStatusName(content[4])}`;
      case GET_VALUES_RESULT:
        assert.equal(id, 0);
        return `GET_VALUES_RESULT: ${shortPairs(content)}`.trimEnd();
      case UNKNOWN_TYPE:
        assert.equal(id, 0);
        assert.deepEqual([...content.subarray(1)], [0, 0, 0, 0, 0, 0, 0]);
        return `UNKNOWN_TYPE: ${content[0]}`;
      default:
        return `${typeName(type)} ${id}`;
    }
  });
}

/** STDOUT of a request, put together. */
export function stdoutOf(records: readonly ReplyRecord[], id = 1): string {
  return contentOf(records, STDOUT, id).toString('latin1');
}

export function stderrOf(records: readonly ReplyRecord[], id = 1): string {
  return contentOf(records, STDERR, id).toString('latin1');
}

function contentOf(records: readonly ReplyRecord[], type: number, id: number): Buffer {
  return Buffer.concat(records.filter((record) => record.type === type && record.id === id).map((r) => r.content));
}

/** Pairs whose lengths take one byte each. */
function shortPairs(content: Buffer): string {
  const pairs: string[] = [];
  for (let at = 0; at < content.length; ) {
    const value = at + 2 + content[at];
    const end = value + content[at + 1];
    pairs.push(`${content.subarray(at + 2, value)}=${content.subarray(value, end)}`);
    at = end;
  }
  return pairs.join(' ');
}
