// Idle kept connections occupy all workers: a second web server gets no answer until one of them closes.
import { scenario } from './scenario.js';

export const keepAlivePinsWorkers = scenario({
  name: 'keep-alive-pins-workers',
  symptom: 'Requests wait, hang or time out',
  summary: 'a pool of kept connections as large as the number of workers: everybody else waits while nothing happens',
  explanation: `php-fpm and libfcgi give a connection a worker from accept() to close. A pool on the web server's side that keeps as many connections as there are workers therefore occupies all of them, busy or not. Whoever needs a new connection (a second web server, another worker process of nginx, whose pool is its own, a cron job, a health check) waits in the accept queue until an idle connection is closed. CPU is idle, no script is slow, and it goes away with keep-alive.

Here one front fills its pool with a few quick requests, and then a second one asks. Its requests are answered at the moment when the first front's idle timeout closes a connection.

The advice to make the pool as large as pm.max_children is the wrong way round. The cure is a pool clearly smaller than the number of workers, summed over all processes of all web servers.`,
  parameters: {
    workers: { fallback: 4, least: 2, most: 16, meaning: 'workers of the application' },
    keep: { fallback: 4, least: 0, most: 64, meaning: 'idle connections that the first front keeps' },
    idle: { fallback: 1500, least: 500, most: 60_000, meaning: 'milliseconds after which it closes them' },
  },
  stages: [
    {
      name: 'bug',
      summary: 'the pool is as large as the number of workers',
      values: {},
      findings: ['keep-alive-pins-workers', 'stuck-accept-queue'],
    },
  ],
  cure: { name: 'cure', summary: 'the pool keeps 1 connection', values: { keep: 1 }, findings: [] },
  fronts: ['nginx'],
  applications: ['php-fpm', 'libfcgi'],
  play: ({ workers, keep, idle }) => ({
    transport: 'tcp',
    application: { workers },
    fronts: [
      { like: 'nginx', keep: keep === 0 ? 'never' : keep, idleTimeout: idle },
      { like: 'nginx', keep: 'never' },
    ],
    steps: [
      { kind: 'requests', name: 'filled', at: 0, uri: '/sleep?ms=100', count: workers * 3, atOnce: workers },
      { kind: 'requests', after: 'filled', at: 300, uri: '/hello', count: workers * 2, every: 60, front: 1 },
    ],
  }),
});
