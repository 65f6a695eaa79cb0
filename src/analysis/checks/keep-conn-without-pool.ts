// KEEP_CONN is asked for, but the web server closes each connection as soon as its one request is done.
import { REQUEST_ENDED, REQUEST_KEEP_CONN } from '../../model/request-table.js';
import { BY_WEB_SERVER } from '../../model/side.js';
import type { Check } from '../check.js';
import type { Facts, Listener } from '../facts.js';
import { type Advice, type Evidence, type Finding, MAX_EVIDENCE } from '../finding.js';
import { endPacket, isClosed, webServerEnd } from './shared-endings.js';
import { connectionEvidence, connectionName, counted, grouped, showsRequests, span } from './shared-evidence.js';

/** A close this soon after END_REQUEST is no idle timeout: there was nowhere to keep the connection. */
const AT_ONCE = 50e6;
const ENOUGH = 3;

const TIME_WAIT_MOVES =
  "Nothing is saved, and TIME_WAIT moves from the application, where it is harmless, to the web server's ephemeral ports.";
const RESETS = 'Nothing is saved but TIME_WAIT: it closes with RST.';

const ADVICE: readonly Advice[] = [
  {
    for: 'nginx',
    text:
      'Give it a pool: "upstream app { server 127.0.0.1:9000; keepalive 8; }" and "fastcgi_pass app;" (an address in ' +
      'fastcgi_pass has none). From 1.29.7 on an explicit upstream block has "keepalive 32 local" by itself. Keep ' +
      'keepalive x worker_processes below the number of application workers.',
  },
  {
    for: 'nginx',
    text: 'Or take "fastcgi_keep_conn on" out: then the application closes first, which costs no ports.',
  },
  {
    for: 'haproxy',
    text: 'With "http-reuse safe" the first request of each client opens a connection: "http-reuse always" shares them.',
  },
  { for: 'apache', text: 'Look whether the pool is too small for the load: "max=" of the worker, per child process.' },
];

export const keepConnWithoutPool: Check = {
  id: 'keep-conn-without-pool',
  title: 'KEEP_CONN is set, but the web server has no pool to keep connections in',
  severity: 'warning',
  explanation: `FCGI_KEEP_CONN in BEGIN_REQUEST asks the application not to close the connection after the request. Keeping it is then the web server's business: it needs a pool. nginx has two separate directives for this, and "fastcgi_keep_conn on" alone only does the first half. Having read END_REQUEST, nginx finds no pool and closes the connection itself.

The result is worse than doing nothing. Without the flag the application closes first and TIME_WAIT stays on its side, where it uses no ports. With the flag and no pool the web server closes first, and each request now leaves one of its ephemeral ports in TIME_WAIT for 60 seconds: with some 470 requests a second the range is used up and connect() fails with EADDRNOTAVAIL. Nothing is logged before that.

There is one thing to say for the flag: with it nginx notices a response that breaks off ("upstream prematurely closed connection while reading upstream"), which without it looks complete (see truncated-response).`,
  remedy: ADVICE,
  needs: ['payload'],
  run(facts) {
    if (!showsRequests(facts)) return 'not-applicable';
    return facts.listeners.flatMap((listener) => findingOf(facts, listener) ?? []);
  },
};

function findingOf(facts: Facts, listener: Listener): Finding | undefined {
  const { connections } = facts;
  const evidence: Evidence[] = [];
  const { closed } = listener.endings;
  let count = 0;
  let left = 0;
  for (let at = 0; at < listener.roughConnections.length; at++) {
    const row = listener.roughConnections[at];
    if (!isClosed(connections, row)) continue;
    const pause = pauseBeforeClose(facts, row);
    if (!(pause <= AT_ONCE)) continue;
    if (connections.timeWait[row] & BY_WEB_SERVER) left++;
    if (++count > MAX_EVIDENCE) continue;
    const time = webServerEnd(connections, row);
    const text = `${connectionName(facts, row)}: KEEP_CONN set, one request, closed by the web server ${span(pause)} after END_REQUEST`;
    evidence.push(connectionEvidence(facts, row, text, endPacket(connections, row, time), time));
  }
  if (count < ENOUGH || count * 2 <= closed) return undefined;
  return {
    id: keepConnWithoutPool.id,
    severity: 'warning',
    title: `KEEP_CONN is set at ${listener.endpoint}, but the web server closes ${grouped(count)} of ${counted(closed, 'connection')} after one request`,
    detail:
      'The application is asked to keep the connection and does so; the web server then closes it at once, because it has no pool ' +
      `to put it into or keeps it for one client only. ${left * 2 > count ? TIME_WAIT_MOVES : RESETS}`,
    count,
    scope: { endpoint: listener.endpoint },
    evidence,
    advice: ADVICE,
  };
}

/** From END_REQUEST of the only request, with KEEP_CONN, to the web server's close; NaN where it was not like that. */
function pauseBeforeClose(facts: Facts, row: number): number {
  const { connections, conversations, requests } = facts;
  const request = conversations.firstRequest[row] - 1;
  const wanted = REQUEST_KEEP_CONN | REQUEST_ENDED;
  if (conversations.requests[row] !== 1 || (requests.marks[request] & wanted) !== wanted) return NaN;
  return webServerEnd(connections, row) - requests.end[request];
}
