// Requests that took over a second in one of the parts of their time: slow-upload, slow-application and slow-reader
// differ in the part and in the words. Requests that other findings explain are left to those.
import { problemNumber } from '../../model/problem-codes.js';
import { REQUEST_ENDED, REQUEST_PARAMS_ENDED, REQUEST_STDOUT_ENDED } from '../../model/request-table.js';
import { BY_APPLICATION, BY_BOTH } from '../../model/side.js';
import type { Facts, Listener } from '../facts.js';
import { type Evidence, type Finding, MAX_EVIDENCE } from '../finding.js';
import { LatencySplitter } from '../latency-split.js';
import { type Percentiles, percentiles } from '../sweep.js';
import { requestEvidence, requestName, showsRequests, span } from './shared-evidence.js';
import { BODY_AS_DECLARED, isUnanswered, RequestBodies } from './shared-request-body.js';
import { stuckRequests } from './stuck-on-reuse.js';

export type Part = 'upload' | 'application' | 'reader';

/** A part is slow from here on, in nanoseconds. */
export const SLOW = 1e9;

const GAP = (1 << problemNumber('stream-gap')) | (1 << problemNumber('resynchronised'));

/** The slow requests of one listener. */
export interface SlowRequests {
  readonly listener: Listener;
  readonly count: number;
  /** The part's time over the slow requests, in nanoseconds. */
  readonly times: Percentiles & { readonly min: number };
  /** Slow requests whose END_REQUEST is missing: their time is a lower bound. */
  readonly unfinished: number;
  /** Those of them that not one byte was answered to. */
  readonly silent: number;
  /** The slowest ones, slowest first. */
  readonly evidence: readonly Evidence[];
}

/** The listeners with slow requests, each described by `describe`. */
export function slowFindings(
  facts: Facts,
  part: Part,
  describe: (slow: SlowRequests) => Omit<Finding, 'count' | 'scope' | 'evidence'>,
): readonly Finding[] | 'not-applicable' {
  if (!showsRequests(facts)) return 'not-applicable';
  const splitter = new LatencySplitter(facts);
  const bodies = new RequestBodies(facts);
  const findings: Finding[] = [];
  for (const listener of facts.listeners) {
    const slow = slowRequests(facts, splitter, bodies, listener, part);
    if (!slow) continue;
    const { count, evidence } = slow;
    findings.push({ ...describe(slow), count, scope: { endpoint: listener.endpoint }, evidence });
  }
  return findings;
}

function slowRequests(
  facts: Facts,
  splitter: LatencySplitter,
  bodies: RequestBodies,
  listener: Listener,
  part: Part,
): SlowRequests | undefined {
  const rows: number[] = [];
  const times: number[] = [];
  const stuck = stuckRequests(facts, listener);
  let unfinished = 0;
  let silent = 0;
  for (let at = 0; at < listener.roughRequests.length; at++) {
    const row = listener.roughRequests[at];
    if (!isJudged(facts, row)) continue;
    if (!(splitter.totalOf(row) > SLOW) || (isUnanswered(facts, row) && bodies.judge(row) !== BODY_AS_DECLARED))
      continue;
    if (stuck.has(row)) continue;
    splitter.split(row);
    if (!(splitter[part] > SLOW)) continue;
    rows.push(row);
    times.push(splitter[part]);
    if (splitter.unfinished) unfinished++;
    if (splitter.unfinished && facts.requests.firstBytePacket[row] === 0) silent++;
  }
  if (rows.length === 0) return undefined;
  const slowest = slowestOf(times).map((index) => evidenceOf(facts, splitter, rows[index]));
  const min = times.reduce((least, time) => Math.min(least, time), Infinity);
  const figures = percentiles(Float64Array.from(times))!;
  return {
    listener,
    count: rows.length,
    times: { ...figures, min },
    unfinished,
    silent,
    evidence: slowest,
  };
}

/** Whether the request's time means anything: it was answered, or the application had the whole time to answer. */
function isJudged(facts: Facts, row: number): boolean {
  const { requests, connections } = facts;
  const marks = requests.marks[row];
  if (!(marks & REQUEST_PARAMS_ENDED)) return false;
  if (marks & REQUEST_ENDED) return true;
  // Without END_REQUEST: lost from the capture, the application's own doing, or reported as missing-end-request.
  if (requests.problems[row] & GAP || marks & REQUEST_STDOUT_ENDED) return false;
  const connection = requests.connection[row];
  const closed = connections.firstFin[connection] || connections.firstReset[connection];
  return closed !== BY_APPLICATION && closed !== BY_BOTH;
}

/** Indexes of the largest times, the largest first; at most as many as evidence is kept. */
function slowestOf(times: readonly number[]): number[] {
  const best: number[] = [];
  for (let index = 0; index < times.length; index++) {
    let at = best.length;
    while (at > 0 && times[best[at - 1]] < times[index]) at--;
    if (at < MAX_EVIDENCE) best.splice(at, 0, index);
    if (best.length > MAX_EVIDENCE) best.pop();
  }
  return best;
}

function evidenceOf(facts: Facts, splitter: LatencySplitter, row: number): Evidence {
  splitter.split(row);
  const { queue, upload, application, reader, total } = splitter;
  const parts = [
    ['in the queue', queue],
    ['upload', upload],
    ['application', application],
    ['reader', reader],
  ] as const;
  const named = parts.filter(([, time]) => time > 1e6).map(([name, time]) => `${name} ${span(time)}`);
  const open = splitter.unfinished ? ', not finished' : '';
  return requestEvidence(facts, row, `${requestName(facts, row)}: ${span(total)}${open} (${named.join(', ')})`);
}
