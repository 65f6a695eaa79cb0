// Health checks that only connect hold a worker each until the application drops them.
import { scenario } from './scenario.js';

export const silentConnection = scenario({
  name: 'silent-connection',
  symptom: 'Requests wait, hang or time out',
  summary: 'connections on which nothing is sent hold workers until the application drops them',
  explanation: `A worker that serves one connection at a time accepts a connection and waits for a request. If none comes, it waits: php-fpm for 5 s, libfcgi on a unix socket for 2 s, libfcgi on TCP for ever. php-fpm's status page calls such a worker "Idle" meanwhile.

HAProxy's plain "check", load balancers, monitoring and port scanners open such connections, every few seconds, for ever. With as many of them as workers everybody waits.

The cure is a check that sends a request (ping.path over FastCGI), and a short patience for the first byte.`,
  parameters: {
    checks: { fallback: 2, least: 1, most: 32, meaning: 'silent connections' },
    patience: {
      fallback: 1500,
      least: 100,
      most: 30_000,
      meaning: 'milliseconds after which the application drops them',
    },
  },
  stages: [{ name: 'bug', summary: 'dropped after 1.5 s', values: {}, findings: ['silent-connection'] }],
  cure: { name: 'cure', summary: 'dropped after 0.2 s', values: { patience: 200 }, findings: [] },
  play: ({ checks, patience }) => ({
    transport: 'tcp',
    application: { workers: checks + 2, firstByte: patience },
    fronts: [{ like: 'nginx', keep: 'never' }],
    steps: [
      { kind: 'hold', at: 0, count: checks, send: 'nothing', lasting: patience + 2000 },
      { kind: 'requests', at: 100, uri: '/hello', count: 8, every: 150 },
    ],
  }),
});
