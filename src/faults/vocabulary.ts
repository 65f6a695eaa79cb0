// Every fault there is: the one table from which the command line, its help and the documentation are made. Names and
// attributes of the first group are toxiproxy's.
import type { FaultKind, FaultParameter } from './fault.js';

const EVERYWHERE = ['tap', 'server', 'client'] as const;
const ANSWER = ['tap', 'server'] as const;
const SERVER = ['server'] as const;
const CLIENT = ['client'] as const;

const HOW: FaultParameter = {
  name: 'how',
  type: 'word',
  words: ['fin', 'rst'],
  fallback: 'fin',
  meaning: 'closed properly, or reset',
};
const ON: FaultParameter = {
  name: 'on',
  type: 'word',
  words: ['stdout', 'stderr', 'end_request'],
  fallback: 'stdout',
  meaning: 'the first record of this type',
};
const EIGHT_BITS = { least: 0, most: 255 } as const;

export const FAULTS = [
  {
    name: 'latency',
    at: EVERYWHERE,
    unit: 'request',
    effect: 'Every byte is delayed; their order stays.',
    streams: true,
    parameters: [
      { name: 'latency', type: 'duration', meaning: 'the delay' },
      { name: 'jitter', type: 'duration', fallback: 0, meaning: 'at most so much more or less, at random' },
    ],
    findings: ['slow-application'],
  },
  {
    name: 'bandwidth',
    at: EVERYWHERE,
    unit: 'request',
    effect: 'No more than so many bytes pass in a second.',
    streams: true,
    parameters: [{ name: 'rate', type: 'rate', least: 1, meaning: 'bytes a second' }],
    findings: ['slow-application', 'slow-upload'],
  },
  {
    name: 'slicer',
    at: EVERYWHERE,
    unit: 'request',
    effect: 'Bytes arrive in small pieces: records are split anywhere.',
    streams: true,
    parameters: [
      { name: 'average_size', type: 'bytes', least: 1, fallback: 7, meaning: 'bytes of a piece' },
      { name: 'size_variation', type: 'bytes', fallback: 0, meaning: 'so many more or less, at random' },
      { name: 'delay', type: 'duration', fallback: 1, meaning: 'between two pieces' },
    ],
    findings: [],
  },
  {
    name: 'limit_data',
    at: EVERYWHERE,
    unit: 'request',
    effect: 'After so many bytes the connection is closed, wherever a record is.',
    streams: true,
    parameters: [{ name: 'bytes', type: 'bytes', meaning: 'that still pass' }, HOW],
    findings: ['truncated-response', 'premature-close'],
  },
  {
    name: 'timeout',
    at: EVERYWHERE,
    unit: 'request',
    effect: 'No byte passes any more; the connection is closed after that time, or never.',
    streams: true,
    parameters: [{ name: 'timeout', type: 'duration', fallback: 0, meaning: '0: it stays open' }],
    findings: ['premature-close', 'slow-application'],
  },
  {
    name: 'slow_close',
    at: EVERYWHERE,
    unit: 'request',
    effect: 'The FIN comes late.',
    streams: true,
    parameters: [{ name: 'delay', type: 'duration', meaning: 'between the last byte and the FIN' }],
    findings: ['lingering-close'],
  },
  {
    name: 'reset_peer',
    at: EVERYWHERE,
    unit: 'request',
    effect: 'The connection is reset.',
    streams: true,
    parameters: [{ name: 'timeout', type: 'duration', fallback: 0, meaning: 'so long after the request began' }],
    findings: ['premature-close'],
  },
  {
    name: 'down',
    at: ANSWER,
    unit: 'listener',
    effect: 'Nobody listens for a while: connections are refused. Those that are open stay.',
    parameters: [{ name: 'down', type: 'duration', fallback: 1000, meaning: 'for so long' }],
    findings: ['connection-refused'],
  },
  {
    name: 'drop_end_request',
    at: ANSWER,
    unit: 'request',
    effect: 'The answer has no END_REQUEST.',
    parameters: [],
    findings: ['missing-end-request'],
  },
  {
    name: 'double_end_request',
    at: ANSWER,
    unit: 'request',
    effect: 'END_REQUEST comes twice.',
    parameters: [],
    findings: ['protocol-violation'],
  },
  {
    name: 'data_after_end',
    at: ANSWER,
    unit: 'request',
    effect: 'A record of STDOUT follows END_REQUEST.',
    parameters: [{ name: 'bytes', type: 'bytes', least: 1, most: 65535, fallback: 16, meaning: 'of its content' }],
    findings: ['protocol-violation'],
  },
  {
    name: 'end_status',
    at: ANSWER,
    unit: 'request',
    effect: 'The request is not served: the answer is END_REQUEST alone, with this protocolStatus.',
    parameters: [
      {
        name: 'status',
        type: 'word',
        words: ['CANT_MPX_CONN', 'OVERLOADED', 'UNKNOWN_ROLE', 'CANT_MPX'],
        meaning: 'of END_REQUEST',
      },
    ],
    findings: ['cannot-multiplex', 'overloaded', 'unknown-role'],
  },
  {
    name: 'app_status',
    at: ANSWER,
    unit: 'request',
    effect: 'END_REQUEST has this appStatus.',
    parameters: [{ name: 'status', type: 'count', least: 0, most: 0xffffffff, meaning: 'an exit status' }],
    findings: ['application-error'],
  },
  {
    name: 'bad_version',
    at: ANSWER,
    unit: 'request',
    effect: 'A record has another version than 1.',
    parameters: [{ name: 'version', type: 'count', ...EIGHT_BITS, fallback: 0, meaning: 'its version' }, ON],
    findings: ['protocol-violation', 'not-fastcgi'],
  },
  {
    name: 'bad_type',
    at: ANSWER,
    unit: 'request',
    effect: 'A record of a type that does not belong there comes before another one.',
    parameters: [
      { name: 'type', type: 'count', ...EIGHT_BITS, fallback: 99, meaning: 'its type; 11 is UNKNOWN_TYPE' },
      ON,
    ],
    findings: ['protocol-violation'],
  },
  {
    name: 'bad_id',
    at: ANSWER,
    unit: 'request',
    effect: 'One record has the id of no request.',
    parameters: [
      {
        name: 'id',
        type: 'count',
        least: 0,
        most: 65535,
        optional: true,
        meaning: "its id; else the request's with 256 more",
      },
      ON,
    ],
    findings: ['protocol-violation'],
  },
  {
    name: 'id',
    at: ANSWER,
    unit: 'request',
    effect: 'The whole answer has this request id.',
    parameters: [{ name: 'id', type: 'count', least: 0, most: 65535, meaning: '0 is that of management records' }],
    findings: ['protocol-violation'],
  },
  {
    name: 'garbage',
    at: ANSWER,
    unit: 'request',
    effect: 'Bytes that are no record come before one.',
    parameters: [
      {
        name: 'garbage',
        type: 'word',
        words: ['random', 'http', 'zeros'],
        fallback: 'random',
        meaning: 'what they are',
      },
      { name: 'bytes', type: 'bytes', least: 1, most: 1 << 20, fallback: 64, meaning: 'how many, of random and zeros' },
      ON,
    ],
    findings: ['protocol-violation', 'not-fastcgi'],
  },
  {
    name: 'header_bytes',
    at: ANSWER,
    unit: 'request',
    effect: 'The response head has one more line, of this length.',
    parameters: [
      { name: 'bytes', type: 'bytes', least: 16, most: 1 << 20, meaning: 'of the line, its line break included' },
    ],
    findings: ['header-too-big'],
  },
  {
    name: 'stderr_bytes',
    at: ANSWER,
    unit: 'request',
    effect: 'So much STDERR comes before the first STDOUT.',
    parameters: [{ name: 'bytes', type: 'bytes', least: 1, most: 1 << 24, meaning: 'lines of text' }],
    findings: ['application-stderr'],
  },
  {
    name: 'padding',
    at: ANSWER,
    unit: 'request',
    effect: 'Every record of the answer has this much padding.',
    parameters: [{ name: 'padding', type: 'bytes', ...EIGHT_BITS, meaning: '0..255' }],
    findings: [],
  },
  {
    name: 'close_before_headers',
    at: ANSWER,
    unit: 'request',
    effect: 'The connection is closed before the response head is complete.',
    parameters: [{ name: 'bytes', type: 'bytes', fallback: 0, meaning: 'of the head that are sent before' }, HOW],
    findings: ['premature-close'],
  },
  {
    name: 'close_mid_body',
    at: ANSWER,
    unit: 'request',
    effect: 'The connection is closed in the middle of the body.',
    parameters: [
      {
        name: 'bytes',
        type: 'bytes',
        optional: true,
        meaning: 'of the body that are sent before; else half of its first record',
      },
      HOW,
      {
        name: 'cut',
        type: 'word',
        words: ['between', 'record'],
        fallback: 'between',
        meaning: 'between two records, or inside one',
      },
    ],
    findings: ['truncated-response'],
  },
  {
    name: 'rst_if_reused',
    at: ANSWER,
    unit: 'connection',
    effect: 'A kept connection is reset when the next request comes on it.',
    parameters: [],
    findings: ['stale-keep-alive-race'],
  },
  {
    name: 'close_when_idle',
    at: ANSWER,
    unit: 'connection',
    effect: 'A kept connection is closed when it was without a request for this long.',
    parameters: [{ name: 'idle', type: 'duration', meaning: 'since the last END_REQUEST' }],
    findings: ['connection-recycled'],
  },
  {
    name: 'ignore_keep_conn',
    at: ANSWER,
    unit: 'request',
    effect: 'The connection is closed after the answer, although KEEP_CONN asked to keep it.',
    parameters: [],
    findings: ['keep-alive-broken'],
  },
  {
    name: 'ignore_abort',
    at: SERVER,
    unit: 'request',
    effect: 'ABORT_REQUEST changes nothing: the whole answer is made and sent.',
    parameters: [],
    findings: ['abort-ignored'],
  },
  {
    name: 'no_close',
    at: ANSWER,
    unit: 'connection',
    effect: 'The connection stays open after the answer, although KEEP_CONN was not set.',
    parameters: [
      { name: 'hold', type: 'duration', fallback: 0, meaning: 'for so long; 0: until the web server closes it' },
    ],
    findings: ['lingering-close'],
  },
  {
    name: 'stop_accepting',
    at: SERVER,
    unit: 'listener',
    effect: 'No connection is accepted: they wait in the accept queue.',
    parameters: [{ name: 'stop', type: 'duration', fallback: 0, meaning: 'for so long; 0: for ever' }],
    findings: ['accept-blocked', 'backlog-overflow'],
  },
  {
    name: 'backlog',
    at: SERVER,
    unit: 'listener',
    effect: 'The accept queue is this short. The other modifiers do not apply.',
    parameters: [{ name: 'length', type: 'count', least: 1, most: 65535, meaning: 'listen(2) is called with it' }],
    findings: ['backlog-overflow'],
  },
  {
    name: 'accept_delay',
    at: SERVER,
    unit: 'listener',
    effect: 'After a connection was accepted the next one waits for this long.',
    parameters: [{ name: 'delay', type: 'duration', meaning: 'between two calls of accept' }],
    findings: ['accept-blocked'],
  },
  {
    name: 'accept_mutex',
    at: SERVER,
    unit: 'listener',
    effect:
      "While a kept connection is idle no other one is accepted, as in a threaded program with libfcgi's mutex. The other modifiers do not apply.",
    parameters: [],
    findings: ['accept-blocked', 'keep-alive-pins-workers'],
  },
  {
    name: 'content_length',
    at: CLIENT,
    unit: 'request',
    effect: 'CONTENT_LENGTH says this, whatever the body has.',
    parameters: [{ name: 'declared', type: 'bytes', meaning: 'what is declared' }],
    findings: ['request-body-stalled'],
  },
  {
    name: 'stall_stdin',
    at: CLIENT,
    unit: 'request',
    effect: 'The body stops before its end.',
    parameters: [
      { name: 'stall', type: 'duration', fallback: 0, meaning: 'for so long; 0: for ever' },
      { name: 'bytes', type: 'bytes', fallback: 0, meaning: 'of the body that are sent before' },
    ],
    findings: ['request-body-stalled'],
  },
] as const satisfies readonly FaultKind[];

export type FaultName = (typeof FAULTS)[number]['name'];

/** The kind of that name; letter case and `-` or `_` make no difference. */
export function findFault(name: string): FaultKind | undefined {
  const plain = name.toLowerCase().replaceAll('-', '_');
  return (FAULTS as readonly FaultKind[]).find((kind) => kind.name === plain);
}

/** What may follow any fault. */
export const MODIFIERS = [
  { name: 'match', form: "'uri ~ /x'", meaning: 'only requests that this filter lets through' },
  { name: 'for', form: '30s', meaning: 'only so long, counted from the start' },
  { name: 'after', form: '10', meaning: 'the first ones are spared' },
  { name: 'every', form: '7', meaning: 'of the others only every seventh' },
  { name: 'toxicity', form: '0.5', meaning: 'with this probability' },
  { name: 'count', form: '1', meaning: 'so many times and no more' },
  { name: 'seed', form: '42', meaning: 'of the random numbers: the same seed gives the same run' },
  { name: 'stream', form: 'upstream', meaning: 'which direction, where both are possible; the default is downstream' },
] as const;
