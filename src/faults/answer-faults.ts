// What faults make of an application's answer, record by record: pure, so that a relay and a server can do it alike.
import { END_REQUEST, protocolStatusName, STDERR, STDOUT } from '../fastcgi/constants.js';
import { endRequest } from '../fastcgi/encode.js';
import { numberOf, optionalNumberOf, wordOf } from './fault.js';
import type { FaultSchedule } from './fault-schedule.js';
import { garbageBytes } from './garbage.js';
import { HeadScanner } from './head-scanner.js';

/** A record of the answer on its way to the web server. */
export interface AnswerRecord {
  readonly type: number;
  readonly requestId: number;
  readonly content: Uint8Array;
  /** 0..255 */
  readonly paddingLength: number;
  /** Default 1. */
  readonly version?: number;
}

/** What is sent in place of a record: records, bytes as they are, or an end of the connection at this place. */
export type AnswerPiece = AnswerRecord | Uint8Array | 'close' | 'reset';

/** What one fault makes of one record; undefined: nothing. */
type Step = (record: AnswerRecord) => readonly AnswerPiece[] | undefined;

const LARGEST = 65_528;
const TYPES: Readonly<Record<string, number>> = { stdout: STDOUT, stderr: STDERR, end_request: END_REQUEST };

/** The faults of one request, in the order they were given. */
export class AnswerFaults {
  private readonly steps: readonly Step[];

  /** Those that do nothing to records are passed over. */
  constructor(faults: readonly FaultSchedule[]) {
    this.steps = faults.map(stepOf).filter((step) => step !== undefined);
  }

  get any(): boolean {
    return this.steps.length > 0;
  }

  /** What is sent in place of the record; undefined: the record. To be called with every record, in order. */
  alter(record: AnswerRecord): readonly AnswerPiece[] | undefined {
    let pieces: readonly AnswerPiece[] = [record];
    for (const step of this.steps) {
      pieces = pieces.flatMap((piece) => (isRecord(piece) ? (step(piece) ?? [piece]) : [piece]));
    }
    return pieces.length === 1 && pieces[0] === record ? undefined : pieces;
  }
}

/** Whether a request with this fault is not served at all. */
export function refusesRequest(schedule: FaultSchedule): boolean {
  return schedule.fault.kind.name === 'end_status';
}

function isRecord(piece: AnswerPiece): piece is AnswerRecord {
  return typeof piece === 'object' && !(piece instanceof Uint8Array);
}

function stepOf(schedule: FaultSchedule): Step | undefined {
  const { fault, random } = schedule;
  switch (fault.kind.name) {
    case 'drop_end_request':
      return (record) => (record.type === END_REQUEST ? [] : undefined);
    case 'double_end_request':
      return (record) => (record.type === END_REQUEST ? [record, record] : undefined);
    case 'data_after_end': {
      const content = new Uint8Array(numberOf(fault, 'bytes')).fill(0x2e);
      return (record) => (record.type === END_REQUEST ? [record, { ...record, type: STDOUT, content }] : undefined);
    }
    case 'end_status': {
      const status = protocolStatus(wordOf(fault, 'status'));
      return (record) => {
        if (record.type !== END_REQUEST) return [];
        return [{ ...record, content: endRequest(record.requestId, 0, status).subarray(8, 16) }];
      };
    }
    case 'app_status': {
      const status = numberOf(fault, 'status');
      return (record) => {
        if (record.type !== END_REQUEST || record.content.length < 8) return undefined;
        return [{ ...record, content: endRequest(record.requestId, status, record.content[4]).subarray(8, 16) }];
      };
    }
    case 'bad_version': {
      const version = numberOf(fault, 'version');
      return atFirst(wordOf(fault, 'on'), (record) => [{ ...record, version }]);
    }
    case 'bad_type': {
      const type = numberOf(fault, 'type');
      return atFirst(wordOf(fault, 'on'), (record) => [{ ...record, type, content: new Uint8Array(8) }, record]);
    }
    case 'bad_id': {
      const id = optionalNumberOf(fault, 'id');
      return atFirst(wordOf(fault, 'on'), (record) => [
        { ...record, requestId: id ?? ((record.requestId + 256) & 0xffff || 1) },
      ]);
    }
    case 'id': {
      const requestId = numberOf(fault, 'id');
      return (record) => [{ ...record, requestId }];
    }
    case 'garbage': {
      const bytes = garbageBytes(wordOf(fault, 'garbage'), numberOf(fault, 'bytes'), random);
      return atFirst(wordOf(fault, 'on'), (record) => [bytes, record]);
    }
    case 'header_bytes':
      return longHeader(numberOf(fault, 'bytes'));
    case 'stderr_bytes':
      return stderrFirst(numberOf(fault, 'bytes'));
    case 'padding': {
      const paddingLength = numberOf(fault, 'padding');
      return (record) => [{ ...record, paddingLength }];
    }
    case 'close_before_headers':
      return closeInHead(numberOf(fault, 'bytes'), ending(wordOf(fault, 'how')));
    case 'close_mid_body': {
      const how = ending(wordOf(fault, 'how'));
      return closeInBody(optionalNumberOf(fault, 'bytes'), how, wordOf(fault, 'cut') === 'record');
    }
    case 'ignore_keep_conn':
      return (record) => (record.type === END_REQUEST ? [record, 'close'] : undefined);
    default:
      return undefined;
  }
}

