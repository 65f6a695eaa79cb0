// Long polls hold every thread of an application: short requests queue although the machine has nothing to do.
import { scenario } from './scenario.js';

export const stuckAcceptQueue = scenario({
  name: 'stuck-accept-queue',
  symptom: 'Requests wait, hang or time out',
  summary: 'long polls on a threaded application: all threads are taken, short requests wait in the accept queue',
  explanation: `An application with N threads serves N requests, whatever they do. Long polls do nothing for most of their time and hold a thread each. When as many of them are open as there are threads, FCGX_Accept_r does not return any more: new connections are completed by the kernel, their requests are sent and acknowledged, and no one reads them. To the web server it looks like a slow script, to the application as if nobody asked.

When a long poll ends, the one that waits longest gets its thread. That is why it heals by itself when the polls are gone, and comes back with the next load.

A known report of it (a chat server behind lighttpd in 2009) blamed the threads, an array of requests, and the process, which "perhaps died". Its second half was another bug: see request-id-overflow. The 'read' state that lighttpd's status page showed was the browser's keep-alive; lighttpd never keeps a FastCGI connection.

The cure is to give long polls an application (or threads) of their own, or one that does not need a thread for each: more threads only move the point at which it happens.`,
  parameters: {
    threads: { fallback: 4, least: 1, most: 64, meaning: 'threads of the application' },
    polls: { fallback: 4, least: 0, most: 256, meaning: 'long polls that are open at a time' },
    'poll-time': { fallback: 800, least: 200, most: 30_000, meaning: 'milliseconds that a long poll takes' },
    short: { fallback: 20, least: 10, most: 1000, meaning: 'short requests' },
  },
  stages: [
    {
      name: 'bug',
      summary: 'as many long polls as threads',
      values: {},
      findings: ['stuck-accept-queue', 'workers-exhausted'],
    },
  ],
  cure: { name: 'cure', summary: 'four times as many threads as polls', values: { threads: 16 }, findings: [] },
  fronts: ['nginx', 'lighttpd', 'apache', 'haproxy'],
  applications: ['php-fpm', 'libfcgi'],
  play: ({ threads, polls, 'poll-time': pollTime, short }) => ({
    transport: 'tcp',
    application: { workers: 1, slots: threads },
    fronts: [{ like: 'lighttpd', keep: 'never' }],
    steps: [
      { kind: 'requests', at: 0, uri: '/quick?ms=30', count: 8, every: 60 },
      ...(polls === 0
        ? []
        : [
            {
              kind: 'requests' as const,
              at: 600,
              uri: `/poll?ms=${pollTime}`,
              count: polls * 2,
              atOnce: polls,
            },
          ]),
      { kind: 'requests', at: 900, uri: '/quick?ms=30', count: short, every: 90 },
    ],
  }),
});
