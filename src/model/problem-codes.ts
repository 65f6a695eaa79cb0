// What can be wrong with a stream of records, as data: a code, one sentence each. Decoding goes on after every one of
// them; the places are kept in an AnomalyLog.

export interface ProblemCode {
  readonly code: string;
  readonly sentence: string;
  /** The stream breaks the FastCGI specification (the finding protocol-violation reports it). */
  readonly violation: boolean;
}

/** Order is the bit number in `problems` columns: append only, at most 32. */
export const PROBLEM_CODES = [
  {
    code: 'record-bad-version',
    violation: true,
    sentence: 'a record header whose version is not 1; this direction is not decoded any further',
  },
  { code: 'record-wrong-direction', violation: true, sentence: 'a record type that only the other side may send' },
  {
    code: 'record-bad-length',
    violation: true,
    sentence: 'a BEGIN_REQUEST or END_REQUEST record whose content is not 8 bytes',
  },
  { code: 'record-out-of-order', violation: true, sentence: 'a record that may not come at this point of its request' },
  { code: 'params-truncated', violation: true, sentence: 'PARAMS ended inside a name-value pair' },
  {
    code: 'data-after-end-request',
    violation: true,
    sentence: 'the application sent records of a request after its END_REQUEST',
  },
  { code: 'begin-for-active-id', violation: false, sentence: 'BEGIN_REQUEST for an id whose request had not ended' },
  { code: 'begin-id-zero', violation: false, sentence: 'BEGIN_REQUEST with request id 0' },
  { code: 'record-unknown-type', violation: false, sentence: 'a record type the specification does not know' },
  { code: 'record-for-unknown-request', violation: false, sentence: 'a record whose request id has no request' },
  { code: 'record-cut', violation: false, sentence: 'the stream ended inside a record' },
  {
    code: 'params-too-large',
    violation: false,
    sentence: 'a name-value pair too large to keep; the rest of these PARAMS is not decoded',
  },
  { code: 'stream-gap', violation: false, sentence: 'bytes of this stream are missing from the capture' },
  {
    code: 'resynchronised',
    violation: false,
    sentence: 'decoding went on at the next plausible record header; what lies between is unknown',
  },
  {
    code: 'too-many-requests',
    violation: false,
    sentence: 'more unfinished requests on one connection than are followed',
  },
  { code: 'not-fastcgi', violation: false, sentence: 'another protocol where FastCGI was expected' },
  { code: 'scgi-malformed', violation: true, sentence: 'an SCGI request that is not a netstring of headers' },
  {
    code: 'get-values-unanswered',
    violation: false,
    sentence: 'GET_VALUES got no GET_VALUES_RESULT while the connection lived',
  },
  {
    code: 'management-record-malformed',
    violation: true,
    sentence: 'a management record whose content is cut inside a name-value pair',
  },
] as const satisfies readonly ProblemCode[];

export type ProblemName = (typeof PROBLEM_CODES)[number]['code'];

const NUMBERS = new Map<string, number>(PROBLEM_CODES.map((problem, number) => [problem.code, number]));

/** The number of a problem code: its bit in `problems` columns. */
export function problemNumber(code: ProblemName): number {
  return NUMBERS.get(code)!;
}

/** The codes whose bits are set. */
export function problemNames(bits: number): ProblemName[] {
  return PROBLEM_CODES.filter((_, number) => bits & (1 << number)).map((problem) => problem.code);
}
