// One half-sent request holds the lock around accept(): all other threads are idle and nobody is served.
import { scenario } from './scenario.js';

export const acceptBlocked = scenario({
  name: 'accept-blocked',
  symptom: 'Requests wait, hang or time out',
  summary: 'a connection that stops in the middle of PARAMS holds the accept lock of a threaded application',
  explanation: `FCGX_Accept_r does not only accept a connection, it also reads BEGIN_REQUEST and all PARAMS before it returns. The threaded example that comes with libfcgi, and most programs made after it, lock a mutex around that call. A peer that connects and sends nothing, or stops half way, then keeps one thread reading inside the lock, and no other thread can accept anything. Over TCP there is no timeout for it.

Here a connection sends BEGIN_REQUEST and a part of PARAMS, and then nothing for a while. All requests behind it are answered in the instant when it goes away. Health checks that only connect, port scanners, and a web server that stalls between two parts of a request are what does it in real life.

The cure is to do without the lock: accept() needs none on Linux and the BSDs. Where it has to be there, it must not be held while a request is read.`,
  parameters: {
    lock: { fallback: 'yes', words: ['yes', 'no'], meaning: 'a lock around accepting and reading PARAMS' },
    threads: { fallback: 4, least: 2, most: 64, meaning: 'threads of the application' },
    held: { fallback: 1800, least: 500, most: 30_000, meaning: 'milliseconds that the half-sent request stays' },
  },
  stages: [
    {
      name: 'bug',
      summary: 'a lock around accept and PARAMS',
      values: { lock: 'yes' },
      findings: ['accept-blocked', 'stuck-accept-queue'],
    },
  ],
  cure: { name: 'cure', summary: 'no lock', values: { lock: 'no' }, findings: [] },
  fronts: ['nginx', 'lighttpd', 'apache', 'haproxy'],
  applications: ['libfcgi'],
  play: ({ lock, threads, held }) => ({
    transport: 'tcp',
    application: { workers: 1, slots: threads, acceptLock: lock === 'yes' },
    fronts: [{ like: 'lighttpd', keep: 'never' }],
    steps: [
      { kind: 'requests', at: 0, uri: '/hello', count: 5, every: 60 },
      { kind: 'hold', at: 500, count: 1, send: 'half-params', lasting: held },
      { kind: 'requests', at: 700, uri: '/hello', count: 9, every: 100 },
      { kind: 'wait', at: 0, lasting: 2600 },
    ],
  }),
});
