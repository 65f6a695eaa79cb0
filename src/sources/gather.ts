// Reads the inputs of one analysis - captures, tcpdump text, server logs - and runs them through the pipeline. What
// can't be read is told by name; the rest of the work is done.

import { CHECKS } from '../analysis/checks/index.js';
import { conclude, type Gathered } from '../analysis/conclude.js';
import { applyNotes, parseNotes } from '../analysis/live/tap-notes.js';
import { Pipeline, type PipelineOptions } from '../analysis/pipeline.js';
import { Practice } from '../analysis/practice.js';
import type { InputFile, Snapshot } from '../analysis/snapshot.js';
import { END, FRAME, type FrameReader, type ReadCode } from '../capture/frame-reader.js';
import type { ProcessLoad } from '../logs/process-load.js';
import { UserError } from '../model/errors.js';
import { Frame } from '../model/frame.js';
import type { CaptureProblem } from '../model/problem.js';
import { type CaptureInput, type CaptureOptions, openCapture, type TextInput } from './capture-file.js';
import { MergedReader } from './capture-merge.js';
import { type Clock, plainClock } from './clock.js';
import { PlaceIndex } from './place-index.js';
import { STOPPED, Stopping } from './stopping.js';
import { type LogTimes, readTextInput, type TextResult } from './text-input.js';

export interface GatherOptions extends PipelineOptions {
  readonly reader?: CaptureOptions['reader'];
  /** How the times of logs without a zone are to be understood. */
  readonly logTimes: LogTimes;
  /** Called between blocks: of files a few times a second at most, of streams before each wait for more. */
  readonly onProgress?: (progress: Progress) => void;
  /** Milliseconds of reading between two calls of `onProgress`, in which nothing else gets its turn; default 50. */
  readonly turn?: number;
  /** Called when the inputs are open, before anything of captures is read. */
  readonly onOpened?: (gathering: Gathering) => void;
  /** Asked before each block: while the promise waits, nothing is added to what was gathered. */
  readonly hold?: () => Promise<unknown> | undefined;
  /** Stops reading; what was read is analysed. */
  readonly signal?: AbortSignal;
  readonly clock?: Clock;
  /** Inputs that are already open (a live capture, standard input whose beginning was looked at). */
  readonly opened?: readonly (CaptureInput | TextInput)[];
}

export interface Progress {
  readonly bytes: number;
  /** Where it is known. */
  readonly size: number | undefined;
  readonly packets: number;
}

/** What was read: `snapshot()` may be asked at any time, also while reading goes on. */
export class Gathering {
  pipeline!: Pipeline;
  /** Inputs that could not be read, and why. */
  readonly failures: UserError[] = [];
  /** Some input could not be read completely. */
  incomplete = false;
  /** The signal ended the reading before the inputs had ended. */
  interrupted = false;
  readonly captures: CaptureInput[] = [];
  readonly texts: TextResult[] = [];
  /** Where in the capture which time is, for reading parts of it again; undefined where its parts cannot be read alone. */
  places: PlaceIndex | undefined;

  snapshot(): Snapshot {
    return conclude(this.gathered());
  }

  gathered(): Gathered {
    const descriptions = this.captures.map((input) => input.describe());
    const several = this.captures.length + this.texts.length > 1;
    const files: InputFile[] = [...descriptions, ...this.texts.map((text) => text.file)].map(
      ({ name, format, compression, linkTypes, packets, bytes, cut }) => ({
        name,
        format,
        compression,
        linkTypes,
        packets,
        bytes,
        cut,
      }),
    );
    const problems: CaptureProblem[] = [...descriptions, ...this.texts].flatMap((input) =>
      input.problems.map((problem) =>
        several ? { ...problem, file: problem.file ?? ('name' in input ? input.name : input.file.name) } : problem,
      ),
    );
    const processes: ProcessLoad[] = this.texts.flatMap((text) => text.processes);
    return { pipeline: this.pipeline, files, problems, processes, checks: CHECKS };
  }
}

const PROGRESS_INTERVAL = 50;

