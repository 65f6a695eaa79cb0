// One line of lighttpd's error log: `2026-11-21 01:31:57: (gw_backend.c.263) got proc: pid: 10 socket: unix:/a load: 1`.
// Up to 1.4.45 the same messages come from mod_fastcgi.c; the wording differs a little from version to version.
import { isLogTime, type LogTime } from './log-time.js';

export type LighttpdEventKind =
  /** A connection to the application was established; `load` counts it. */
  | 'got'
  /** A connection was given back; `load` is what is left. */
  | 'released'
  /** The application closed before the response was complete. */
  | 'end-of-file'
  /** ... and nothing of a response had come. */
  | 'response-not-received'
  /** ... and a part of the response had been sent on to the client. */
  | 'response-cut'
  | 'write-failed'
  | 'connect-failed'
  | 'backend-overloaded'
  | 'all-handlers-down'
  | 're-enabled'
  | 'timeout'
  | 'spawned'
  | 'child-exited'
  | 'child-signalled'
  | 'server-started'
  | 'other';

export interface LighttpdEvent {
  /** Whole seconds, in the zone of the host that wrote the log. */
  readonly time: LogTime;
  readonly kind: LighttpdEventKind;
  /** Source file of lighttpd that wrote the line: `gw_backend.c`, `mod_fastcgi.c`, ... */
  readonly source: string;
  /** Undefined where the line names none; 0 is a process that lighttpd did not start. */
  readonly pid: number | undefined;
  /** `unix:/path` or `tcp:host:port`; empty where the line names none. */
  readonly socket: string;
  /** As printed; a counter that was decremented below 0 is negative, also where it is printed unsigned. */
  readonly load: number | undefined;
  /** The message without time and source, at most 1,024 characters. */
  readonly text: string;
  /** Line number in the log, from 1. */
  readonly line: number;
}

const MAX_TEXT = 1024;
const HEAD =
  /^[\s>|]{0,16}(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(?:\.\d{1,9})?: (?:\[\w{1,16}\] )?\(([\w.+-]{1,64}\.c)\.\d{1,6}\) ?/;

/** Words that tell a message's kind; the first that is found decides. */
const KINDS: readonly (readonly [string, LighttpdEventKind])[] = [
  ['got proc:', 'got'],
  ['released proc:', 'released'],
  ['unexpected end-of-file', 'end-of-file'],
  ['response not received', 'response-not-received'],
  ['response already sent out', 'response-cut'],
  ['establishing connection failed', 'connect-failed'],
  ['connect failed', 'connect-failed'],
  ['write failed', 'write-failed'],
  ['connection was dropped after accept()', 'write-failed'],
  ["we'll disable", 'backend-overloaded'],
  ['is overloaded', 'backend-overloaded'],
  ['all handlers for', 'all-handlers-down'],
  ['re-enabled', 're-enabled'],
  ['read timeout on socket', 'timeout'],
  ['write timeout on socket', 'timeout'],
  ['new proc, socket:', 'spawned'],
  ['child exited', 'child-exited'],
  ['child signalled', 'child-signalled'],
  ['server started', 'server-started'],
];

/** The event of a whole line, or undefined where it is no line of lighttpd's error log. */
export function parseLighttpdLine(text: string, line = 1): LighttpdEvent | undefined {
  const head = HEAD.exec(text);
  if (head === null) return undefined;
  const [year, month, day, hour, minute, second] = head.slice(1, 7).map(Number);
  const time = { year, month, day, hour, minute, second };
  if (!isLogTime(time)) return undefined;
  const message = text.slice(head[0].length, head[0].length + MAX_TEXT).trim();
  const kind = kindOf(message);
  return {
    time,
    kind,
    source: head[7],
    pid: pidOf(message),
    socket: socketOf(message, kind),
    load: loadOf(message),
    text: message,
    line,
  };
}

/** Whether a line of lighttpd's error log begins here: a wrapped one has only its head. */
export function startsLighttpdLine(text: string): boolean {
  return HEAD.test(text);
}

function kindOf(message: string): LighttpdEventKind {
  for (const [words, kind] of KINDS) if (message.includes(words)) return kind;
  return 'other';
}

function pidOf(message: string): number | undefined {
  const match = /\bpid: ?(\d{1,10})\b/.exec(message);
  return match === null ? undefined : Number(match[1]);
}

function loadOf(message: string): number | undefined {
  const match = /\bload: ?(-?\d{1,20})\b/.exec(message);
  if (match === null) return undefined;
  const value = BigInt(match[1]);
  // Printed unsigned (%u, %zu) by some versions: -1 comes out as 2^32 - 1 or 2^64 - 1.
  if (value > 0xffffffffn) return Number(BigInt.asIntN(64, value));
  return value > 0x7fffffffn ? Number(BigInt.asIntN(32, value)) : Number(value);
}

function socketOf(message: string, kind: LighttpdEventKind): string {
  if (kind === 'child-exited') return word(/child exited: \d+ (\S+)/, message);
  if (kind === 're-enabled') return word(/re-enabled: {0,4}(\S+)/, message);
  const label = message.indexOf('socket:');
  if (label === -1) return word(/ on ((?:unix|tcp):\S+)/, message);
  const rest = message.slice(label + 'socket:'.length).trimStart();
  const end = / load:| for |, | \(|: [A-Z]|$/.exec(rest);
  const socket = rest.slice(0, end === null ? rest.length : end.index);
  return /^(?:unix|tcp):/.test(socket) ? socket : '';
}

function word(pattern: RegExp, message: string): string {
  return pattern.exec(message)?.[1] ?? '';
}
