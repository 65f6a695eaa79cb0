// Request bodies that did not come as CONTENT_LENGTH promised: the application waits for ever, or sees no body at all.

import { PROTOCOL_SCGI, REQUEST_CHUNKED } from '../../model/request-table.js';
import type { Check } from '../check.js';
import type { Facts, Listener } from '../facts.js';
import { type Advice, type Evidence, type Finding, MAX_EVIDENCE, type Severity } from '../finding.js';
import { stalledBodies } from '../host-evidence/connections.js';
import { withHost } from '../host-evidence/with-host.js';
import { counted, grouped, requestEvidence, requestName, showsRequests, span } from './shared-evidence.js';
import {
  BODY_AS_DECLARED,
  BODY_SHORT,
  BODY_STALLED,
  BODY_UNDECLARED,
  heldFor,
  isUnanswered,
  RequestBodies,
} from './shared-request-body.js';

const LENGTH_ADVICE: readonly Advice[] = [
  {
    for: 'caddy',
    text:
      'Before 2.9 an upload with "Transfer-Encoding: chunked" is passed on with CONTENT_LENGTH -1, which pins a php-fpm ' +
      'worker. Upgrade (2.9 answers 411), or buffer bodies with "request_buffers".',
  },
  {
    for: 'apache',
    text:
      'mod_proxy_fcgi passes chunked uploads on without CONTENT_LENGTH. "SetEnv proxy-sendcl 1" makes it read the body ' +
      'first and declare its length.',
  },
  {
    for: 'nginx',
    text:
      'Keep "fastcgi_request_buffering on" (the default), and send "fastcgi_param CONTENT_LENGTH $content_length" and ' +
      'nothing else under that name.',
  },
];

const STALL_ADVICE: readonly Advice[] = [
  {
    for: 'nginx',
    text:
      'Keep "fastcgi_request_buffering on": then the application is asked only when the body is complete. Without it only ' +
      '"client_body_timeout" (60 s) ends the wait, not "fastcgi_read_timeout".',
  },
  {
    for: 'apache',
    text:
      'Bodies with a Content-Length are always passed on as they come, and ProxyTimeout does not end the wait: set ' +
      '"RequestReadTimeout body=20,MinRate=500" (mod_reqtimeout).',
  },
  {
    for: 'caddy',
    text:
      'Set "request_buffers", "read_timeout" and "write_timeout" for the FastCGI transport and "read_body" in the ' +
      "server's timeouts: by default there is none.",
  },
];

const FPM_ADVICE: Advice = {
  for: 'php-fpm',
  text:
    'As the last resort "request_terminate_timeout = 60s" frees the worker. Its slow log shows nothing of this, since the ' +
    'script has not begun; on the status page the state is "Getting request information".',
};

interface Kind {
  readonly body: number;
  readonly unanswered: boolean;
  readonly severity: Severity;
  readonly title: (count: string, endpoint: string) => string;
  readonly detail: string;
  readonly advice: readonly Advice[];
}

const KINDS: readonly Kind[] = [
  {
    body: BODY_SHORT,
    unanswered: true,
    severity: 'error',
    title: (count, endpoint) => `${count} to ${endpoint} with less body than declared, and no answer`,
    detail:
      'STDIN was closed properly but brought fewer bytes than CONTENT_LENGTH declared. php-fpm then waits for the rest for ' +
      'ever: it does not remember that the stream has ended, and one worker is gone until the web server closes the ' +
      'connection. The script has not even begun.',
    advice: [...LENGTH_ADVICE, FPM_ADVICE],
  },
  {
    body: BODY_STALLED,
    unanswered: true,
    severity: 'error',
    title: (count, endpoint) => `${count} to ${endpoint} waited over 5 s for the rest of the body`,
    detail:
      'PARAMS and a part of the body arrived, then the rest did not come, so the application could not begin. The cause is ' +
      "on the sender's side of the web server (a stalled or very slow upload), but it is a worker of the application that " +
      'is held meanwhile, at no processor load.',
    advice: [...STALL_ADVICE, FPM_ADVICE],
  },
  {
    body: BODY_UNDECLARED,
    unanswered: false,
    severity: 'error',
    title: (count, endpoint) => `${count} to ${endpoint} with a body but no CONTENT_LENGTH`,
    detail:
      'STDIN carried a body that no CONTENT_LENGTH announced. php-fpm reads as many bytes as CONTENT_LENGTH says, so it sees ' +
      'an empty body and answers as if nothing had been sent: the upload is lost, and nothing is logged anywhere. An ' +
      'application that reads STDIN to its end is not affected.',
    advice: LENGTH_ADVICE,
  },
  {
    body: BODY_SHORT,
    unanswered: false,
    severity: 'warning',
    title: (count, endpoint) => `${count} to ${endpoint} with less body than declared, answered all the same`,
    detail:
      'STDIN was closed with fewer bytes than CONTENT_LENGTH declared. This application answered, so it may have worked on ' +
      'half a body; php-fpm in its place would have waited for the rest for ever.',
    advice: LENGTH_ADVICE,
  },
];

