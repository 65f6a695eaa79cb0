// A case in files: events.jsonl, web-server.bin and application.bin, and at the end case.json. Written in one pass and read
// from start to end, so that a case of any size takes little memory. A case that nobody asked to keep has no names: its
// files are removed as soon as they are open, and whatever ends the program leaves nothing behind.
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmdirSync,
  statSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../model/errors.js';
import type { Side } from '../model/side.js';
import { eventLine, headerText, MOST_LINE, parseEventLine, parseHeader } from '../replay/case-lines.js';
import type { CaseSink } from '../replay/case-maker.js';
import type { CaseEvent, CaseHeader } from '../replay/event.js';

export const HEADER_FILE = 'case.json';
/** The JSON report of what the case was made from, so that a run can be compared with it. */
export const REPORT_FILE = 'report.json';
const EVENTS_FILE = 'events.jsonl';
const BYTES_FILES = ['web-server.bin', 'application.bin'] as const;
const BLOCK = 65_536;

/** A case that can be played. */
export interface OpenCase {
  readonly header: CaseHeader;
  /** From the first on; may be asked for several times, one after the other. */
  events(): Generator<CaseEvent>;
  /** Bytes of a side's file: a copy. */
  read(side: Side, from: number, length: number): Uint8Array;
  close(): void;
}

export class CaseWriter implements CaseSink {
  events = 0;
  private duration = 0;
  private readonly files: readonly [Output, Output];
  private readonly lines: Output;

  /**
   * @param folder undefined for files without names; a folder is made, and must be empty
   * @throws UserError when nothing can be written there
   */
  constructor(private readonly folder: string | undefined) {
    try {
      const made = folder ?? mkdtempSync(join(tmpdir(), 'fcgi-inspect-case-'));
      if (folder !== undefined) {
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        if (readdirSync(folder).length > 0) throw new UserError(`${folder} is not empty`, 'name a new folder');
      }
      const open = (name: string) => new Output(join(made, name), folder === undefined);
      this.lines = open(EVENTS_FILE);
      this.files = [open(BYTES_FILES[0]), open(BYTES_FILES[1])];
      if (folder === undefined) rmdirSync(made);
    } catch (error) {
      if (error instanceof UserError) throw error;
      throw new UserError(`cannot write the case: ${(error as Error).message}`);
    }
  }

  event(event: CaseEvent): void {
    this.events++;
    this.duration = Math.max(this.duration, event.time);
    this.lines.write(Buffer.from(eventLine(event)));
  }

  bytes(side: Side, bytes: Uint8Array): void {
    this.files[side].write(bytes);
  }

  /** All is written: the case, to be read. `header` lacks what the writer knows. */
  finish(header: Omit<CaseHeader, 'events' | 'duration'>): OpenCase {
    for (const file of [this.lines, ...this.files]) file.flush();
    const whole: CaseHeader = { ...header, events: this.events, duration: this.duration };
    if (this.folder !== undefined) writeFileSync(join(this.folder, HEADER_FILE), headerText(whole), { mode: 0o600 });
    return openFiles(whole, this.lines.descriptor, [this.files[0].descriptor, this.files[1].descriptor]);
  }

  /** Without a case. */
  abandon(): void {
    for (const file of [this.lines, ...this.files]) closeSync(file.descriptor);
  }
}

/** A file that is written block by block. */
class Output {
  readonly descriptor: number;
  private readonly buffer = Buffer.allocUnsafe(BLOCK);
  private used = 0;

  constructor(path: string, nameless: boolean) {
    this.descriptor = openSync(path, 'wx+', 0o600);
    if (nameless) unlinkSync(path);
  }

  write(bytes: Uint8Array): void {
    if (this.used + bytes.length > BLOCK) this.flush();
    if (bytes.length > BLOCK) this.all(bytes);
    else {
      this.buffer.set(bytes, this.used);
      this.used += bytes.length;
    }
  }

  flush(): void {
    this.all(this.buffer.subarray(0, this.used));
    this.used = 0;
  }

  private all(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) at += writeSync(this.descriptor, bytes, at, bytes.length - at);
  }
}

/** Whether a path is a case's folder. */
export function isCase(path: string): boolean {
  return path !== '-' && existsSync(join(path, HEADER_FILE));
}

/** @throws UserError when it is none, or a part of it is missing */
export function openCase(folder: string): OpenCase {
  const opened: number[] = [];
  try {
    const header = parseHeader(readFileSync(join(folder, HEADER_FILE), 'utf8'), folder);
    for (const [index, name] of [EVENTS_FILE, ...BYTES_FILES].entries()) {
      opened.push(openSync(join(folder, name), 'r'));
      const least = index === 0 ? 0 : header.bytes[index - 1];
      if (statSync(join(folder, name)).size < least)
        throw new UserError(`${folder} is damaged: ${name} is shorter than case.json says`);
    }
    return openFiles(header, opened[0], [opened[1], opened[2]]);
  } catch (error) {
    for (const descriptor of opened) closeSync(descriptor);
    if (error instanceof UserError) throw error;
    throw new UserError(`cannot read the case ${folder}: ${(error as Error).message}`);
  }
}

function openFiles(header: CaseHeader, events: number, bytes: readonly [number, number]): OpenCase {
  return {
    header,
    events: () => checkedEvents(header, readEvents(events)),
    read(side, from, length) {
      const copy = Buffer.allocUnsafe(length);
      for (let at = 0; at < length; ) {
        const some = readSync(bytes[side], copy, at, length - at, from + at);
        if (some === 0)
          throw new UserError(`${BYTES_FILES[side]} ends before byte ${from + length}`, 'the case is damaged');
        at += some;
      }
      return copy;
    },
    close() {
      for (const descriptor of [events, ...bytes]) closeSync(descriptor);
    },
  };
}

/** @throws UserError for an event of a listener that the header has not */
function* checkedEvents({ listeners }: CaseHeader, events: Iterable<CaseEvent>): Generator<CaseEvent> {
  for (const event of events) {
    if ('listener' in event && event.listener >= listeners.length)
      throw new UserError(`events.jsonl: there is no listener ${event.listener}`, 'the case is damaged');
    yield event;
  }
}

function* readEvents(descriptor: number): Generator<CaseEvent> {
  const block = Buffer.allocUnsafe(BLOCK);
  let left = '';
  let number = 0;
  for (let position = 0; ; ) {
    const some = readSync(descriptor, block, 0, BLOCK, position);
    if (some === 0) break;
    position += some;
    // Our lines are ASCII; anything else fails as JSON or is thrown away.
    const lines = (left + block.toString('latin1', 0, some)).split('\n');
    left = lines.pop() ?? '';
    for (const line of lines) yield parseEventLine(line, ++number);
    if (left.length > MOST_LINE)
      throw new UserError(`events.jsonl, line ${number + 1}: longer than an event`, 'the case is damaged');
  }
  if (left.trim() !== '') yield parseEventLine(left, number + 1);
}
