// Responses whose body is not as long as their Content-Length says.

import { problemNumber } from '../../model/problem-codes.js';
import { REQUEST_ENDED, REQUEST_HEAD_COMPLETE } from '../../model/request-table.js';
import type { Check } from '../check.js';
import type { Facts } from '../facts.js';
import { type Advice, type Evidence, type Finding, MAX_EVIDENCE } from '../finding.js';
import { counted, grouped, requestEvidence, requestName, showsRequests } from './shared-evidence.js';

/** Bytes of the answer are missing from the capture: its length is not known. */
const INCOMPLETE = (1 << problemNumber('stream-gap')) | (1 << problemNumber('resynchronised'));

const ADVICE: readonly Advice[] = [
  {
    for: 'application',
    text:
      'Count Content-Length in bytes, not in characters, and after compression; do not set it at all where the body is ' +
      'streamed or where something may still be printed (warnings, a BOM, an output filter).',
  },
  {
    for: 'php-fpm',
    text: 'With "zlib.output_compression" or an output buffer handler on, a Content-Length set by the script is wrong.',
  },
  {
    for: 'nginx',
    text:
      'nginx trusts the header: a short body is logged as "upstream prematurely closed FastCGI request", surplus bytes as ' +
      '"upstream sent more data than specified in "Content-Length" header" and cut off.',
  },
];

export const contentLengthMismatch: Check = {
  id: 'content-length-mismatch',
  title: 'Response bodies are not as long as their Content-Length',
  severity: 'warning',
  explanation: `The application declared a Content-Length in its response head and then sent another number of bytes before it ended the request. END_REQUEST makes clear that it was done, so this is a mistake of the application (or of something that changes its output), not a broken connection.

What the user sees depends on the web server. Too few bytes: nginx passes on what there is, logs "upstream prematurely closed FastCGI request while reading upstream", and a client that keeps its connection waits for the rest until its own timeout; so it is with lighttpd, without a log line. Too many: nginx and lighttpd cut the body, nginx with the warning "upstream sent more data than specified in "Content-Length" header while reading upstream"; Apache passes the surplus on, where it garbles the next response on the client's connection; HAProxy answers 502.

Answers to HEAD and those with status 204 or 304 have no body whatever their Content-Length says, and are left out. With SCGI, where the end of the connection is the end of the answer, a body that is too short may also mean that the program died.`,
  remedy: ADVICE,
  needs: ['payload'],
  run(facts) {
    if (!showsRequests(facts)) return 'not-applicable';
    const findings: Finding[] = [];
    for (const { endpoint, roughRequests: rows } of facts.listeners) {
      const evidence: Evidence[] = [];
      let tooShort = 0;
      let tooLong = 0;
      for (let at = 0; at < rows.length; at++) {
        const row = rows[at];
        const surplus = surplusOf(facts, row);
        if (surplus === 0) continue;
        if (surplus < 0) tooShort++;
        else tooLong++;
        if (evidence.length < MAX_EVIDENCE) evidence.push(lengths(facts, row, surplus));
      }
      const count = tooShort + tooLong;
      if (count === 0) continue;
      const kinds = [
        ...(tooShort > 0 ? [`${grouped(tooShort)} too short`] : []),
        ...(tooLong > 0 ? [`${grouped(tooLong)} too long`] : []),
      ];
      findings.push({
        id: 'content-length-mismatch',
        severity: 'warning',
        title: `${counted(count, 'response')} of ${endpoint} not as long as declared: ${kinds.join(', ')}`,
        detail:
          'The application ended these requests properly but sent fewer or more bytes than its Content-Length header said. ' +
          'Browsers wait for missing bytes until they time out, and surplus bytes are cut off or garble the next response, ' +
          'depending on the web server.',
        count,
        scope: { endpoint },
        evidence,
        advice: ADVICE,
      });
    }
    return findings;
  },
};

/** Bytes sent beyond the declared length (negative: short of it); 0 where they agree or nothing can be said. */
function surplusOf(facts: Facts, row: number): number {
  const { responseLength, stdoutBytes, headBytes, marks, httpStatus, problems, method } = facts.requests;
  const declared = responseLength[row];
  if (declared < 0) return 0;
  const known = REQUEST_ENDED | REQUEST_HEAD_COMPLETE;
  if ((marks[row] & known) !== known || problems[row] & INCOMPLETE) return 0;
  const surplus = stdoutBytes[row] - headBytes[row] - declared;
  if (surplus === 0) return 0;
  const status = httpStatus[row];
  if (status === 204 || status === 304 || facts.strings.text(method[row]) === 'HEAD') return 0;
  return surplus;
}

function lengths(facts: Facts, row: number, surplus: number): Evidence {
  const { requests } = facts;
  const declared = requests.responseLength[row];
  const text =
    `${requestName(facts, row)}: Content-Length ${grouped(declared)}, body ${counted(declared + surplus, 'byte')}` +
    ` (${grouped(Math.abs(surplus))} too ${surplus < 0 ? 'few' : 'many'})`;
  return requestEvidence(facts, row, text, requests.endPacket[row], requests.end[row]);
}
