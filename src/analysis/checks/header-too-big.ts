// Response heads that do not fit the buffers web servers read them into.
import { REQUEST_ENDED, REQUEST_HEAD_COMPLETE, REQUEST_HEAD_INVALID } from '../../model/request-table.js';
import { BY_WEB_SERVER } from '../../model/side.js';
import type { Check } from '../check.js';
import type { Facts } from '../facts.js';
import { type Advice, type Evidence, type Finding, MAX_EVIDENCE } from '../finding.js';
import { connectionName, counted, grouped, requestEvidence, requestName, showsRequests } from './shared-evidence.js';

/** nginx's fastcgi_buffer_size where nobody set it: a memory page, record headers and STDERR included. */
const NGINX_BUFFER = 4096;
/** Apache's mod_proxy_fcgi reads the head into this many bytes. */
const APACHE_BUFFER = 8192;
const RECORD_HEADER = 8;

const ADVICE: readonly Advice[] = [
  {
    for: 'nginx',
    text:
      'Set "fastcgi_buffer_size 16k; fastcgi_buffers 16 16k; fastcgi_busy_buffers_size 32k;" (the last not below the ' +
      'first). The first one is what the head, its record headers and any STDERR before it have to fit into.',
  },
  {
    for: 'application',
    text:
      'Find what makes the head large: many or large Set-Cookie headers, debugging headers (X-Debug-Token, FirePHP, ' +
      'ChromePHP), long Link or Content-Security-Policy headers.',
  },
  {
    for: 'apache',
    text: 'mod_proxy_fcgi cannot be told to take more than 8,192 bytes: make the head smaller.',
  },
  {
    for: 'haproxy',
    text: 'Raise "tune.bufsize" in the global section; the head has to fit it, less "tune.maxrewrite".',
  },
];

export const headerTooBig: Check = {
  id: 'header-too-big',
  title: "Response heads are larger than the web servers' buffers",
  severity: 'warning',
  explanation: `Web servers read the head of a CGI response into one buffer of fixed size before they pass anything on. nginx uses fastcgi_buffer_size, by default one memory page (4,096 bytes on most machines), and what has to fit is not only the head: the 8 bytes of each record header are in it, and so is STDERR text that comes before the end of the head. If it does not fit, the user gets a 502 and the log says "upstream sent too big header while reading response header from upstream".

Apache's mod_proxy_fcgi has 8,192 bytes that cannot be changed (500, "AH01070: Error parsing script headers"), mod_fcgid logs "mod_fcgid: header overflow", HAProxy ends with PH-- when the head is larger than tune.bufsize less tune.maxrewrite. lighttpd and Caddy take larger ones.

It happens to some users only, because cookies are the usual reason: those with many of them get the error, everybody else does not. From a capture the size is certain but the web server's setting is not, so a head over 4,096 bytes is a warning even where this web server happens to accept it.`,
  remedy: ADVICE,
  needs: ['payload'],
  run(facts) {
    if (!showsRequests(facts)) return 'not-applicable';
    const findings: Finding[] = [];
    for (const { endpoint, roughRequests: rows } of facts.listeners) {
      const evidence: Evidence[] = [];
      let count = 0;
      let largest = 0;
      let refused = 0;
      for (let at = 0; at < rows.length; at++) {
        const row = rows[at];
        const size = sizeInBuffer(facts, row);
        if (size <= NGINX_BUFFER) continue;
        count++;
        if (size > largest) largest = size;
        const wasRefused = gaveUp(facts, row);
        if (wasRefused) refused++;
        if (evidence.length < MAX_EVIDENCE) evidence.push(head(facts, row, wasRefused));
      }
      if (count === 0) continue;
      findings.push({
        id: 'header-too-big',
        severity: 'warning',
        title:
          `${counted(count, 'response')} of ${endpoint} with a head that takes up to ${grouped(largest)} bytes, over the ` +
          `${largest > APACHE_BUFFER ? '8,192 that Apache and the ' : ''}4,096 that nginx takes by default`,
        detail:
          'A web server reads the head into one fixed buffer, record headers and STDERR before it included, and answers 502 ' +
          'when it does not fit. ' +
          (refused > 0
            ? `In ${counted(refused, 'case')} the web server closed the connection in the middle of the answer, as nginx ` +
              'does then.'
            : 'Whether this web server has larger buffers does not show in the capture.'),
        count,
        scope: { endpoint },
        evidence,
        advice: ADVICE,
      });
    }
    return findings;
  },
};

/** Bytes the web server has to buffer until the head is complete, as far as they are certain. */
function sizeInBuffer(facts: Facts, row: number): number {
  const { headBytes, stderrBytes, marks } = facts.requests;
  // Without a proper head there is no telling where it was meant to end.
  if (headBytes[row] === 0 || marks[row] & REQUEST_HEAD_INVALID) return 0;
  const size = headBytes[row] + RECORD_HEADER;
  // STDERR may have come after the head, unless the web server gave up in the middle.
  if (stderrBytes[row] > 0 && gaveUp(facts, row)) return size + stderrBytes[row] + RECORD_HEADER;
  return size;
}

/** The web server closed before the answer was complete. */
function gaveUp(facts: Facts, row: number): boolean {
  const { requests, connections } = facts;
  const connection = requests.connection[row];
  if (requests.marks[row] & REQUEST_ENDED) return false;
  return connections.firstFin[connection] === BY_WEB_SERVER || connections.firstReset[connection] === BY_WEB_SERVER;
}

function head(facts: Facts, row: number, refused: boolean): Evidence {
  const { requests } = facts;
  const stderr = requests.stderrBytes[row] > 0 ? ` and ${counted(requests.stderrBytes[row], 'byte')} of STDERR` : '';
  const complete = requests.marks[row] & REQUEST_HEAD_COMPLETE ? '' : ' so far, not complete,';
  const text =
    `${requestName(facts, row)}: a response head of ${counted(requests.headBytes[row], 'byte')}${complete}${stderr} on ` +
    `${connectionName(facts, requests.connection[row])}${refused ? '; then the web server closed' : ''}`;
  return requestEvidence(facts, row, text, requests.firstBytePacket[row], requests.firstByte[row]);
}