/** Reads everything. Resolves when the inputs have ended or the signal came. */
export async function gather(paths: readonly string[], options: GatherOptions): Promise<Gathering> {
  const gathering = new Gathering();
  const opened: (CaptureInput | TextInput)[] = [...(options.opened ?? [])];
  const grace = Math.max(0, ...(options.opened ?? []).map((input) => ('grace' in input ? (input.grace ?? 0) : 0)));
  const stopping = new Stopping(options.signal, grace);
  for (const path of paths) {
    try {
      const input = await stopping.race(
        openCapture(path, { reader: options.reader ?? 'auto', signal: stopping.overSignal }),
      );
      if (input === STOPPED) {
        gathering.interrupted = true;
        break;
      }
      opened.push(input);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      gathering.failures.push(error);
    }
  }
  gathering.captures.push(...opened.filter((input) => input.kind === 'capture'));
  const textInputs = opened.filter((input) => input.kind === 'text');
  const dumps: TextResult[] = [];
  for (const input of textInputs) {
    try {
      const result = await readTextInput(input, options.logTimes);
      gathering.texts.push(result);
      if (result.dump) dumps.push(result);
      if (result.file.cut) gathering.incomplete = true;
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      gathering.failures.push(error);
    } finally {
      input.close();
    }
  }
  if (dumps.length > 0 && gathering.captures.length > 0) {
    throw new UserError(
      'text printed by tcpdump and captures cannot be read as one input',
      'give them to two commands',
    );
  }
  gathering.pipeline = new Pipeline({ ...options, withoutPayload: dumps.length > 0 });
  for (const dump of dumps) dump.dump!(gathering.pipeline);
  options.onOpened?.(gathering);
  try {
    if (gathering.captures.length > 0) await readCaptures(gathering, options, stopping);
  } finally {
    for (const input of gathering.captures) input.close();
    stopping.end();
  }
  for (const { reader } of gathering.captures) {
    for (const comment of reader.tapComments ?? []) {
      const notes = parseNotes(comment);
      if (notes !== undefined) applyNotes(gathering.pipeline, notes);
    }
  }
  gathering.pipeline.finish();
  if (gathering.captures.length === 0 && dumps.length === 0) timesOfLogs(gathering);
  if (gathering.captures.some((input) => input.describe().incomplete)) gathering.incomplete = true;
  return gathering;
}

/** Logs alone: the input lasts from their first event to their last. */
function timesOfLogs(gathering: Gathering): void {
  const processes = gathering.texts.flatMap((text) => text.processes);
  if (processes.length === 0) return;
  const first = Math.min(...processes.map((process) => process.firstTime));
  const last = Math.max(...processes.map((process) => process.lastTime));
  gathering.pipeline.origin = { seconds: first, nanoseconds: 0 };
  gathering.pipeline.lastTime = (last - first) * 1e9;
}

async function readCaptures(gathering: Gathering, options: GatherOptions, stopping: Stopping): Promise<void> {
  const { pipeline, captures } = gathering;
  const clock = options.clock ?? plainClock;
  const source = captures.length === 1 ? captures[0] : new MergedReader(captures);
  const reader = 'reader' in source ? source.reader : source;
  const live = captures.some((input) => input.size === undefined);
  reserve(pipeline, captures);
  const places = captures.length === 1 ? captures[0].places : undefined;
  if (places) gathering.places = new PlaceIndex();
  const frame = new Frame();
  const turn = options.turn ?? PROGRESS_INTERVAL;
  const practice = new Practice();
  let last = clock.now();
  for (;;) {
    const code = readFrames(reader, frame, pipeline);
    // All was read, also where the signal came first: Ctrl-C ends a whole pipeline.
    if (code === END) return;
    if (places) notePlace(gathering, places.position);
    const filled = source.fill();
    if (typeof filled !== 'boolean') {
      // Nothing may come for long: who looks on wants to know of what came before.
      options.onProgress?.(progressOf(captures, pipeline));
      if ((await stopping.race(filled)) === STOPPED) break;
    }
    practice.turn(pipeline);
    const held = options.hold?.();
    if (held) await held;
    pipeline.severalInterfaces = reader.interfaceCount > 1;
    const now = clock.now();
    if (now - last < turn) continue;
    options.onProgress?.(progressOf(captures, pipeline));
    // Signals and other work get their turn between blocks.
    await new Promise((resolve) => setImmediate(resolve));
    last = clock.now();
    if (stopping.overSignal.aborted || (stopping.asked && !live)) break;
  }
  gathering.interrupted = true;
}

/** What is there already. A function of its own: one that is called often is machine code sooner than one that runs long. */
function readFrames(
  reader: Pick<FrameReader, 'next'>,
  frame: Frame,
  pipeline: Pipeline,
): Exclude<ReadCode, typeof FRAME> {
  for (;;) {
    const code = reader.next(frame);
    if (code !== FRAME) return code;
    pipeline.frame(frame);
  }
}

function notePlace({ places, pipeline, captures }: Gathering, position: number): void {
  if (!places || !pipeline.origin) return;
  places.origin = pipeline.origin;
  // Frames that are no TCP are counted by the reader alone.
  places.note(position, captures[0].reader.packets, pipeline.lastTime);
}

/** Room for the rows a file of this size may hold, so that the tables are not copied while they grow. */
function reserve(pipeline: Pipeline, captures: readonly CaptureInput[]): void {
  let bytes = 0;
  for (const input of captures) bytes += (input.size ?? 0) * (input.compression ? 8 : 1);
  // A connection with its handshake, a request and its close is hardly below 1,200 bytes of capture.
  const rows = Math.min(4_000_000, Math.ceil(bytes / 1200));
  if (rows < 10_000) return;
  pipeline.tracker.reserve(rows);
  pipeline.session.conversations.reserve(rows);
  // A kept connection carries requests without handshakes.
  pipeline.session.log.requests.reserve(Math.min(8_000_000, Math.ceil(bytes / 700)));
}

function progressOf(captures: readonly CaptureInput[], pipeline: Pipeline): Progress {
  let bytes = 0;
  let size: number | undefined = 0;
  for (const input of captures) {
    bytes += input.bytesRead;
    size = size === undefined || input.size === undefined ? undefined : size + input.size;
  }
  return { bytes, size, packets: pipeline.packets };
}
