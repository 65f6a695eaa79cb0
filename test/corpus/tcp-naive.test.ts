// Every byte that is handed on, over all captures of the corpus, against the plainest assembly that can be thought of:
// each segment written to its place in a sparse array, the first copy kept.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { UserError } from '../../src/model/errors.js';
import { RST, type Segment, SYN } from '../../src/model/segment.js';
import type { Side } from '../../src/model/side.js';
import { sharedRoot } from '../support/paths.js';
import { Recorder } from '../tcp/recorder.js';
import { assertListed } from './differences.js';
import { trackCapture } from './tcp-capture.js';

const skip = sharedRoot === undefined ? 'FCGI_INSPECT_SHARED names no folder with the corpus' : false;
const FAR = 1 << 27;

/** One direction: bytes by distance from the first one. */
class Plain {
  readonly bytes = new Map<number, number>();
  private base: number | undefined;

  add(s: Segment): void {
    if ((s.flags & RST) !== 0) return;
    const sequence = (s.flags & SYN) !== 0 ? s.sequence + 1 : s.sequence;
    this.base ??= sequence >>> 0;
    const place = (sequence - this.base) | 0;
    if (place < 0 || place > FAR) return;
    for (let i = 0; i < s.payloadLength; i++) {
      if (!this.bytes.has(place + i)) this.bytes.set(place + i, s.data[s.payloadOffset + i]);
    }
  }
}

/** The same bytes as they were handed on. */
class Placed extends Recorder {
  readonly bytes: [Map<number, number>, Map<number, number>][] = [];
  private readonly next: [number, number][] = [];

  override opened(connection: number): void {
    this.bytes[connection] = [new Map(), new Map()];
    this.next[connection] = [0, 0];
  }
  override data(connection: number, side: Side, bytes: Uint8Array, start: number, end: number): void {
    let place = this.next[connection][side];
    for (let i = start; i < end; i++) this.bytes[connection][side].set(place++, bytes[i]);
    this.next[connection][side] = place;
  }
  override gap(connection: number, side: Side, length: number): void {
    this.next[connection][side] += length;
  }
  override finished(): void {}
  override reset(): void {}
  override closed(): void {}
}

test('the bytes handed on are those that a plain assembly finds', { skip }, async () => {
  const corpus = join(sharedRoot ?? '', 'corpus');
  const files = readFileSync(join(corpus, 'EXPECT.tsv'), 'utf8').trimEnd().split('\n').slice(1);
  const differences: string[] = [];
  let compared = 0;
  for (const line of files) {
    const file = line.split('\t')[0];
    const placed = new Placed();
    const plain = new Map<string, Plain>();
    try {
      const { tracker } = await trackCapture(join(corpus, file), placed, (segment, row, { connections }) => {
        const originator =
          segment.source === connections.address0[row] && segment.sourcePort === connections.port0[row];
        const key = `${row} ${originator ? 0 : 1}`;
        if (!plain.has(key)) plain.set(key, new Plain());
        plain.get(key)!.add(segment);
      });
      assert.ok(tracker.bufferedMemory === 0);
    } catch (error) {
      if (error instanceof UserError) continue;
      throw error;
    }
    for (const [key, { bytes: want }] of plain) {
      const [row, side] = key.split(' ').map(Number);
      const got = placed.bytes[row][side];
      let differing = 0;
      for (const [place, byte] of want) if (got.get(place) !== byte) differing++;
      for (const place of got.keys()) if (!want.has(place)) differing++;
      compared += want.size;
      if (differing > 0) differences.push(`${file}\t${key}\t${want.size}\t${got.size}\t${differing}`);
    }
  }
  assert.ok(compared > 1_000_000, `${compared} bytes were compared`);
  assertListed('tcp-naive-differences.tsv', differences);
});
