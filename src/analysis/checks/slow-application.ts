// Requests on which the application worked (or waited) for over a second; time in the accept queue is not counted.
import type { Check } from '../check.js';
import type { Advice } from '../finding.js';
import { counted, grouped, span } from './shared-evidence.js';
import { type SlowRequests, slowFindings } from './shared-slow-requests.js';

/** From this many requests on, times this close together are told as a fixed wait. */
const ENOUGH_ALIKE = 3;
const ALIKE = 0.02;

const ADVICE: readonly Advice[] = [
  {
    for: 'php-fpm',
    text:
      'Have the slow places written down: "request_slowlog_timeout = 1s" with "slowlog = /var/log/php-fpm/slow.log" logs ' +
      'a backtrace of every request over a second. "request_terminate_timeout", a little below the web server\'s read ' +
      'timeout, keeps hung scripts from holding workers.',
  },
  {
    for: 'application',
    text:
      'Long polls and event streams belong to a listener and workers of their own, so that short requests need not wait ' +
      'behind them; each one holds a worker, or at least a connection, for its whole time.',
  },
  {
    for: 'nginx',
    text:
      '"fastcgi_read_timeout" (60 s) bounds the pause between two reads, not the whole request. For long polls and event ' +
      'streams set "fastcgi_buffering off" or send "X-Accel-Buffering: no".',
  },
  {
    for: 'lighttpd',
    text:
      'lighttpd has no time limit for the application by default: set "read-timeout" and "write-timeout" for the host in ' +
      'fastcgi.server (recent versions have them).',
  },
];

export const slowApplication: Check = {
  id: 'slow-application',
  title: 'The application takes over a second for requests',
  severity: 'warning',
  explanation: `The time of a request has four parts: waiting until a worker takes it, its own PARAMS and body arriving, the application working, and the web server reading the answer. This finding is about the third part only, over one second. What a request waited in the accept queue is taken off as far as the queue is known (see stuck-accept-queue), so a fast script behind a full queue is not called slow.

Working includes waiting for something else: a database, another HTTP service, a lock, a sleep. From the connection they look alike. Where many requests take very nearly the same time, it is a wait of fixed length rather than work: a sleep, a long poll, or a timeout towards a dead service.

A long poll is slow on purpose, and then the number of seconds is no fault. It is worth a warning all the same, because each one holds a worker of php-fpm or a thread of a libfcgi program for all of that time: as many long polls as there are workers, and nobody else is served.

When it takes longer than the web server waits, users get 504: nginx logs "upstream timed out (110: Connection timed out) while reading response header from upstream", Apache "AH01075: Error dispatching request to ...: (polling)", lighttpd "read timeout on socket". The application usually works on, see abandoned-requests.`,
  remedy: ADVICE,
  needs: ['payload'],
  run: (facts) =>
    slowFindings(facts, 'application', (slow) => ({
      id: 'slow-application',
      severity: 'warning',
      title: titleOf(slow),
      detail: detailOf(slow),
      advice: ADVICE,
    })),
};

function titleOf({ listener, count, times }: SlowRequests): string {
  return (
    `${grouped(count)} of ${counted(listener.requests.length, 'request')} took the application at ${listener.endpoint} over a second: ` +
    `median ${span(times.p50)}, longest ${span(times.max)}`
  );
}

function detailOf({ count, times, unfinished, silent }: SlowRequests): string {
  const parts = [
    "The request had arrived completely and the answer was not held up by the reader: this is the application's own time, " +
      'without what it waited in the accept queue as far as that is known.',
  ];
  if (count >= ENOUGH_ALIKE && times.max - times.p50 < ALIKE * times.p50 && times.p50 - times.min < ALIKE * times.p50) {
    parts.push(
      `They all take very nearly the same time, ${span(times.p50)}: that is a wait of fixed length (a long poll, a sleep, ` +
        'a timeout towards something else) rather than work. If it is on purpose, it still holds a worker all that time.',
    );
  } else {
    parts.push(
      'It was computing or waiting for something else (database, another service, a lock); a capture cannot tell which.',
    );
  }
  if (silent > 0) {
    parts.push(
      `To ${silent === count ? 'all of them' : grouped(silent)} no byte was answered before the web server gave up or the ` +
        'capture ended: whether a worker had taken them at all, packets do not show.',
    );
  } else if (unfinished > 0) {
    parts.push(`${counted(unfinished, 'request')} had not ended when the web server gave up or the capture ended.`);
  }
  return parts.join(' ');
}
