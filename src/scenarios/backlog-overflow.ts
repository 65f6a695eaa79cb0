// The accept queue is full: over TCP the kernel drops SYNs, on AF_UNIX connect() fails.
import { scenario } from './scenario.js';

export const backlogOverflow = scenario({
  name: 'backlog-overflow',
  symptom: 'Connections are refused, dropped or reset',
  summary: 'more connections than the accept queue takes: SYNs are repeated over TCP, EAGAIN on a unix socket',
  explanation: `A listening socket has a queue for connections that nobody has accepted yet. listen(N) lets N + 1 of them in; the kernel shows a full one as Recv-Q = Send-Q + 1.

Over TCP Linux then drops the SYN, without a RST: whoever connects repeats it after 1, 2, 3, 4, 5, 7 and 11 s (before Linux 6.5 after 1, 3, 7, 15 s), and a request that takes milliseconds takes seconds. It is never "connection refused" (111), in spite of what many guides say; that means that nobody listens.

On a unix socket (--set transport=unix) there are no packets to repeat: connect() fails at once with EAGAIN, "Resource temporarily unavailable" (nginx answers 502), unless the socket blocks, as in Apache's modules; then it waits without a word in any log. Older texts say ECONNREFUSED, which is true of FreeBSD and macOS.

The queue is full because the workers do not keep up. A longer queue only makes the waits longer; it is right for short bursts alone.`,
  parameters: {
    transport: { fallback: 'tcp', words: ['tcp', 'unix'], meaning: 'TCP, or a unix socket' },
    backlog: { fallback: 8, least: 1, most: 1000, meaning: 'length of the accept queue' },
    workers: { fallback: 1, least: 1, most: 16, meaning: 'workers of the application' },
    requests: { fallback: 24, least: 4, most: 500, meaning: 'requests, nearly at once' },
    work: { fallback: 100, least: 1, most: 5000, meaning: 'milliseconds that each takes' },
  },
  stages: [
    {
      name: 'tcp',
      summary: 'TCP: SYNs are dropped and repeated',
      values: { transport: 'tcp' },
      findings: ['backlog-overflow', 'stuck-accept-queue', 'workers-exhausted'],
    },
    {
      name: 'unix',
      summary: 'AF_UNIX: connect() fails with EAGAIN',
      values: { transport: 'unix' },
      findings: ['backlog-overflow', 'stuck-accept-queue', 'workers-exhausted'],
    },
  ],
  cure: {
    name: 'cure',
    summary: 'a worker for each request',
    values: { transport: 'tcp', workers: 25, backlog: 64 },
    findings: [],
  },
  fronts: ['nginx', 'lighttpd'],
  applications: ['php-fpm', 'libfcgi'],
  play: ({ transport, backlog, workers, requests, work }) => ({
    transport: transport === 'unix' ? 'unix' : 'tcp',
    application: { workers: 1, slots: workers, backlog },
    fronts: [{ like: 'nginx', keep: 'never' }],
    steps: [
      { kind: 'requests', name: 'warm', at: 0, uri: `/sleep?ms=${work}`, count: 3 },
      { kind: 'requests', after: 'warm', at: 0, uri: `/sleep?ms=${work}`, count: requests, every: 20 },
      { kind: 'wait', at: 0, lasting: 2400 },
    ],
  }),
});
