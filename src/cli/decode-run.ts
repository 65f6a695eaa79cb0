// Runs `decode`. A file is read twice: first analysed, so that listeners and the requests that a filter selects are
// known, then decoded. A stream can be read only once; its listeners are found on the way.
import { statSync } from 'node:fs';
import { gatherFacts } from '../analysis/conclude.js';
import type { Facts } from '../analysis/facts.js';
import { RecordPipeline } from '../analysis/record-pipeline.js';
import { selectRows } from '../analysis/select-rows.js';
import { END, FRAME } from '../capture/frame-reader.js';
import { UserError } from '../model/errors.js';
import { Frame } from '../model/frame.js';
import { type CaptureInput, openCapture } from '../sources/capture-file.js';
import { openInterface } from '../sources/capture-interface.js';
import { plainClock } from '../sources/clock.js';
import { ChunkWriter } from './chunk-writer.js';
import type { DecodeOptions } from './decode-options.js';
import { type DecodeView, viewFor } from './decode-view.js';
import { EXIT_INPUT, exitWith } from './exit.js';
import { interruptible } from './interrupt.js';
import { complain } from './output.js';
import { progressLine } from './progress.js';
import { gatherSources, namedListeners, rangeOf } from './source-options.js';

export async function decode(path: string | undefined, options: DecodeOptions): Promise<void> {
  if ((path === undefined) === (options.interface === undefined)) {
    throw new UserError(
      path === undefined ? 'no capture is named' : 'a capture and --interface cannot be decoded at once',
      'fcgi-inspect decode capture.pcap, or fcgi-inspect decode - to read standard input, or --interface lo',
    );
  }
  // A filter that makes no sense is told before a large file is read.
  const select = selectRows(options.filter);
  const interrupt = interruptible();
  const progress = progressLine(options.quiet === true);
  const writer = new ChunkWriter(options.output);
  try {
    const hooks = { onProgress: progress.update, signal: interrupt.signal };
    const analysed = await analyse(path, options, hooks);
    progress.end();
    if (interrupt.signal.aborted) return exitWith(interrupt.exitCode);
    const wanted = analysed && options.filter !== undefined ? select(analysed.facts, analysed.histories) : undefined;
    const input = await openInput(path, options, interrupt.signal);
    try {
      const view = viewFor(options, writer, wanted);
      await read(input, view, analysed?.facts, options, interrupt.signal, writer);
      view.end(writer);
      await writer.end();
      tellHow(input, view, options);
    } finally {
      input.close();
    }
    if (interrupt.exitCode !== 0 && options.interface === undefined) exitWith(interrupt.exitCode);
  } finally {
    progress.end();
    interrupt.end();
  }
}

/** The first reading, of what can be read again; undefined for a stream. */
async function analyse(path: string | undefined, options: DecodeOptions, hooks: Parameters<typeof gatherSources>[2]) {
  if (path === undefined || !isFile(path)) {
    if (options.filter === undefined) return undefined;
    throw new UserError(
      '--filter needs a file: whether a request matches is known only when it has ended',
      'write the capture to a file first',
    );
  }
  const gathering = await gatherSources([path], options, hooks);
  if (gathering.failures.length > 0) throw gathering.failures[0];
  if (gathering.captures.length === 0) {
    throw new UserError(
      `cannot decode ${path}: it is text, without the bytes of the packets`,
      'captures are pcap or pcapng files; write one with tcpdump -w',
    );
  }
  return { facts: gatherFacts(gathering.gathered()), histories: gathering.pipeline.tracker.histories };
}

function isFile(path: string): boolean {
  // What is not there, or cannot be read, is told by the reading.
  return path !== '-' && (statSync(path, { throwIfNoEntry: false })?.isFile() ?? true);
}

async function openInput(path: string | undefined, options: DecodeOptions, signal: AbortSignal): Promise<CaptureInput> {
  if (path === undefined) {
    const ports = namedListeners(options).map(({ port }) => `tcp port ${port}`);
    const live = await openInterface(options.interface!, { filter: ports.join(' or ') || 'tcp' });
    signal.addEventListener('abort', () => live.close(), { once: true });
    return live;
  }
  const input = await openCapture(path, { reader: options.reader ?? 'auto' });
  if (input.kind === 'capture') return input;
  input.close();
  throw new UserError(
    'cannot decode text: it is without the bytes of the packets',
    'captures are pcap or pcapng files; write one with tcpdump -w',
  );
}

/** Milliseconds of reading before signals get their turn. */
const TURN = 50;

async function read(
  input: CaptureInput,
  view: DecodeView,
  known: Facts | undefined,
  options: DecodeOptions,
  signal: AbortSignal,
  writer: ChunkWriter,
): Promise<void> {
  const pipeline = new RecordPipeline(view, { named: namedListeners(options), range: rangeOf(options), known });
  view.begin(pipeline);
  const { reader } = input;
  const frame = new Frame();
  let last = plainClock.now();
  while (!view.done && !writer.closed && !signal.aborted) {
    const code = reader.next(frame);
    if (code === FRAME) {
      pipeline.frame(frame);
      continue;
    }
    if (code === END) break;
    pipeline.severalInterfaces = reader.interfaceCount > 1;
    await writer.flush();
    const filled = input.fill();
    if (typeof filled !== 'boolean') await filled;
    pipeline.severalInterfaces = reader.interfaceCount > 1;
    if (plainClock.now() - last < TURN) continue;
    last = plainClock.now();
    await new Promise((resolve) => setImmediate(resolve));
  }
  pipeline.finish();
}

function tellHow(input: CaptureInput, view: DecodeView, options: DecodeOptions): void {
  // Somebody who stopped after some records did not ask how the rest is.
  if (view.done) return;
  const { incomplete, problems, name } = input.describe();
  if (incomplete) {
    for (const { detail } of problems) if (options.quiet !== true) complain(`${name}: ${detail}`);
    exitWith(EXIT_INPUT);
  }
  const nothing = view.nothing();
  if (nothing !== undefined) complain(nothing);
}
