// Requests that the application answered with a failure: HTTP 5xx, a non-zero application status, or a response head that
// no web server can use. The exchange itself worked.
import { REQUEST_COMPLETE } from '../../fastcgi/constants.js';
import { REQUEST_ENDED, REQUEST_HEAD_INVALID } from '../../model/request-table.js';
import type { Check } from '../check.js';
import type { Facts, Listener } from '../facts.js';
import { type Advice, type Evidence, type Finding, MAX_EVIDENCE } from '../finding.js';
import { counted, grouped, listed, requestEvidence, requestName, showsRequests } from './shared-evidence.js';

/** Kinds of failure told apart: a program may give every request another application status. */
const MAX_KINDS = 100;
const SHOWN_KINDS = 5;

const ADVICE: readonly Advice[] = [
  {
    for: 'application',
    text:
      "Look into the application's own log for these requests; its STDERR text, where it sent any, is in the finding " +
      'application-stderr.',
  },
  {
    for: 'php-fpm',
    text:
      'Set "log_errors = On" and "php_admin_value[error_log]" so that the reason of a 500 is written down, and ' +
      '"catch_workers_output = yes" only while you look for it.',
  },
];

export const applicationError: Check = {
  id: 'application-error',
  title: 'The application answered with an error',
  severity: 'note',
  explanation: `The request arrived, the application worked on it and ended it properly: only the answer says that something failed. That is worth telling apart from everything else in this list, because neither the web server nor the connection has a part in it.

Three things count. The HTTP status in the response head is 500 or above. Or the application status in END_REQUEST is not 0: it is what a CGI program would have given to exit(). Every common web server ignores that number, so a program that fails with "Status: 200" and exit code 139 looks fine in every log; php-fpm always sends 0, libfcgi what FCGX_SetExitStatus was given. Or the response head has a line that is no header, for example a warning printed before it: nginx then answers 502 and logs "upstream sent invalid header", Apache 500 with "AH01070: Error parsing script headers".

"Allowed memory size of ... bytes exhausted" and other fatal errors of PHP belong here too: the worker does not die of them. It sends STDERR text, status 500 and END_REQUEST.`,
  remedy: ADVICE,
  needs: ['payload'],
  run(facts) {
    if (!showsRequests(facts)) return 'not-applicable';
    const findings: Finding[] = [];
    for (const listener of facts.listeners) {
      const finding = findingOf(facts, listener);
      if (finding) findings.push(finding);
    }
    return findings;
  },
};

function findingOf(facts: Facts, { endpoint, requests, roughRequests: rows }: Listener): Finding | undefined {
  const evidence: Evidence[] = [];
  const kinds = new Map<string, number>();
  let count = 0;
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at];
    const failure = failureOf(facts, row);
    if (failure === '') continue;
    count++;
    const kind = kinds.size < MAX_KINDS || kinds.has(failure) ? failure : 'others';
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    if (evidence.length < MAX_EVIDENCE) evidence.push(answer(facts, row, failure));
  }
  if (count === 0) return undefined;
  const often = [...kinds].sort((a, b) => b[1] - a[1]);
  const named = often.slice(0, SHOWN_KINDS).map(([kind, times]) => `${kind} (${grouped(times)})`);
  if (often.length > SHOWN_KINDS) named.push('others');
  return {
    id: 'application-error',
    severity: 'note',
    title: `${grouped(count)} of ${counted(requests.length, 'request')} failed in the application at ${endpoint}: ${listed(named)}`,
    detail:
      'The exchange worked: the request arrived and the application ended it. What it answered is a failure of its own, so ' +
      'the cause is in the application, not in the web server or in the connection between them.',
    count,
    scope: { endpoint },
    evidence,
    advice: ADVICE,
  };
}

/** How the request failed, or ''. Not allocated for the requests that did not. */
function failureOf(facts: Facts, row: number): string {
  const { httpStatus, appStatus, protocolStatus, marks } = facts.requests;
  if (httpStatus[row] >= 500) return `HTTP ${httpStatus[row]}`;
  if (marks[row] & REQUEST_ENDED && protocolStatus[row] === REQUEST_COMPLETE && appStatus[row] !== 0) {
    return `application status ${appStatus[row] > 0x7fffffff ? appStatus[row] - 0x100000000 : appStatus[row]}`;
  }
  return marks[row] & REQUEST_HEAD_INVALID ? 'unusable response head' : '';
}

function answer(facts: Facts, row: number, failure: string): Evidence {
  const { firstBytePacket, firstByte, endPacket, end } = facts.requests;
  const text = `${requestName(facts, row)} was answered with ${failure}`;
  return firstBytePacket[row] !== 0
    ? requestEvidence(facts, row, text, firstBytePacket[row], firstByte[row])
    : requestEvidence(facts, row, text, endPacket[row], end[row]);
}
