// Requests refused because the application does not play the role asked for: END_REQUEST with FCGI_UNKNOWN_ROLE.
import { UNKNOWN_ROLE } from '../../fastcgi/constants.js';
import type { Check } from '../check.js';
import type { Advice } from '../finding.js';
import { counted } from './shared-evidence.js';
import { protocolStatusFindings } from './shared-protocol-status.js';

const ADVICE: readonly Advice[] = [
  {
    for: 'lighttpd',
    text:
      'Set "mode" => "responder" in fastcgi.server for this path, or send the path to a program that is an authorizer: ' +
      '"mode" => "authorizer" asks the program for permission, it does not let it make the page.',
  },
  {
    for: 'apache',
    text:
      'Let AuthnzFcgiDefineProvider (mod_authnz_fcgi) and FcgidAuthenticator, FcgidAuthorizer, FcgidAccessChecker ' +
      '(mod_fcgid) lead only to programs written as authorizers.',
  },
  {
    for: 'application',
    text: 'Serve the role, or end such a request on purpose: a refused authorizer keeps everybody out.',
  },
];

export const unknownRole: Check = {
  id: 'unknown-role',
  title: 'The application refuses requests with FCGI_UNKNOWN_ROLE',
  severity: 'error',
  explanation: `BEGIN_REQUEST says what the application is to be: a Responder that makes the page (1), an Authorizer that only allows or denies (2), or a Filter that changes a file sent along (3). An application that does not know the role answers END_REQUEST with protocolStatus 3, FCGI_UNKNOWN_ROLE.

nginx, Apache's mod_proxy_fcgi, HAProxy and Caddy always ask for a Responder. lighttpd asks for an Authorizer where "mode" => "authorizer" is set, and Apache's mod_authnz_fcgi and mod_fcgid do for access checks, so this status nearly always means that such a path leads to the wrong program.

php-fpm and libfcgi do not send the status: for a role they do not know they close the connection without a word, which is reported as premature-close.`,
  remedy: ADVICE,
  needs: ['payload'],
  run: (facts) =>
    protocolStatusFindings(facts, {
      id: 'unknown-role',
      status: UNKNOWN_ROLE,
      title: (count, { endpoint }) =>
        `${counted(count, 'request')} refused by the application at ${endpoint}: unknown role (FCGI_UNKNOWN_ROLE)`,
      detail:
        'The web server asked for a role (responder, authorizer or filter) that this application does not play, so it ended ' +
        'the requests without working on them. The usual cause is an authorizer configuration that leads to a program which ' +
        'only makes pages, or the other way round.',
      advice: ADVICE,
    }),
};
