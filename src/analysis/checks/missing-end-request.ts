// The body is complete, but END_REQUEST does not come and the connection stays open: the web server keeps waiting.
import { REQUEST_ENDED, REQUEST_STDOUT_ENDED } from '../../model/request-table.js';
import type { Check } from '../check.js';
import { closeTime, type Facts, type Listener } from '../facts.js';
import { type Advice, type Evidence, type Finding, MAX_EVIDENCE } from '../finding.js';
import { counted, requestEvidence, requestName, showsRequests, span } from './shared-evidence.js';

/** So long END_REQUEST may take after the end of STDOUT. */
const LATE = 1e9;

const ADVICE: readonly Advice[] = [
  {
    for: 'application',
    text: 'End every request with END_REQUEST (FCGX_Finish_r in libfcgi), also on error paths; closing STDOUT alone is not enough.',
  },
  {
    for: 'nginx',
    text:
      'Such an answer ends with "upstream timed out (110: Connection timed out) while reading upstream" after ' +
      '"fastcgi_read_timeout" (60 s), although the body had been delivered; the connection is not kept.',
  },
];

export const missingEndRequest: Check = {
  id: 'missing-end-request',
  title: 'Answers are complete, but END_REQUEST does not come',
  severity: 'error',
  explanation: `STDOUT was closed (the empty STDOUT record), so the answer is complete, but the application neither sends END_REQUEST nor closes the connection. The web server cannot know that the request is over: it waits for its read timeout, users see a page that is there but goes on loading, and the connection and the worker behind it are not free.

nginx logs "upstream timed out (110: Connection timed out) while reading upstream"; lighttpd has no read timeout by default and waits for ever. It is a fault of the program or of its FastCGI library: an error path that closes STDOUT and forgets the rest, or a home-made protocol implementation.

php-fpm sends no empty STDOUT record before END_REQUEST. That is a habit, not this fault.`,
  remedy: ADVICE,
  needs: ['payload'],
  run(facts) {
    if (!showsRequests(facts)) return 'not-applicable';
    return facts.listeners.flatMap((listener) => findingsOf(facts, listener));
  },
};

function findingsOf(facts: Facts, listener: Listener): Finding[] {
  const { requests, connections, duration } = facts;
  const evidence: Evidence[] = [];
  let count = 0;
  let longest = 0;
  for (const row of listener.requests) {
    if ((requests.marks[row] & (REQUEST_STDOUT_ENDED | REQUEST_ENDED)) !== REQUEST_STDOUT_ENDED) continue;
    const until = Math.min(closeTime(connections, requests.connection[row]), duration);
    const wait = until - requests.lastByte[row];
    if (!(wait > LATE)) continue;
    count++;
    longest = Math.max(longest, wait);
    if (evidence.length >= MAX_EVIDENCE) continue;
    evidence.push(
      requestEvidence(
        facts,
        row,
        `${requestName(facts, row)}: STDOUT ended, then nothing for ${span(wait)}`,
        requests.firstBytePacket[row],
        requests.lastByte[row],
      ),
    );
  }
  if (count === 0) return [];
  const { endpoint } = listener;
  return [
    {
      id: 'missing-end-request',
      severity: 'error',
      title: `${counted(count, 'answer')} of ${endpoint} ended without END_REQUEST while the connection stayed open`,
      detail:
        `STDOUT was closed, so the answer was complete, but END_REQUEST did not follow for up to ${span(longest)}. The web server ` +
        'waits for it until its read timeout; its client sees a page that never finishes loading.',
      count,
      scope: { endpoint },
      evidence,
      advice: ADVICE,
    },
  ];
}
