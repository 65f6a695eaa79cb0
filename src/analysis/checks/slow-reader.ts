// Answers held up for over a second because the web server did not read them: its receive window was closed.
import type { Check } from '../check.js';
import type { Advice } from '../finding.js';
import { counted, grouped, span } from './shared-evidence.js';
import { slowFindings } from './shared-slow-requests.js';

const ADVICE: readonly Advice[] = [
  {
    for: 'nginx',
    text:
      'Keep "fastcgi_buffering on" and give it room: "fastcgi_buffers 16 16k", "fastcgi_max_temp_file_size" above the ' +
      'largest answer, and the temporary folder on a fast disk or tmpfs. Look for "X-Accel-Buffering: no" in the answers.',
  },
  {
    for: 'lighttpd',
    text: 'Set "server.stream-response-body = 0" or 1 rather than 2 where answers are large and users slow.',
  },
  {
    for: 'apache',
    text:
      "mod_proxy_fcgi passes answers on at the user's pace. Serve large files with X-Sendfile (mod_xsendfile) instead of " +
      'through the application.',
  },
  {
    for: 'application',
    text: 'Hand large files to the web server (X-Accel-Redirect for nginx, X-Sendfile for lighttpd and Apache).',
  },
];

export const slowReader: Check = {
  id: 'slow-reader',
  title: 'Answers are held up because the web server does not read them',
  severity: 'warning',
  explanation: `The application had bytes to send, and the web server had announced a TCP window of zero: its receive buffer was full, because it passes the answer on to the user only as fast as the user reads. Meanwhile the worker of the application is blocked in write().

With buffering on, nginx and lighttpd take the answer into memory or a temporary file as fast as the application makes it, and the worker is free; nginx then warns "an upstream response is buffered to a temporary file". With "fastcgi_buffering off", "X-Accel-Buffering: no", lighttpd's stream-response-body 2 or Apache, the worker is tied to the user's line. On php-fpm's status page it stays "Running" with hardly any processor time.

The times come from the window announcements in the capture. On a kept connection with several requests they are shared out among the answers in proportion to their length.`,
  remedy: ADVICE,
  needs: ['payload'],
  run: (facts) =>
    slowFindings(facts, 'reader', ({ listener, count, times }) => ({
      id: 'slow-reader',
      severity: 'warning',
      title:
        `${grouped(count)} of ${counted(listener.requests.length, 'answer')} from ${listener.endpoint} waited over a second for the web ` +
        `server to read: median ${span(times.p50)}, longest ${span(times.max)}`,
      detail:
        'The application had more to send, but the web server had closed its receive window: it does not read on until the ' +
        'user behind it has taken what is there. A worker is blocked in writing for that time and serves nobody else.',
      advice: ADVICE,
    })),
};
