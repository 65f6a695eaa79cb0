// Inputs that are text: what tcpdump printed, or lighttpd's error log. Read line by line, recognised by content.
import type { Pipeline } from '../analysis/pipeline.js';
import type { InputFile } from '../analysis/snapshot.js';
import { looksLikeTcpdumpText, TcpdumpTextReader } from '../capture/tcpdump-text.js';
import { LighttpdLog, looksLikeLighttpdLog, type ZoneOffset } from '../logs/lighttpd.js';
import { type ProcessLoad, ProcessLoads } from '../logs/process-load.js';
import { UserError } from '../model/errors.js';
import type { CaptureProblem } from '../model/problem.js';
import { Segment } from '../model/segment.js';
import type { TextInput } from './capture-file.js';

export interface LogTimes {
  /** The zone of times that name none. */
  readonly zone: ZoneOffset;
}

export interface TextResult {
  /** Of a dump, complete once it was put through a pipeline. */
  file: InputFile;
  readonly problems: readonly CaptureProblem[];
  readonly processes: readonly ProcessLoad[];
  /** tcpdump text: its segments, to be put through a pipeline. */
  readonly dump?: (pipeline: Pipeline) => void;
}

/** Text is kept in memory until it is analysed; a dump larger than this should be a capture. */
const MAX_TEXT = 512 * 1024 * 1024;
const SAMPLE = 64 * 1024;

/**
 * Reads a text input to its end.
 * @throws UserError when it is no text that is known.
 */
export async function readTextInput(input: TextInput, times: LogTimes): Promise<TextResult> {
  const { window } = input;
  while (window.length < SAMPLE && !window.finished) await input.fill();
  const sample = window.bytes.subarray(window.start, Math.min(window.end, window.start + SAMPLE));
  const isLog = looksLikeLighttpdLog(sample);
  // A post that quotes a dump may begin with much prose.
  const isDump = !isLog && looksLikeTcpdumpText(sample);
  if (!isLog && !isDump) {
    throw new UserError(
      `cannot read ${input.name}: it is text, but neither printed by tcpdump nor lighttpd's error log`,
      'captures are pcap or pcapng files; write one with tcpdump -w',
    );
  }
  return isLog ? readLog(input, times) : readDump(input, new TextDecoder().decode(sample));
}

async function readLog(input: TextInput, times: LogTimes): Promise<TextResult> {
  const loads = new ProcessLoads(times.zone);
  const log = new LighttpdLog((event) => loads.add(event));
  await eachLine(input, (line) => log.push(line));
  log.finish();
  return {
    file: describe(input, 'lighttpd-log', 0),
    problems: input.problems,
    processes: loads.result(),
  };
}

async function readDump(input: TextInput, preview: string): Promise<TextResult> {
  const lines: string[] = [];
  await eachLine(input, (line) => lines.push(line));
  const problems: CaptureProblem[] = [...input.problems];
  const result: TextResult = {
    file: describe(input, 'tcpdump-text', 0),
    problems,
    processes: [],
    dump(pipeline) {
      const reader = new TcpdumpTextReader(pipeline.addresses, preview);
      const segment = new Segment();
      for (const line of lines) if (reader.line(line, segment)) pipeline.textSegment(segment);
      reader.end();
      if (reader.dated) pipeline.origin ??= { seconds: reader.originSeconds, nanoseconds: reader.originNanoseconds };
      pipeline.packets = reader.packets;
      problems.push(...reader.problems);
      result.file = { ...result.file, packets: reader.packets };
    },
  };
  return result;
}

function describe(input: TextInput, format: string, packets: number): InputFile {
  return {
    name: input.name,
    format,
    compression: input.compression,
    linkTypes: [],
    packets,
    bytes: input.bytesRead,
    cut: input.cut,
  };
}

/** Calls `use` for every line, without its line end. */
async function eachLine(input: TextInput, use: (line: string) => void): Promise<void> {
  const { window } = input;
  const decoder = new TextDecoder();
  let rest = '';
  let total = 0;
  for (;;) {
    if (window.length > 0) {
      total += window.length;
      if (total > MAX_TEXT)
        throw new UserError(`cannot read ${input.name}: more than 512 MiB of text`, 'give a capture instead');
      const text = rest + decoder.decode(window.bytes.subarray(window.start, window.end), { stream: true });
      window.start = window.end;
      const lines = text.split('\n');
      rest = lines.pop()!;
      for (const line of lines) use(line);
    }
    if (window.finished) break;
    await input.fill();
  }
  if (rest !== '') use(rest);
}
