// The records of a capture in memory, for tests of decoding.
import type { DecodedPair, DecodedRecord } from '../../src/analysis/decoded-record.js';
import { RecordPipeline, type RecordPipelineOptions } from '../../src/analysis/record-pipeline.js';
import { ByteWindow } from '../../src/capture/byte-window.js';
import { detectKind, openFrameReader } from '../../src/capture/detect.js';
import { FRAME } from '../../src/capture/frame-reader.js';
import type { Anomaly } from '../../src/model/anomaly-log.js';
import { Frame } from '../../src/model/frame.js';

export interface DecodedCapture {
  readonly records: readonly DecodedRecord[];
  readonly problems: readonly Anomaly[];
  readonly pipeline: RecordPipeline;
}

/** All records of a capture, with copies of their bytes. */
export function decodeCapture(bytes: Uint8Array, options: RecordPipelineOptions = {}): DecodedCapture {
  const records: DecodedRecord[] = [];
  const problems: Anomaly[] = [];
  const pipeline = new RecordPipeline(
    {
      record: (record) => records.push({ ...record, content: record.content.slice() }),
      problem: (anomaly) => problems.push(anomaly),
    },
    options,
  );
  const window = new ByteWindow();
  window.append(bytes);
  window.finished = true;
  const kind = detectKind(window);
  if (kind !== 'pcap' && kind !== 'pcapng') throw new Error(`not a capture: ${kind}`);
  const opened = openFrameReader(window, kind);
  if (opened.state !== 'reader') throw new Error('not readable');
  const frame = new Frame();
  while (opened.reader.next(frame) === FRAME) pipeline.frame(frame);
  pipeline.finish();
  return { records, problems, pipeline };
}

const text = new TextDecoder();

/** `NAME=value`. */
export function pairWord({ name, value }: DecodedPair): string {
  return `${text.decode(name)}=${text.decode(value)}`;
}

/** `0>BEGIN_REQUEST 8`: connection, direction, type, content length. */
export function recordWord({ connection, side, name, contentLength }: DecodedRecord): string {
  return `${connection}${side === 0 ? '>' : '<'}${name} ${contentLength}`;
}
