// All workers have served their time at the same moment, and new ones must start while requests come.
import { scenario } from './scenario.js';

export const workerRecycling = scenario({
  name: 'worker-recycling',
  symptom: 'Fewer workers than there should be',
  summary: 'the same limit of requests for all workers: they retire together, their kept connections close together',
  explanation: `A limit of requests for each worker (pm.max_requests of php-fpm, the "life time" of CppCMS's prefork module of 2008, which current versions no longer have) is a remedy against leaks. If it is the same number for all and the load is even, all of them reach it at the same moment: they retire together, and together they are started again, each with a cold cache.

On kept connections the application is then the one that closes, after a regular number of requests. That is the dangerous side: it can cross with the next request, see stale-keep-alive-race.

The cure takes a part of the limit off by chance, a different one for each worker. "keepalive_requests = pm.max_requests" does not keep the two in step, as they count different things: nginx counts the requests of a connection, php-fpm those of a child over all connections.`,
  parameters: {
    workers: { fallback: 4, least: 1, most: 32, meaning: 'workers of the application' },
    limit: { fallback: 7, least: 2, most: 10_000, meaning: 'requests after which a worker retires' },
    jitter: { fallback: 0, least: 0, most: 100, meaning: 'percent of the limit that chance may take off' },
    seed: { fallback: 7, least: 0, most: 1_000_000, meaning: 'of the chance: the same seed, the same limits' },
    requests: { fallback: 32, least: 10, most: 100_000, meaning: 'requests in all' },
  },
  stages: [
    {
      name: 'bug',
      summary: 'the same limit for all',
      values: {},
      findings: ['connection-recycled'],
    },
  ],
  cure: { name: 'cure', summary: 'chance takes off up to 60 %', values: { jitter: 60 }, findings: [] },
  play: ({ workers, limit, jitter, seed, requests }) => ({
    transport: 'tcp',
    application: { workers, maxRequests: limit, jitter: jitter / 100, seed },
    fronts: [{ like: 'nginx', keep: workers, most: workers }],
    // All connections are in use at the same time and idle at the same time: a close does not meet the next request.
    steps: [{ kind: 'requests', at: 0, uri: '/quick?ms=150', count: requests, atOnce: workers, think: 200 }],
  }),
});
