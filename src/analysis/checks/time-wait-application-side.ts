// The application closes first on every connection, so the sockets in TIME_WAIT pile up on its port.

import { APPLICATION } from '../../model/side.js';
import type { Check } from '../check.js';
import type { Facts } from '../facts.js';
import type { Advice, Finding } from '../finding.js';
import { timeWaitAtApplication } from '../host-evidence/ports.js';
import { withHost } from '../host-evidence/with-host.js';
import { judgeTimeWait, type TimeWaitVerdict } from '../time-wait-rule.js';
import { counted, grouped } from './shared-evidence.js';
import {
  askedToStay,
  endpointsOf,
  forecastSentence,
  keepConnSentence,
  timeWaitEvidence,
  timeWaitScope,
} from './shared-time-wait.js';

const ADVICE: readonly Advice[] = [
  {
    for: 'nginx',
    text:
      'Both are needed: "fastcgi_keep_conn on;" and a pool, "upstream app { server 127.0.0.1:9000; keepalive 8; }" with ' +
      '"fastcgi_pass app;". The flag without the pool is worse than neither. Keep keepalive x worker_processes clearly below ' +
      'the number of application workers: each kept connection occupies one.',
  },
  { for: 'apache', text: 'Reuse connections: "ProxyPass ... enablereuse=on max=N", N below the number of workers.' },
  {
    for: 'haproxy',
    text: 'Connections are kept by default; take "no option keep-conn" out of the fcgi-app section, set "http-reuse always".',
  },
  {
    for: 'lighttpd',
    text: 'It opens a connection for every request and cannot keep one. A unix socket leaves no TIME_WAIT at all.',
  },
  {
    for: 'host',
    text:
      'With web server and application on one host use a unix socket. "net.ipv4.tcp_fin_timeout" has nothing to do with ' +
      'TIME_WAIT, and "tcp_tw_recycle" no longer exists.',
  },
];

export const timeWaitApplicationSide: Check = withHost(timeWaitAtApplication, {
  id: 'time-wait-application-side',
  title: 'The application closes first: TIME_WAIT piles up on its side',
  severity:
    'by what it comes to: a note below 1,000 sockets in TIME_WAIT at once, a warning from there on; a note for fewer than ' +
    '10 connections',
  explanation: `Who sends the first FIN keeps the socket in TIME_WAIT for 60 seconds. A web server that does not set FCGI_KEEP_CONN asks the application to close after the request, and then the application sends that FIN: libfcgi and php-fpm both shut down their side right after END_REQUEST. One connection for each request, so the sockets in TIME_WAIT on the application's port are about 60 times the requests a second. This is the default of nginx, lighttpd, Apache's mod_proxy_fcgi and Caddy.

It costs memory and, on busy hosts, the limit net.ipv4.tcp_max_tw_buckets ("TCP: time wait bucket table overflow" in the kernel log). It does not use up ephemeral ports: a SYN from the web server's port that stands in TIME_WAIT on the application's side is accepted as a new connection. That makes it far less dangerous than TIME_WAIT on the web server's side. What is felt more is the price of a new connection for every request.

No log line tells of it. "ss -tan state time-wait" shows rows whose local port is the application's.

The cure is to keep connections open, and that needs both halves: the flag in every BEGIN_REQUEST and a pool on the web server's side. And it needs enough workers: php-fpm and libfcgi give a kept connection a worker (or a thread) for as long as it is open, idle or not. See keep-conn-without-pool and keep-alive-pins-workers before changing anything.`,
  remedy: ADVICE,
  needs: ['packets'],
  run(facts) {
    if (facts.tcpPackets === 0) return 'not-applicable';
    return judgeTimeWait(facts, APPLICATION).map((verdict) => findingOf(facts, verdict));
  },
});

function findingOf(facts: Facts, verdict: TimeWaitVerdict): Finding {
  const asked = askedToStay(facts, verdict, APPLICATION);
  const { severity, count, closed } = verdict;
  return {
    id: timeWaitApplicationSide.id,
    severity,
    title:
      `${grouped(count)} of ${counted(closed, 'closed connection')} ${count === 1 ? 'leaves' : 'leave'} TIME_WAIT on the ` +
      `application's side (${endpointsOf(verdict)})`,
    detail: [
      'The application sent the first FIN, so its side keeps the socket.',
      keepConnSentence(asked, APPLICATION),
      forecastSentence(verdict, facts.duration),
      'They cost memory and a new connection for each request, but no ephemeral ports: the web server can connect again from the same port.',
    ]
      .filter((sentence) => sentence !== '')
      .join(' '),
    count,
    scope: timeWaitScope(verdict),
    evidence: timeWaitEvidence(facts, verdict, APPLICATION),
    advice: ADVICE,
  };
}
