// A process dies, and everything that it was working on ends at one instant.
import { scenario } from './scenario.js';

export const processDied = scenario({
  name: 'process-died',
  symptom: 'Answers are missing, cut or wrong',
  summary: 'a process of a threaded application is killed with several requests in progress',
  explanation: `When a process ends, the kernel closes all of its connections in the same instant, with RST where something had not been read. Requests that have nothing to do with each other end together: that is what tells a death from single failures, in a capture as well as in a log.

Killed by the out-of-memory killer, a crash, a deployment that does not wait (kill -9, or a reload that gives up its children). The request that began last is the first suspect.

The cure in this scenario is only that nobody is killed; in real life it is in the process's own log, in dmesg, and in graceful restarts.`,
  parameters: {
    threads: { fallback: 5, least: 3, most: 64, meaning: 'requests that the process has in progress' },
    killed: { fallback: 1, least: 0, most: 1, meaning: 'processes that are killed' },
  },
  stages: [
    { name: 'bug', summary: 'the process is killed', values: {}, findings: ['process-died', 'premature-close'] },
  ],
  cure: { name: 'cure', summary: 'it is not', values: { killed: 0 }, findings: [] },
  play: ({ threads, killed }) => ({
    transport: 'tcp',
    application: { workers: 1, slots: threads + 4 },
    fronts: [{ like: 'lighttpd', keep: 'never' }],
    steps: [
      { kind: 'requests', at: 0, uri: '/hello', count: 3, every: 80 },
      { kind: 'requests', at: 300, uri: '/work?ms=900', count: threads, every: 60 },
      ...(killed > 0 ? [{ kind: 'kill' as const, at: 300 + threads * 60 + 200, workers: killed }] : []),
      { kind: 'requests', at: 2200, uri: '/hello', count: 2, every: 100 },
    ],
  }),
});
