// Two workers die at the same moment, and the parent notices one of them.
import { scenario } from './scenario.js';

export const preforkCapacityLeak = scenario({
  name: 'prefork-capacity-leak',
  symptom: 'Fewer workers than there should be',
  summary: 'two workers die within one SIGCHLD and one is not replaced: the pool is smaller from then on',
  explanation: `"If one of the workers dies it is immediately replaced" was the promise of CppCMS's prefork mode in 2008. Its parent calls waitpid() once for each SIGCHLD. Two children that die at the same moment are one signal, so one of them stays a zombie and its place empty until the next death; and a worker that exits with status 0 is not replaced at all. The service gets slower with every accident until somebody restarts it.

It takes the host to see it: fewer workers than configured for longer than a replacement takes. In a capture the only sign is a smaller ceiling of requests at a time.

The cure is a loop: waitpid(-1, &status, WNOHANG) until there is nobody left to collect.`,
  parameters: {
    workers: { fallback: 4, least: 3, most: 32, meaning: 'workers of the application' },
    die: { fallback: 2, least: 1, most: 8, meaning: 'workers that die at the same moment' },
    replaced: {
      fallback: 'one',
      words: ['one', 'all'],
      meaning: 'which of those that die at one moment are replaced',
    },
    watch: { fallback: 5000, least: 1000, most: 120_000, meaning: 'milliseconds that are looked at afterwards' },
  },
  stages: [
    { name: 'bug', summary: 'one waitpid() for each signal', values: { replaced: 'one' }, findings: ['capacity-leak'] },
  ],
  cure: { name: 'cure', summary: 'waitpid() in a loop', values: { replaced: 'all' }, findings: [] },
  play: ({ workers, die, replaced, watch }) => ({
    transport: 'tcp',
    application: {
      workers,
      replaceDead: replaced === 'all' ? 'all' : 'one-per-check',
      configured: true,
    },
    fronts: [{ like: 'nginx', keep: 'never' }],
    steps: [
      { kind: 'requests', name: 'before', at: 0, uri: '/hello', count: 4, every: 100 },
      { kind: 'kill', name: 'killed', after: 'before', at: 600, workers: die },
      { kind: 'requests', after: 'killed', at: 600, uri: '/hello', count: 4, every: 300 },
      { kind: 'wait', after: 'killed', at: 0, lasting: watch },
    ],
  }),
});
