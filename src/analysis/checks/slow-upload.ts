// Requests whose own input took over a second to arrive while the application waited for it.
import type { Check } from '../check.js';
import type { Advice } from '../finding.js';
import { counted, grouped, span } from './shared-evidence.js';
import { slowFindings } from './shared-slow-requests.js';

const ADVICE: readonly Advice[] = [
  {
    for: 'nginx',
    text:
      'Set "fastcgi_request_buffering on" (the default): nginx then takes the whole body first and asks the application ' +
      'only when it is complete.',
  },
  {
    for: 'lighttpd',
    text: 'Set "server.stream-request-body = 0" (the default): bodies are collected before the application is asked.',
  },
  {
    for: 'apache',
    text:
      'mod_proxy_fcgi passes bodies on as they come. Bound slow senders with "RequestReadTimeout body=20,MinRate=500" ' +
      '(mod_reqtimeout), or set "SetEnv proxy-sendcl 1" to have chunked bodies read first.',
  },
  {
    for: 'caddy',
    text: 'Set "request_buffers" for the FastCGI transport\'s reverse_proxy, and "read_body" in the timeouts.',
  },
];

export const slowUpload: Check = {
  id: 'slow-upload',
  title: 'Request bodies take over a second to arrive while a worker waits',
  severity: 'warning',
  explanation: `The web server had begun the request at the application before the body was there, and passed the body on at the pace of the user's upload. The worker was held from BEGIN_REQUEST to the end of STDIN and did nothing but wait; the script began only then. The request is slow, but the application is not.

Whether that can happen is the web server's setting. nginx and lighttpd collect the body first unless they are told otherwise ("fastcgi_request_buffering off", "server.stream-request-body"). Apache's mod_proxy_fcgi and Caddy pass every body with a Content-Length on as it comes. A few users on slow lines are then enough to hold all workers at no processor load, and php-fpm's slow log stays empty, because it looks only at scripts that have begun.

The web server's read timeout does not help: nginx's fastcgi_read_timeout and Apache's ProxyTimeout do not run while the body is on its way. Bodies that stop altogether are reported as request-body-stalled.`,
  remedy: ADVICE,
  needs: ['payload'],
  run: (facts) =>
    slowFindings(facts, 'upload', ({ listener, count, times }) => ({
      id: 'slow-upload',
      severity: 'warning',
      title:
        `${grouped(count)} of ${counted(listener.requests.length, 'request')} to ${listener.endpoint} took over a second to arrive: ` +
        `median ${span(times.p50)}, longest ${span(times.max)}`,
      detail:
        'The web server passed the body on while it was still coming in, so a worker of the application was held for the ' +
        'whole upload and could not begin. The time went before the end of STDIN: it is the sender that was slow, not the ' +
        'application.',
      advice: ADVICE,
    })),
};
