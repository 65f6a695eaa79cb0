// The whole analysis over bytes in memory, for tests: the same pieces as the command, without files.
import { gunzipSync } from 'node:zlib';
import type { Check } from '../../src/analysis/check.js';
import { CHECKS } from '../../src/analysis/checks/index.js';
import { conclude } from '../../src/analysis/conclude.js';
import { Pipeline, type PipelineOptions } from '../../src/analysis/pipeline.js';
import type { Snapshot } from '../../src/analysis/snapshot.js';
import { ByteWindow } from '../../src/capture/byte-window.js';
import { detectKind, openFrameReader } from '../../src/capture/detect.js';
import { FRAME, MORE } from '../../src/capture/frame-reader.js';
import { looksLikeTcpdumpText, TcpdumpTextReader } from '../../src/capture/tcpdump-text.js';
import { LighttpdLog } from '../../src/logs/lighttpd.js';
import { type ProcessLoad, processLoads } from '../../src/logs/process-load.js';
import { Frame } from '../../src/model/frame.js';
import type { CaptureProblem } from '../../src/model/problem.js';
import { Segment } from '../../src/model/segment.js';

export interface InspectOptions extends PipelineOptions {
  readonly checks?: readonly Check[];
  /** Text of a lighttpd error log, given beside the capture. */
  readonly log?: string;
}

export interface Inspected extends Snapshot {
  readonly pipeline: Pipeline;
}

/** Analyses a capture (pcap, pcapng, gzip of either, tcpdump text); an empty array when only a log is given. */
export function inspect(bytes: Uint8Array, options: InspectOptions = {}): Inspected {
  const problems: CaptureProblem[] = [];
  let cut = false;
  let format = 'none';
  let data = bytes;
  if (data[0] === 0x1f && data[1] === 0x8b) data = gunzipSync(data);
  const window = new ByteWindow();
  window.append(data);
  window.finished = true;
  const kind = data.length === 0 ? 'empty' : detectKind(window);
  const isText = kind === 'text' && looksLikeTcpdumpText(data);
  const pipeline = new Pipeline({ ...options, withoutPayload: isText });
  if (kind === 'pcap' || kind === 'pcapng') {
    const opened = openFrameReader(window, kind);
    if (opened.state !== 'reader')
      throw new Error(`not readable: ${opened.state === 'refused' ? opened.reason : 'cut'}`);
    const { reader } = opened;
    const frame = new Frame();
    for (let code = reader.next(frame); code === FRAME || code === MORE; code = reader.next(frame)) {
      if (code === MORE) throw new Error('a finished window never needs more');
      pipeline.severalInterfaces = reader.interfaceCount > 1;
      pipeline.frame(frame);
    }
    problems.push(...reader.problems);
    cut = reader.cut;
    format = reader.format;
  } else if (isText) {
    const reader = new TcpdumpTextReader(pipeline.addresses);
    const segment = new Segment();
    for (const line of new TextDecoder().decode(data).split('\n'))
      if (reader.line(line, segment)) pipeline.textSegment(segment);
    problems.push(...reader.problems);
    format = 'tcpdump-text';
  }
  pipeline.finish();
  const files = [
    { name: 'memory', format, compression: null, linkTypes: [], packets: pipeline.packets, bytes: bytes.length, cut },
  ];
  const snapshot = conclude({
    pipeline,
    files,
    problems,
    processes: options.log === undefined ? [] : logProcesses(options.log),
    checks: options.checks ?? CHECKS,
  });
  return { ...snapshot, pipeline };
}

/** The processes of a lighttpd error log, its times as seconds since its first line. */
function logProcesses(text: string): ProcessLoad[] {
  const log = new LighttpdLog();
  for (const line of text.split('\n')) log.push(line);
  log.finish();
  return processLoads(log.events, () => 0);
}

/** For the fuzz runs: everything a command would do with these bytes, rows included. */
export function inspectBytes(bytes: Uint8Array): void {
  inspect(bytes);
}