/** Only the first record of that type; STDOUT's is the first that has content. */
function atFirst(on: string, change: Step): Step {
  const type = TYPES[on];
  let done = false;
  return (record) => {
    if (done || record.type !== type || (type === STDOUT && record.content.length === 0)) return undefined;
    done = true;
    return change(record);
  };
}

function longHeader(bytes: number): Step {
  const line = `X-Fcgi-Inspect: `.padEnd(bytes - 2, 'x').concat('\r\n');
  const content = new TextEncoder().encode(line);
  return atFirst('stdout', (record) => [...inRecords(record, content), record]);
}

function stderrFirst(bytes: number): Step {
  const content = new Uint8Array(bytes).fill(0x65); // e
  for (let at = 79; at < bytes; at += 80) content[at] = 0x0a;
  content[bytes - 1] = 0x0a;
  let done = false;
  return (record) => {
    if (done || (record.type !== STDOUT && record.type !== END_REQUEST)) return undefined;
    done = true;
    return [...inRecords({ ...record, type: STDERR }, content), record];
  };
}

function closeInHead(bytes: number, how: 'close' | 'reset'): Step {
  const head = new HeadScanner();
  let sent = 0;
  return (record) => {
    if (bytes === 0 || record.type === END_REQUEST) return [how];
    if (record.type !== STDOUT || record.content.length === 0) return undefined;
    const { content } = record;
    const end = head.push(content);
    // One byte before the head is complete it is not.
    const most = Math.min(bytes - sent, end === -1 ? content.length : end - 1);
    sent += most;
    if (sent < bytes && end === -1) return undefined;
    const part = { ...record, content: content.subarray(0, most) };
    return most > 0 ? [part, how] : [how];
  };
}

function closeInBody(bytes: number | undefined, how: 'close' | 'reset', insideRecord: boolean): Step {
  const head = new HeadScanner();
  let wanted = bytes;
  let sent = 0;
  return (record) => {
    if (record.type !== STDOUT || record.content.length === 0) return undefined;
    const { content } = record;
    const start = head.complete ? 0 : head.push(content);
    if (start === -1) return undefined;
    const here = content.length - start;
    if (here > 0) wanted ??= Math.max(1, Math.floor(here / 2));
    if (wanted === undefined || sent + here < wanted) {
      sent += here;
      return undefined;
    }
    const kept = content.subarray(0, start + wanted - sent);
    if (!insideRecord) return kept.length > 0 ? [{ ...record, content: kept }, how] : [how];
    return [cutRecord(record, kept), how];
  };
}

/** The record's header as it should be, and too little of its content. */
function cutRecord({ type, requestId, content, version = 1 }: AnswerRecord, kept: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(8 + kept.length);
  const length = Math.max(content.length, kept.length + 1);
  bytes.set([version, type, requestId >>> 8, requestId & 255, length >>> 8, length & 255, 0, 0]);
  bytes.set(kept, 8);
  return bytes;
}

function inRecords(like: AnswerRecord, content: Uint8Array): AnswerRecord[] {
  const records: AnswerRecord[] = [];
  for (let at = 0; at < content.length; at += LARGEST) {
    records.push({ ...like, content: content.subarray(at, at + LARGEST) });
  }
  return records;
}

function ending(how: string): 'close' | 'reset' {
  return how === 'rst' ? 'reset' : 'close';
}

/** The number of a status; `CANT_MPX` is short for CANT_MPX_CONN. */
function protocolStatus(name: string): number {
  for (let status = 1; status <= 3; status++) if (protocolStatusName(status).startsWith(name)) return status;
  throw new Error(`no protocol status ${name}`);
}
