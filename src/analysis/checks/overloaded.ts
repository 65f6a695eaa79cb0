// Requests that the application refused because it was out of some resource: END_REQUEST with FCGI_OVERLOADED.
import { OVERLOADED } from '../../fastcgi/constants.js';
import type { Check } from '../check.js';
import type { Advice } from '../finding.js';
import { counted } from './shared-evidence.js';
import { protocolStatusFindings } from './shared-protocol-status.js';

const ADVICE: readonly Advice[] = [
  {
    for: 'application',
    text:
      'Find the limit it refused at: its number of workers, of database connections, or of requests it takes on one ' +
      'connection. Raise that limit, or make requests shorter.',
  },
  {
    for: 'haproxy',
    text:
      'Let requests wait in front of the application instead of being refused by it: "maxconn" on the server line with ' +
      '"timeout queue", and "max-reqs" in the fcgi-app section not above what the application takes.',
  },
  {
    for: 'nginx',
    text:
      'Limit what gets through ("limit_conn", "max_conns" on the upstream server) and name a second server with ' +
      '"fastcgi_next_upstream error invalid_header", so that a refused request is tried there.',
  },
];

export const overloaded: Check = {
  id: 'overloaded',
  title: 'The application refuses requests with FCGI_OVERLOADED',
  severity: 'error',
  explanation: `A FastCGI application may end a request without working on it and say why in END_REQUEST: protocolStatus 2, FCGI_OVERLOADED, means that it ran out of some resource, for example database connections or places for requests on one connection.

Web servers do not tell this status apart from a broken answer, so their logs hide it. nginx answers 502 and logs "upstream sent unexpected FastCGI record: 3 while reading response header from upstream"; lighttpd answers 500 and logs nothing; Apache's mod_proxy_fcgi answers 200 with an empty page and logs nothing; Caddy answers 502 with "EOF". mod_fastcgi is the only one to name it: "protocol error: invalid FCGI_END_REQUEST status: 2 != FCGI_REQUEST_COMPLETE(0)".

php-fpm and libfcgi never send this status: they let connections wait in the accept queue instead. Where it is seen, the application (or a gateway in front of it) counts its load itself, and its limit is what has to be looked at.`,
  remedy: ADVICE,
  needs: ['payload'],
  run: (facts) =>
    protocolStatusFindings(facts, {
      id: 'overloaded',
      status: OVERLOADED,
      title: (count, { endpoint }) =>
        `${counted(count, 'request')} refused by the application at ${endpoint} as overloaded (FCGI_OVERLOADED)`,
      detail:
        'The application ended these requests without working on them and gave "out of resources" as the reason in ' +
        'END_REQUEST. No common web server names this status: depending on the server the user gets a 502, a 500, or an ' +
        'empty page with status 200, so the logs will not lead here.',
      advice: ADVICE,
    }),
};
