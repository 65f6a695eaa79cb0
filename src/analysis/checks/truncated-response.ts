// The answer had begun and the application's stream ends without END_REQUEST: the user may take it for complete.
import { REQUEST_STDOUT_ENDED } from '../../model/request-table.js';
import type { Check } from '../check.js';
import { CONVERSATION_RECORD_CUT_APPLICATION } from '../conversation-table.js';
import type { Facts, Listener } from '../facts.js';
import { type Advice, type Evidence, type Finding, MAX_EVIDENCE } from '../finding.js';
import { endedByReset, endPacket } from './shared-endings.js';
import { connectionName, counted, requestEvidence, requestName, showsRequests } from './shared-evidence.js';
import { answerBegan, cutByApplication } from './shared-unanswered.js';

const ADVICE: readonly Advice[] = [
  {
    for: 'nginx',
    text:
      'With "fastcgi_keep_conn on" nginx notices and logs "upstream prematurely closed connection while reading upstream"; without ' +
      'it a cut answer is passed on as a complete one. (Read keep-conn-without-pool before switching it on.)',
  },
  {
    for: 'application',
    text: 'Send Content-Length where the length is known: then the browser notices too. And find out why the process ends: see its log.',
  },
  {
    for: 'php-fpm',
    text: '"child N exited on signal 11 (SIGSEGV)" or 9 in its log. "pm.max_requests" is not the cause: it lets the request finish.',
  },
];

export const truncatedResponse: Check = {
  id: 'truncated-response',
  title: 'Responses are cut off before END_REQUEST',
  severity: 'error',
  explanation: `END_REQUEST is the only proof that an answer is whole. Here STDOUT had begun, and then the application's stream ended with FIN or RST without it, while the web server had not closed anything. Usually the process died in the middle of the answer.

What makes it worth an error is that nobody else says so. nginx without fastcgi_keep_conn and Caddy take the end of the stream for the end of the answer: the client gets status 200, a clean last chunk, and half a page, and no log has a line about it. lighttpd logs "response already sent out, but backend returned error on socket ..., terminating connection" and still ends the body cleanly. If there was a Content-Length, nginx leaves the client waiting for the rest until some timeout. Caches may keep what they got.

With fastcgi_keep_conn on nginx knows that END_REQUEST has to come, logs "upstream prematurely closed connection while reading upstream" and breaks the client's connection off, which is the honest answer. With a RST it logs "readv() failed (104: Connection reset by peer) while reading upstream".

A capture that simply ends in the middle of an answer is no fault, and neither is an answer broken off because the web server closed first.`,
  remedy: ADVICE,
  needs: ['payload'],
  run(facts) {
    if (!showsRequests(facts)) return 'not-applicable';
    return facts.listeners.flatMap((listener) => findingOf(facts, listener) ?? []);
  },
};

function findingOf(facts: Facts, listener: Listener): Finding | undefined {
  const evidence: Evidence[] = [];
  let count = 0;
  for (let at = 0; at < listener.roughRequests.length; at++) {
    const row = listener.roughRequests[at];
    const end = cutByApplication(facts, row);
    if (Number.isNaN(end) || !answerBegan(facts, row)) continue;
    if (++count <= MAX_EVIDENCE) evidence.push(evidenceOf(facts, row, end));
  }
  if (count === 0) return undefined;
  return {
    id: truncatedResponse.id,
    severity: 'error',
    title: `${counted(count, 'response')} from ${listener.endpoint} cut off: the application's stream ended without END_REQUEST`,
    detail:
      'The answer had begun, then the application closed without saying that it was done, and the web server had not closed before. ' +
      'nginx (unless fastcgi_keep_conn is on) and Caddy pass such an answer on as complete, with status 200 and nothing in the log: ' +
      'the client believes that it succeeded.',
    count,
    scope: { endpoint: listener.endpoint },
    evidence,
    advice: ADVICE,
  };
}

function evidenceOf(facts: Facts, row: number, end: number): Evidence {
  const { requests, connections, conversations } = facts;
  const connection = requests.connection[row];
  const manner = endedByReset(connections, connection, end) ? 'RST' : 'FIN';
  const bytes = counted(requests.stdoutBytes[row], 'byte');
  const declared = requests.responseLength[row];
  const of = declared >= 0 ? ` (Content-Length ${declared}, head ${requests.headBytes[row]} bytes)` : '';
  let where = '';
  if (conversations.marks[connection] & CONVERSATION_RECORD_CUT_APPLICATION) where = ', in the middle of a record';
  else if (requests.marks[row] & REQUEST_STDOUT_ENDED) where = ', after the end of STDOUT';
  const text = `${requestName(facts, row)} on ${connectionName(facts, connection)}: ${manner} after ${bytes} of STDOUT${of}${where}`;
  return requestEvidence(facts, row, text, endPacket(connections, connection, end), end);
}
