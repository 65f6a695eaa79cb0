// A sink of the record parser that writes down what it hears.
import { RecordParser, type RecordSink } from '../../src/fastcgi/record-parser.js';

export interface CollectedRecord {
  readonly type: number;
  readonly requestId: number;
  readonly content: string;
  readonly contentLength: number;
  readonly paddingLength: number;
  readonly offset: number;
  readonly missing: number;
}

export class RecordCollector implements RecordSink {
  readonly parser = new RecordParser(this);
  readonly records: CollectedRecord[] = [];
  /** `bad version 2 at 16`, `resynchronised at 30 after 4`. */
  readonly troubles: string[] = [];
  knownIds: ReadonlySet<number> = new Set([1]);
  private content: number[] = [];

  push(...pieces: readonly Uint8Array[]): this {
    for (const piece of pieces) this.parser.push(piece, 0, piece.length);
    return this;
  }

  gap(length: number): this {
    this.parser.gap(length);
    return this;
  }

  /** Types in order, for short assertions. */
  get types(): number[] {
    return this.records.map((record) => record.type);
  }

  recordBegin(): void {
    this.content = [];
  }

  recordContent(_parser: RecordParser, bytes: Uint8Array, start: number, end: number): void {
    for (let i = start; i < end; i++) this.content.push(bytes[i]);
  }

  recordMissing(_parser: RecordParser, length: number): void {
    for (let i = 0; i < Math.min(length, 10); i++) this.content.push(0x3f);
  }

  recordWhole(parser: RecordParser, bytes: Uint8Array, start: number, end: number): void {
    this.recordBegin();
    this.recordContent(parser, bytes, start, end);
    this.recordEnd(parser);
  }

  recordEnd(parser: RecordParser): void {
    const { type, requestId, contentLength, paddingLength, recordOffset, missingLength } = parser;
    this.records.push({
      type,
      requestId,
      content: Buffer.from(this.content).toString('latin1'),
      contentLength,
      paddingLength,
      offset: recordOffset,
      missing: missingLength,
    });
  }

  recordBadVersion(parser: RecordParser, version: number): void {
    this.troubles.push(`bad version ${version} at ${parser.recordOffset}`);
  }

  recordResynchronised(parser: RecordParser, skipped: number): void {
    this.troubles.push(`resynchronised at ${parser.recordOffset} after ${skipped}`);
  }

  knowsRequest(requestId: number): boolean {
    return this.knownIds.has(requestId);
  }
}
