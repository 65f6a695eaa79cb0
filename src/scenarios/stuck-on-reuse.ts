// Keep-alive in front of an application with a lock around accept: each connection works once.
import { scenario } from './scenario.js';

export const stuckOnReuse = scenario({
  name: 'stuck-on-reuse',
  symptom: 'Requests wait, hang or time out',
  summary:
    'keep-alive with a libfcgi program that locks around accept: the second request of a connection is never read',
  explanation: `With KEEP_CONN FCGX_Accept_r does not accept after a request: it reads the next request from the connection that it has. Programs made after libfcgi's threaded example hold a mutex around that call. One idle kept connection then keeps the lock, and requests on all other kept connections stay unread, each in front of a thread that waits for the lock.

The same program works perfectly with a connection for each request, so the cause is sought everywhere but there. nginx logs "upstream timed out (110: Connection timed out)", as for a slow script.

The cure is the program without that lock (accept() needs none), or a web server without keep-alive.`,
  parameters: {
    lock: { fallback: 'yes', words: ['yes', 'no'], meaning: 'a lock around accepting and reading PARAMS' },
    connections: { fallback: 4, least: 3, most: 16, meaning: 'kept connections' },
    patience: { fallback: 1300, least: 200, most: 60_000, meaning: 'milliseconds after which the web server gives up' },
  },
  stages: [{ name: 'bug', summary: 'keep-alive and a lock', values: { lock: 'yes' }, findings: ['stuck-on-reuse'] }],
  cure: { name: 'cure', summary: 'keep-alive without the lock', values: { lock: 'no' }, findings: [] },
  fronts: ['nginx'],
  applications: ['libfcgi'],
  play: ({ lock, connections, patience }) => ({
    transport: 'tcp',
    application: { workers: 1, slots: connections + 1, acceptLock: lock === 'yes' },
    fronts: [{ like: 'nginx', keep: connections, most: connections, readTimeout: patience, retry: false }],
    steps: [
      { kind: 'requests', name: 'first', at: 0, uri: '/quick?ms=250', count: connections, every: 30 },
      // The pool gives out the connection that was used last: the one that was done first stays idle and keeps the lock.
      { kind: 'requests', after: 'first', at: 300, uri: '/quick?ms=250', count: connections - 1, every: 10 },
    ],
  }),
});
