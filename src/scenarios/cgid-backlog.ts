// mod_cgid and its daemon: what a full unix queue does to those who connect, and what happens when the daemon is gone.
import { scenario } from './scenario.js';

export const cgidBacklog = scenario({
  name: 'cgid-backlog',
  symptom: 'Connections are refused, dropped or reset',
  summary:
    'a full accept queue of a unix socket for blocking and non-blocking connects, and retries when the daemon is gone',
  explanation: `mod_cgid hands requests to a daemon through a unix socket with a backlog of 100, fixed when it is compiled. What is often written about it, that a full queue gives ECONNREFUSED and a retry, is true of FreeBSD and macOS, not of Linux.

Stage "full": a connect that does not block (nginx, lighttpd, HAProxy) fails at once with EAGAIN, "Resource temporarily unavailable". 101 connections fit into a queue of 100: it overflows with the one after.

Stage "blocking": Apache's modules connect with blocking sockets. On Linux such a connect sleeps until there is room, without a limit and without a line in any log, also at LogLevel debug. Nothing fails, everything is slow. "ss -xl" (Recv-Q), /proc/net/unix and the threads' wchan, unix_wait_for_peer, show it. Our client cannot sleep in connect(): it tries again every 10 ms, which comes to the same but for that wchan.

Stage "gone": nobody listens any more and the socket's file is left. That is ECONNREFUSED, and here mod_cgid tries again, after 0.1, 0.2, 0.4, 0.8, 1.6 and then 3.2 s: the doubling ends at 2 s, and 15 tries come to 31.9 s. Then its client gets 503. It gives up early when the daemon's pid is gone too, and it tries again for ENOENT as well.

The limit of the queue is the smaller of backlog and net.core.somaxconn; net.unix.max_dgram_qlen, which is often named, is for datagrams. With a backlog of 100 the 100 rules.`,
  parameters: {
    backlog: { fallback: 100, least: 1, most: 4000, meaning: 'length of the accept queue; mod_cgid has 100' },
    requests: { fallback: 130, least: 10, most: 4500, meaning: 'requests at once' },
    workers: { fallback: 4, least: 1, most: 256, meaning: 'requests that the application works on at a time' },
    work: { fallback: 150, least: 1, most: 5000, meaning: 'milliseconds that each takes' },
    connect: { fallback: 'plain', words: ['plain', 'blocking'], meaning: 'how the front connects' },
    daemon: { fallback: 'there', words: ['there', 'gone'], meaning: 'whether somebody listens' },
    tries: { fallback: 5, least: 1, most: 15, meaning: 'tries to connect; mod_cgid has 15' },
  },
  stages: [
    {
      name: 'full',
      summary: 'the queue is full, connect() does not block: EAGAIN',
      values: {},
      findings: ['backlog-overflow', 'stuck-accept-queue', 'workers-exhausted'],
    },
    {
      name: 'blocking',
      summary: 'the queue is full, connect() blocks: nothing fails, everything waits',
      values: { connect: 'blocking' },
      findings: ['backlog-overflow', 'stuck-accept-queue'],
    },
    {
      name: 'gone',
      summary: 'nobody listens: ECONNREFUSED, and tries after 0.1, 0.2, 0.4 ... s',
      values: { daemon: 'gone', connect: 'blocking' },
      findings: ['daemon-gone'],
    },
  ],
  cure: {
    name: 'cure',
    summary: 'a place for each request',
    values: { workers: 160, backlog: 128 },
    findings: [],
  },
  play: ({ backlog, requests, workers, work, connect, daemon, tries }) => ({
    transport: 'unix',
    application: { workers: 1, slots: workers, backlog },
    fronts: [
      connect === 'blocking'
        ? { like: 'mod-cgid', keep: 'never', direct: true, connectTries: tries }
        : { like: 'nginx', keep: 'never' },
    ],
    steps:
      daemon === 'gone'
        ? [
            { kind: 'requests', name: 'before', at: 0, uri: '/hello', count: 3 },
            { kind: 'gone', name: 'gone', after: 'before', at: 100 },
            { kind: 'requests', after: 'gone', at: 100, uri: '/hello', count: 3, atOnce: 3 },
          ]
        : [
            { kind: 'requests', name: 'before', at: 0, uri: `/sleep?ms=${work}`, count: 5, every: 30 },
            { kind: 'requests', after: 'before', at: 100, uri: `/sleep?ms=${work}`, count: requests, every: 0 },
          ],
  }),
});
