// A thread for each connection against threads for computing only: the same slow peers, the same load.
import { scenario } from './scenario.js';

export const threadPerConnection = scenario({
  name: 'thread-per-connection',
  symptom: 'Requests wait, hang or time out',
  summary: 'slow readers, slow writers and idle connections: a thread for each connection against a hybrid model',
  explanation: `In 2002 a design for Apache 2.2 was discussed: network reads and writes in an event loop, and threads only for the work on a request that has come whole. This scenario plays the same load on both: connections that are idle, requests whose bodies come slowly, answers that are read slowly, and short requests besides. With a thread for each connection the slow ones hold all slots and the short requests queue, though nothing is computed. In the hybrid model they hold no slot.

What became of the questions of that thread. Reader and writer pools of one thread or several: what was built, the event MPM (2.2 as an experiment, stable in 2.4), has one listener thread with epoll or kqueue for all idle, lingering and write-pending connections, and workers for the rest. A listener of its own or a reader that accepts: they are the same thread there. How to wake a thread that waits in poll(): a pipe was the answer then, and an atomically kept set with apr_pollset_wakeup (a pipe or an eventfd inside) now. Leader/followers for the processors: not used; idle workers wait in a queue guarded by a condition variable. Handlers that block in input: they still hold a worker, mod_proxy_fcgi among them, so a long poll through Apache still takes a thread in Apache, and one in the application.`,
  parameters: {
    model: { fallback: 'connection', words: ['connection', 'handler'], meaning: 'what holds a slot' },
    slots: { fallback: 6, least: 2, most: 64, meaning: 'threads' },
    slow: { fallback: 2, least: 0, most: 32, meaning: 'slow readers, slow writers and idle connections, each' },
    time: { fallback: 1500, least: 200, most: 30_000, meaning: 'milliseconds that they stay' },
    short: { fallback: 16, least: 1, most: 1000, meaning: 'short requests' },
  },
  stages: [
    {
      name: 'thread-per-connection',
      summary: 'a slot from accept to close',
      values: { model: 'connection' },
      findings: [],
    },
    { name: 'hybrid', summary: 'a slot while the handler runs', values: { model: 'handler' }, findings: [] },
  ],
  cure: undefined,
  compares: {
    what: 'slots, stages and waits',
    figures: [
      { figure: 'most slots taken', larger: 'thread-per-connection', smaller: 'hybrid' },
      { figure: 'most in the queue', larger: 'thread-per-connection', smaller: 'hybrid' },
      { figure: 'first byte, longest (ns)', larger: 'thread-per-connection', smaller: 'hybrid' },
    ],
  },
  play: ({ model, slots, slow, time, short }) => ({
    transport: 'tcp',
    application: {
      workers: 1,
      slots,
      slot: model === 'handler' ? 'handler' : 'connection',
      firstByte: 60_000,
      watched: true,
    },
    fronts: [{ like: 'nginx', keep: 'never' }],
    steps: [
      { kind: 'requests', at: 0, uri: '/quick?ms=20', count: 3, every: 60 },
      { kind: 'hold', at: 300, count: slow, send: 'nothing', lasting: time },
      {
        kind: 'requests',
        at: 300,
        uri: '/echo',
        count: slow,
        every: 10,
        method: 'POST',
        body: { bytes: 4000, stall: time },
      },
      {
        kind: 'requests',
        at: 300,
        uri: '/stream?bytes=12000000&chunk=12000000',
        count: slow,
        every: 10,
        readAfter: time,
      },
      { kind: 'requests', at: 500, uri: '/quick?ms=20', count: short, every: 60 },
    ],
  }),
});
