// The web server closes first: each connection leaves one of its ephemeral ports in TIME_WAIT, and there are only so many.

import { WEB_SERVER } from '../../model/side.js';
import type { Check } from '../check.js';
import type { Facts } from '../facts.js';
import type { Advice, Finding } from '../finding.js';
import { timeWaitAtWebServer } from '../host-evidence/ports.js';
import { withHost } from '../host-evidence/with-host.js';
import { EPHEMERAL_PORTS } from '../time-wait-ledger.js';
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
      'If "fastcgi_keep_conn on;" is set, add the pool it needs: "upstream app { server 127.0.0.1:9000; keepalive 8; }" and ' +
      '"fastcgi_pass app;". Without a pool take the flag out again: then the application closes first, which is harmless ' +
      'for ports.',
  },
  {
    for: 'apache',
    text:
      'mod_proxy_fcgi closes as soon as it has END_REQUEST, without waiting for the application: use "enablereuse=on" with ' +
      'a "max=" below the number of workers.',
  },
  {
    for: 'lighttpd',
    text: 'It opens a connection for every request; use a unix socket where the application runs on the same host.',
  },
  {
    for: 'host',
    text:
      'For relief: "sysctl net.ipv4.tcp_tw_reuse=1" (2, the default, covers loopback only), a wider ' +
      '"net.ipv4.ip_local_port_range", or several destination addresses or ports. A unix socket has no ports to use up.',
  },
];

export const timeWaitWebServerSide: Check = withHost(timeWaitAtWebServer, {
  id: 'time-wait-web-server-side',
  title: 'The web server closes first: TIME_WAIT holds its ephemeral ports',
  severity:
    'by what it comes to: a note below 1,000 sockets in TIME_WAIT at once, a warning from there on, an error when one ' +
    'address pair would hold over half of the 28,232 ephemeral ports; never more than a warning for captures under 10 s',
  explanation: `Who sends the first FIN keeps the socket in TIME_WAIT for 60 seconds. If that is the web server, each connection holds one of its ephemeral ports for that time, and Linux has 28,232 of them by default for one pair of addresses and one application port. From about 470 new connections a second on there is none left: connect() fails with EADDRNOTAVAIL. The same number of TIME_WAIT sockets on the application's side does no such harm.

nginx does this when "fastcgi_keep_conn on" is set without a pool: the application keeps its side open as it was asked to, and nginx, which has nowhere to keep the connection, closes it. It also does it when a pool overflows or a kept connection times out. Apache's mod_proxy_fcgi closes right after END_REQUEST; on a fast path its FIN is first nearly every time, on a slower one the order is mixed. lighttpd races in the same way.

When the ports run out, nginx logs at level crit "connect() to 127.0.0.1:9000 failed (99: Cannot assign requested address) while connecting to upstream", HAProxy "Connect() failed for backend X: no free ports.", Apache "(99)Cannot assign requested address: AH00957: FCGI: attempt to connect to ... failed". A capture shows nothing of those attempts: no SYN leaves the host. "ss -tan state time-wait" shows rows whose peer port is the application's.`,
  remedy: ADVICE,
  needs: ['packets'],
  run(facts) {
    if (facts.tcpPackets === 0) return 'not-applicable';
    return judgeTimeWait(facts, WEB_SERVER).map((verdict) => findingOf(facts, verdict));
  },
});

function findingOf(facts: Facts, verdict: TimeWaitVerdict): Finding {
  const asked = askedToStay(facts, verdict, WEB_SERVER);
  const { severity, count, closed } = verdict;
  return {
    id: timeWaitWebServerSide.id,
    severity,
    title:
      `${grouped(count)} of ${counted(closed, 'closed connection')} ${count === 1 ? 'leaves' : 'leave'} TIME_WAIT on the ` +
      `web server's side (${endpointsOf(verdict)})`,
    detail: [
      'The web server sent the first FIN, so each of them keeps one of its ephemeral ports.',
      keepConnSentence(asked, WEB_SERVER),
      forecastSentence(verdict, facts.duration),
      portsSentence(facts, verdict),
    ]
      .filter((sentence) => sentence !== '')
      .join(' '),
    count,
    scope: timeWaitScope(verdict),
    evidence: timeWaitEvidence(facts, verdict, WEB_SERVER),
    advice: ADVICE,
  };
}

function portsSentence(facts: Facts, { busiest }: TimeWaitVerdict): string {
  const { forecast, listener, webServer } = busiest;
  const share = Math.round((100 * forecast) / EPHEMERAL_PORTS);
  const pair = `${facts.addresses.text(webServer)} to ${listener.endpoint}`;
  if (forecast > EPHEMERAL_PORTS) {
    return `From ${pair} that is more than the ${grouped(EPHEMERAL_PORTS)} ports Linux has by default: connect() would fail with EADDRNOTAVAIL.`;
  }
  return `From ${pair} that is ${share} % of the ${grouped(EPHEMERAL_PORTS)} ports Linux has by default.`;
}
