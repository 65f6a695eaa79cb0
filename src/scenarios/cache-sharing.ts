// A cache that all workers share against one in each of them, while workers die.
import { scenario } from './scenario.js';

export const cacheSharing = scenario({
  name: 'cache-sharing',
  symptom: 'Work is lost or done in vain',
  summary: 'one cache for all workers against a cache in each: what is computed again when workers die',
  explanation: `The prefork mode of CppCMS (2008) put its cache into memory that all workers shared, so that a page that one of them has made is there for all, also when that one has died. A cache inside each worker is simpler and faster to ask, and with N workers every page is made N times, and again by each worker that takes the place of another.

The load is the same in both stages: a few pages, asked for again and again, while workers are killed and replaced. The hits and misses of workers that were killed go with them, so the figures of the private caches are a lower bound.`,
  parameters: {
    cache: { fallback: 'shared', words: ['shared', 'private'], meaning: 'one cache for all, or one in each worker' },
    workers: { fallback: 4, least: 2, most: 16, meaning: 'workers' },
    pages: { fallback: 5, least: 1, most: 100, meaning: 'different pages' },
    rounds: { fallback: 14, least: 4, most: 1000, meaning: 'how often each is asked for' },
    die: { fallback: 2, least: 0, most: 16, meaning: 'workers that are killed half way' },
  },
  stages: [
    { name: 'shared', summary: 'one cache for all workers', values: { cache: 'shared' }, findings: [] },
    { name: 'private', summary: 'a cache in each worker', values: { cache: 'private' }, findings: [] },
  ],
  cure: undefined,
  compares: {
    what: 'hits and misses',
    figures: [
      { figure: 'cache hits', larger: 'shared', smaller: 'private' },
      { figure: 'cache misses', larger: 'private', smaller: 'shared' },
    ],
  },
  play: ({ cache, workers, pages, rounds, die }) => ({
    transport: 'tcp',
    application: { workers, cache: cache === 'private' ? 'private' : 'shared' },
    fronts: [{ like: 'nginx', keep: 'never' }],
    steps: [
      ...Array.from({ length: pages }, (_, page) => ({
        kind: 'requests' as const,
        at: page * 30,
        uri: `/page-${page}?ms=30`,
        count: rounds,
        every: 200,
      })),
      ...(die > 0 ? [{ kind: 'kill' as const, at: 100 * rounds, workers: die }] : []),
    ],
  }),
});
