// What the demo application answers: decided from the request's path and query over what was told for all requests.
import type { RequestTarget } from './request-target.js';

export type AnswerKind = 'page' | 'hello' | 'echo' | 'stream';

export interface Answer {
  /** `page` names the request; `hello` is six bytes; `echo` gives the body back; `stream` is `bytes` bytes long. */
  readonly kind: AnswerKind;
  /** HTTP status. */
  readonly status: number;
  /** Milliseconds before anything is written. */
  readonly sleep: number;
  /** Written to STDERR before the answer; '' for nothing. */
  readonly stderr: string;
  /** appStatus. */
  readonly exit: number;
  /** Of `stream`. */
  readonly bytes: number;
  /** Bytes written at a time, and milliseconds between two such pieces. */
  readonly chunk: number;
  readonly delay: number;
}

export const DEFAULT_ANSWER: Answer = {
  kind: 'page',
  status: 200,
  sleep: 0,
  stderr: '',
  exit: 0,
  bytes: 1_000_000,
  chunk: 65_536,
  delay: 0,
};

/** A path of the demo application, for help and documentation. */
export interface DemoPath {
  readonly path: string;
  readonly answer: string;
}

export const DEMO_PATHS: readonly DemoPath[] = [
  { path: '/hello', answer: 'six bytes, hello and a line break' },
  { path: '/echo', answer: 'the body of the request' },
  { path: '/status/503', answer: 'a page with this status' },
  { path: '/sleep?ms=200', answer: 'a page after so many milliseconds' },
  { path: '/stream?bytes=N', answer: 'a body of N bytes; &chunk=N at a time, &delay=MS between' },
  { path: '/stderr?text=T', answer: 'a page, with the text on STDERR' },
  { path: '/exit/7', answer: 'a page, with this appStatus' },
];

const LONGEST_SLEEP = 3_600_000;
const LARGEST_CHUNK = 1 << 24;

/**
 * The answer to a request. The last parts of the path choose, so that the application may be mounted anywhere; `ms`,
 * `status`, `text`, `exit`, `bytes`, `chunk` and `delay` of the query count with every path. What makes no sense is
 * passed over.
 */
export function answerTo({ path, query }: RequestTarget, base: Answer): Answer {
  const match = /\/(hello|echo|status|sleep|stream|stderr|exit)(?:\/([^/]*))?\/?$/.exec(path);
  const word = match?.[1];
  const values = new URLSearchParams(query);
  const given = (name: string, least: number, most: number): number | undefined => {
    const text =
      word === name || (word === 'sleep' && name === 'ms') ? (match?.[2] ?? values.get(name)) : values.get(name);
    if (text === null || text === undefined || !/^\d{1,15}$/.test(text)) return undefined;
    const value = Number(text);
    return value >= least && value <= most ? value : undefined;
  };
  const kind: AnswerKind = word === 'hello' || word === 'echo' || word === 'stream' ? word : base.kind;
  return {
    kind,
    status: given('status', 100, 599) ?? base.status,
    sleep: given('ms', 0, LONGEST_SLEEP) ?? base.sleep,
    stderr: values.get('text') ?? (word === 'stderr' ? 'asked for text on STDERR' : base.stderr),
    exit: given('exit', 0, 0xffffffff) ?? base.exit,
    bytes: given('bytes', 0, Number.MAX_SAFE_INTEGER) ?? base.bytes,
    chunk: given('chunk', 1, LARGEST_CHUNK) ?? base.chunk,
    delay: given('delay', 0, LONGEST_SLEEP) ?? base.delay,
  };
}
