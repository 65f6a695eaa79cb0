// Another protocol on a FastCGI listener: HTTP, TLS, SCGI, CGI output without records, or noise.
import { SIDE_NAMES } from '../../model/side.js';
import type { Check } from '../check.js';
import type { Facts, Listener } from '../facts.js';
import { type Advice, type Evidence, type Finding, MAX_EVIDENCE } from '../finding.js';
import { describeForeign } from '../protocol-guess.js';
import { connectionEvidence, connectionName, counted, grouped, listed, showsRequests } from './shared-evidence.js';
import { type OtherProtocol, otherProtocol } from './shared-other-protocol.js';

/** First bytes shown. */
const SHOWN = 16;
const NOISE = 'unknown binary data';

const ADVICE: readonly Advice[] = [
  {
    for: 'nginx',
    text:
      'Check that the location uses "fastcgi_pass" for a FastCGI application, "proxy_pass" for an HTTP server, ' +
      '"scgi_pass" for SCGI and "uwsgi_pass" for uwsgi, and that the port is the one you mean.',
  },
  {
    for: 'host',
    text:
      'See who listens on the port ("ss -ltnp"). On port 9000 it is often not php-fpm but Xdebug before version 3, or ' +
      'another container. Health checks and port scanners should not be let to this port.',
  },
  {
    for: 'application',
    text:
      'A program started as FastCGI has to find the listening socket as file descriptor 0; started by hand or by a plain ' +
      'inetd it takes itself for a CGI program and prints its answer as it is.',
  },
  {
    for: 'capture',
    text: 'If the port was named with -d by mistake, leave the option out: FastCGI is found on any port by its records.',
  },
];

export const notFastcgi: Check = {
  id: 'not-fastcgi',
  title: 'Another protocol is spoken on a FastCGI listener',
  severity: 'error',
  explanation: `Every FastCGI record begins with the version byte 1. Where the first bytes of a side are something else, the two programs do not speak the same protocol: a web server that sends HTTP or SCGI to a FastCGI application, or an application that answers with HTTP or with bare CGI output.

The web servers name only the first wrong byte. nginx: "upstream sent unsupported FastCGI protocol version: 72 while reading response header from upstream"; Apache: "AH01068: Got bogus version 72"; Caddy: "fcgi: invalid header version". 72 is the H of HTTP, 83 the S of "Status:", 60 a "<", 22 the first byte of TLS. lighttpd does not look at the version byte at all.

An application that gets another protocol closes the connection: php-fpm with a reset and without a line in its log, libfcgi with FCGX_Accept_r simply waiting for the next connection. Health checks and port scans look the same, and are harmless apart from the worker they occupy for a moment.`,
  remedy: ADVICE,
  needs: ['payload'],
  run(facts) {
    if (!showsRequests(facts)) return 'not-applicable';
    const findings: Finding[] = [];
    for (const listener of facts.listeners) {
      if (listener.protocol !== 'fastcgi') continue;
      const finding = findingOf(facts, listener);
      if (finding) findings.push(finding);
    }
    return findings;
  },
};

function findingOf(facts: Facts, listener: Listener): Finding | undefined {
  const evidence: Evidence[] = [];
  const kinds = new Map<string, number>();
  let count = 0;
  let elsewhere = listener.requests.length;
  for (let at = 0; at < listener.roughConnections.length; at++) {
    const row = listener.roughConnections[at];
    const other = otherProtocol(facts, row);
    if (!other) continue;
    count++;
    elsewhere -= facts.conversations.requests[row];
    const kind = other.bytes ? describeForeign(other.bytes) : NOISE;
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    if (evidence.length < MAX_EVIDENCE) evidence.push(firstBytes(facts, row, other, kind));
  }
  if (count === 0) return undefined;
  const { endpoint, named } = listener;
  const names = listed([...kinds].sort((a, b) => b[1] - a[1]).map(([kind, times]) => `${kind} (${grouped(times)})`));
  return {
    id: 'not-fastcgi',
    severity: 'error',
    title: `${counted(count, 'connection')} of ${endpoint} ${count === 1 ? 'does' : 'do'} not speak FastCGI: ${names}`,
    detail:
      'What these connections carry is no chain of FastCGI records (each begins with the byte 1 and a known type), so the ' +
      'one side cannot understand the other. ' +
      (elsewhere > 0
        ? `Other connections of this listener carried ${counted(elsewhere, 'FastCGI request')}, so the listener is a ` +
          'FastCGI application and somebody speaks to it in the wrong protocol: a misdirected proxy, a health check, a scan.'
        : `No connection of this listener carried FastCGI${named ? ', although -d names it as such' : ''}: the port or the ` +
          'kind of pass in the web server is probably wrong.'),
    count,
    scope: { endpoint },
    evidence,
    advice: ADVICE,
  };
}

function firstBytes(facts: Facts, row: number, { side, bytes }: OtherProtocol, kind: string): Evidence {
  const shown = bytes
    ? Array.from(bytes.subarray(0, SHOWN), (byte) => byte.toString(16).padStart(2, '0')).join(' ')
    : '01, like a record, and then makes no sense';
  return connectionEvidence(
    facts,
    row,
    `the ${SIDE_NAMES[side]} on ${connectionName(facts, row)} begins with ${shown}: ${kind}`,
  );
}
