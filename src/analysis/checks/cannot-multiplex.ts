// Requests refused because another one was in progress on the connection: END_REQUEST with FCGI_CANT_MPX_CONN.
import { CANT_MPX_CONN } from '../../fastcgi/constants.js';
import type { Check } from '../check.js';
import type { Advice } from '../finding.js';
import { counted } from './shared-evidence.js';
import { protocolStatusFindings } from './shared-protocol-status.js';

const ADVICE: readonly Advice[] = [
  {
    for: 'haproxy',
    text:
      'Take "option mpxs-conns" out of the fcgi-app section (or set "max-reqs 1"): one request at a time on a connection. ' +
      'It is the only common web server that multiplexes.',
  },
  {
    for: 'libfcgi',
    text:
      'Nothing to set: it serves one request a connection at a time, whatever the number of threads. For parallel ' +
      'requests the web server has to open more connections, and the application has to run more threads or processes.',
  },
  {
    for: 'application',
    text:
      'A client of your own should ask first (GET_VALUES with FCGI_MPXS_CONNS) and send the next BEGIN_REQUEST on a ' +
      'connection only after END_REQUEST unless the answer was 1.',
  },
];

export const cannotMultiplex: Check = {
  id: 'cannot-multiplex',
  title: 'The application refuses a second request on a busy connection with FCGI_CANT_MPX_CONN',
  severity: 'error',
  explanation: `FastCGI allows several requests at once on one connection, told apart by their request ids, but an application need not support it. One that does not answers the second BEGIN_REQUEST with END_REQUEST, protocolStatus 1, FCGI_CANT_MPX_CONN, and goes on with the first. libfcgi does exactly that, with threads or without.

php-fpm does not even refuse: it reads the second BEGIN_REQUEST as part of the first request, garbles the first and never answers the second. Both say so beforehand if they are asked: to GET_VALUES for FCGI_MPXS_CONNS they answer 0.

Among the common web servers only HAProxy multiplexes, and only with "option mpxs-conns"; on this refusal it goes back to one request a connection. nginx turns the refusal into a 502 ("upstream sent unexpected FastCGI record: 3 while reading response header from upstream"), lighttpd into a 500 and Apache into an empty 200, the last two without a line in the log.`,
  remedy: ADVICE,
  needs: ['payload'],
  run: (facts) =>
    protocolStatusFindings(facts, {
      id: 'cannot-multiplex',
      status: CANT_MPX_CONN,
      title: (count, { endpoint }) =>
        `${counted(count, 'request')} refused by the application at ${endpoint}: it does not multiplex (FCGI_CANT_MPX_CONN)`,
      detail:
        'These requests were begun on a connection that was busy with another one, and the application takes one at a time ' +
        'on a connection. The refused requests were not worked on; whoever sent them got an error or an empty page. The ' +
        'request that was in progress is not affected.',
      advice: ADVICE,
    }),
};
