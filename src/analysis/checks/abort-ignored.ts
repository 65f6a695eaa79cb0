// Requests that the web server aborted and the application went on answering.
import { REQUEST_ENDED, REQUEST_STDOUT_AFTER_ABORT } from '../../model/request-table.js';
import type { Check } from '../check.js';
import type { Facts } from '../facts.js';
import { type Advice, type Evidence, type Finding, MAX_EVIDENCE } from '../finding.js';
import { connectionName, counted, requestEvidence, requestName, showsRequests } from './shared-evidence.js';

const ADVICE: readonly Advice[] = [
  {
    for: 'application',
    text:
      'If abandoned work costs you, bound it yourself: with a time limit for each request (request_terminate_timeout in ' +
      'php-fpm), or by reading ABORT_REQUEST while working and ending the request early.',
  },
];

export const abortIgnored: Check = {
  id: 'abort-ignored',
  title: 'The application answered requests after they had been aborted',
  severity: 'note',
  explanation: `With ABORT_REQUEST a web server says that nobody waits for the answer any more. The application should end the request soon, with whatever status it likes. Many do not: php-fpm takes ABORT_REQUEST for the end of STDIN, runs the script to its end and then drops the connection; libfcgi does not look at it at all, and the record can end a kept connection later.

Only HAProxy sends ABORT_REQUEST. nginx, lighttpd, Apache and Caddy close the connection instead, which php-fpm and libfcgi notice only when they write the next time; see abandoned-requests for that.

The specification makes no promise here, so this is a note: the work after the abort was done for nobody.`,
  remedy: ADVICE,
  needs: ['payload'],
  run(facts) {
    if (!showsRequests(facts)) return 'not-applicable';
    const findings: Finding[] = [];
    for (const { endpoint, roughRequests: rows } of facts.listeners) {
      const evidence: Evidence[] = [];
      let count = 0;
      for (let at = 0; at < rows.length; at++) {
        const row = rows[at];
        if (!(facts.requests.marks[row] & REQUEST_STDOUT_AFTER_ABORT)) continue;
        if (++count <= MAX_EVIDENCE) evidence.push(afterAbort(facts, row));
      }
      if (count === 0) continue;
      findings.push({
        id: 'abort-ignored',
        severity: 'note',
        title: `${counted(count, 'request')} answered by the application at ${endpoint} after ABORT_REQUEST`,
        detail:
          'The web server had told the application that the answer is not wanted any more, and STDOUT came nevertheless. ' +
          'The specification allows it, but the work was done for nobody and held a worker meanwhile.',
        count,
        scope: { endpoint },
        evidence,
        advice: ADVICE,
      });
    }
    return findings;
  },
};

function afterAbort(facts: Facts, row: number): Evidence {
  const { requests } = facts;
  const how = requests.marks[row] & REQUEST_ENDED ? 'answered to the end' : 'answered in part';
  const text = `${requestName(facts, row)} on ${connectionName(facts, requests.connection[row])} was aborted and ${how}`;
  return requestEvidence(facts, row, text);
}