export const requestBodyStalled: Check = withHost(stalledBodies, {
  id: 'request-body-stalled',
  title: 'Request bodies stall, are shorter than declared, or come without CONTENT_LENGTH',
  severity: 'error; a warning where a body that was too short was answered all the same',
  explanation: `A FastCGI request says how long its body is in the parameter CONTENT_LENGTH, and then sends it as STDIN records up to an empty one. If the two disagree, it depends on the application what happens, and php-fpm, the commonest one, goes by CONTENT_LENGTH.

Less on STDIN than declared (or CONTENT_LENGTH -1, as Caddy before 2.9 sent it for chunked uploads): once php-fpm has read a byte of the body it reads until the declared number is there, does not notice the end of STDIN, and waits until the web server closes the connection. The status page shows such a worker as "Getting request information" for hours. A simple "curl -T - URL" was enough to pin a worker that way.

A body without CONTENT_LENGTH: php-fpm does not read it at all, the script sees an empty body and answers 200. This happens with chunked uploads behind Apache's mod_proxy_fcgi with its default settings, and behind nginx with "fastcgi_request_buffering off", and only when the body does not arrive together with the request head, so it looks like a flaky client.

A body that stops coming: with buffering off (and always in Apache and Caddy) the application is asked before the body is complete. A stalled upload then holds a worker, and the web server's read timeout does not apply, since it is not the application that is waited for. Some of these at once, and all workers are busy at no processor load.`,
  remedy: [...LENGTH_ADVICE, ...STALL_ADVICE, FPM_ADVICE],
  needs: ['payload'],
  run(facts) {
    if (!showsRequests(facts)) return 'not-applicable';
    const findings: Finding[] = [];
    const bodies = new RequestBodies(facts);
    for (const listener of facts.listeners) findings.push(...findingsOf(facts, bodies, listener));
    return findings;
  },
});

function findingsOf(facts: Facts, bodies: RequestBodies, listener: Listener): Finding[] {
  const counts = KINDS.map(() => 0);
  const evidence = KINDS.map((): Evidence[] => []);
  for (let at = 0; at < listener.roughRequests.length; at++) {
    const row = listener.roughRequests[at];
    const body = bodies.judge(row);
    if (body === BODY_AS_DECLARED) continue;
    const unanswered = isUnanswered(facts, row);
    const kind = KINDS.findIndex(
      (each) => each.body === body && (body !== BODY_SHORT || each.unanswered === unanswered),
    );
    if (++counts[kind] <= MAX_EVIDENCE) evidence[kind].push(lengths(facts, row, body));
  }
  const scope = { endpoint: listener.endpoint };
  return KINDS.map(({ severity, title, detail, advice }, index): Finding => {
    const count = counts[index];
    const headline = title(counted(count, 'request'), listener.endpoint);
    return {
      id: 'request-body-stalled',
      severity,
      title: headline,
      detail,
      count,
      scope,
      evidence: evidence[index],
      advice,
    };
  }).filter(({ count }) => count > 0);
}

function lengths(facts: Facts, row: number, body: number): Evidence {
  const { requests } = facts;
  const declared = requests.contentLength[row];
  const chunked = requests.marks[row] & REQUEST_CHUNKED ? ', HTTP_TRANSFER_ENCODING chunked' : '';
  const stream = requests.protocol[row] === PROTOCOL_SCGI ? 'the body' : 'STDIN';
  const promised =
    declared >= 0
      ? `CONTENT_LENGTH ${grouped(declared)}`
      : body === BODY_UNDECLARED
        ? 'no CONTENT_LENGTH'
        : 'an invalid CONTENT_LENGTH';
  const end = body === BODY_STALLED ? `; unfinished after ${span(heldFor(facts, row))}` : '';
  const text = `${requestName(facts, row)}: ${promised}${chunked}, ${stream} brought ${counted(requests.stdinBytes[row], 'byte')}${end}`;
  return requestEvidence(facts, row, text);
}
