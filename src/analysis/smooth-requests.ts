// Which requests went so smoothly that no finding about single requests can concern them. Nearly all requests of nearly
// all captures are of that kind, and two dozen checks ask each request the same first questions: here they are asked once.
import { REQUEST_COMPLETE, RESPONDER } from '../fastcgi/constants.js';
import {
  LENGTH_ABSENT,
  PROTOCOL_FASTCGI,
  REQUEST_ABORTED,
  REQUEST_CHUNKED,
  REQUEST_ENDED,
  REQUEST_HEAD_COMPLETE,
  REQUEST_HEAD_INVALID,
  REQUEST_PARAMS_ENDED,
  REQUEST_STDIN_ENDED,
  REQUEST_STDOUT_AFTER_ABORT,
  type RequestTable,
} from '../model/request-table.js';
import type { ConnectionTable } from '../tcp/connection-table.js';

const WHOLE = REQUEST_PARAMS_ENDED | REQUEST_STDIN_ENDED | REQUEST_HEAD_COMPLETE | REQUEST_ENDED;
const ODD = REQUEST_ABORTED | REQUEST_STDOUT_AFTER_ABORT | REQUEST_HEAD_INVALID | REQUEST_CHUNKED;
/** No check calls a shorter request slow, in nanoseconds. */
const QUICK = 1e9;
/** No web server's buffer is too small for a head of so many bytes and the record headers around it. */
const SMALL_HEAD = 3000;

/**
 * Whether the request came whole and was answered whole: complete input as long as declared, a sound small head with a
 * status below 500, a body as long as declared, END_REQUEST with success within a second and before either side closed
 * or reset the connection, no STDERR, nothing against the protocol.
 */
export function isSmooth(requests: RequestTable, connections: ConnectionTable, row: number): boolean {
  if ((requests.marks[row] & (WHOLE | ODD)) !== WHOLE || requests.problems[row] !== 0) return false;
  if (requests.protocol[row] !== PROTOCOL_FASTCGI || requests.requestId[row] === 0) return false;
  if (requests.role[row] !== RESPONDER || requests.stderrBytes[row] !== 0) return false;
  if (requests.protocolStatus[row] !== REQUEST_COMPLETE || requests.appStatus[row] !== 0) return false;
  const status = requests.httpStatus[row];
  if (status < 100 || status >= 500) return false;
  const head = requests.headBytes[row];
  const declaredAnswer = requests.responseLength[row];
  if (head > SMALL_HEAD || (declaredAnswer !== LENGTH_ABSENT && requests.stdoutBytes[row] - head !== declaredAnswer))
    return false;
  const came = requests.stdinBytes[row];
  const declared = requests.contentLength[row];
  if (came !== declared && (came !== 0 || declared !== LENGTH_ABSENT)) return false;
  const begin = requests.begin[row];
  const end = requests.end[row];
  // Written so that a time that is not known makes each of them false.
  if (!(requests.firstByte[row] >= begin) || !(requests.lastByte[row] >= begin) || !(end - begin <= QUICK))
    return false;
  const connection = requests.connection[row];
  if (connections.finTime0[connection] < end || connections.finTime1[connection] < end) return false;
  return !(connections.resetTime[connection] < end);
}
