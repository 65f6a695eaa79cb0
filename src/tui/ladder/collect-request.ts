// An opened request's PARAMS and streams, put together from the records that are read again. Bounded.
import type { DecodedRecord } from '../../analysis/decoded-record.js';
import * as type from '../../fastcgi/constants.js';
import { streamOf } from '../../reporters/decode-request.js';
import { formatBytes } from '../../reporters/format-count.js';
import { copiedPair } from './collect.js';
import { type Pair, type RequestContents, STREAM_NAMES, type StreamBytes, type StreamName } from './contents.js';

/** Bytes kept of a stream, and pairs of PARAMS. */
const MOST_STREAM = 256 * 1024;
const MOST_PAIRS = 2_000;

export class RequestCollector {
  readonly done = false;
  /** END_REQUEST was there. */
  ended = false;
  /** Its BEGIN_REQUEST was there, with this request id; -1 where it was not. */
  begunAs = -1;
  private readonly pairs: Pair[] = [];
  private readonly kept: Record<StreamName, Uint8Array[]> = { stdin: [], data: [], stdout: [], stderr: [] };
  private readonly lengths: Record<StreamName, number> = { stdin: 0, data: 0, stdout: 0, stderr: 0 };
  private paramsRecords = 0;
  private stdoutRecords = 0;
  private missing = 0;

  /** @param ordinal the request's place on its connection, from 0 */
  constructor(
    private readonly request: number,
    private readonly ordinal: number,
  ) {}

  packet(): void {}
  packetEnd(): void {}
  problem(): void {}

  record(record: DecodedRecord): void {
    if (record.request !== this.ordinal) return;
    if (record.type === type.BEGIN_REQUEST) this.begunAs = record.requestId;
    if (record.type === type.END_REQUEST) this.ended = true;
    for (const pair of record.pairs) if (this.pairs.length < MOST_PAIRS) this.pairs.push(copiedPair(pair));
    this.missing += record.missingLength;
    if (record.type === type.PARAMS) this.paramsRecords++;
    const stream = streamOf(record);
    if (!stream || record.content.length === 0) return;
    if (stream === 'stdout') this.stdoutRecords++;
    const room = MOST_STREAM - this.lengths[stream];
    if (room > 0) this.kept[stream].push(record.content.slice(0, room));
    this.lengths[stream] += record.content.length;
  }

  contents(): RequestContents {
    const streams = Object.fromEntries(STREAM_NAMES.map((name) => [name, this.stream(name)])) as Record<
      StreamName,
      StreamBytes
    >;
    const long = STREAM_NAMES.some((name) => this.lengths[name] > MOST_STREAM);
    return {
      request: this.request,
      pairs: this.pairs,
      streams,
      paramsRecords: this.paramsRecords,
      stdoutRecords: this.stdoutRecords,
      missing: this.missing,
      limit: long
        ? `Of each stream the first ${formatBytes(MOST_STREAM)} are shown; fcgi-inspect decode --request ${this.request} has all of it.`
        : undefined,
    };
  }

  private stream(name: StreamName): StreamBytes {
    const parts = this.kept[name];
    const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return { bytes, length: this.lengths[name] };
  }
}
