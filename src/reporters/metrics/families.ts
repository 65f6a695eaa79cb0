// All metrics: the table that is served and documented.
import { CHECKS } from '../../analysis/checks/index.js';
import type { MetricFamily } from './family.js';
import { HOST_FAMILIES } from './host-families.js';
import { STATUS_FAMILIES } from './status-families.js';
import { TRAFFIC_FAMILIES } from './traffic-families.js';

const OWN_FAMILIES: readonly MetricFamily[] = [
  {
    name: 'fcgi_findings',
    type: 'gauge',
    help: 'Findings: 1 while it is there, 0 when it is over. The severity is the worst that it was.',
    labels: ['id', 'severity', 'listener'],
    source: 'findings',
    *collect({ findings }) {
      // One series for each finding and listener, however many connections it is about.
      const series = new Map<string, { labels: Record<string, string>; value: number }>();
      for (const { finding, worst, active } of findings) {
        if (!CHECKS.some(({ id }) => id === finding.id)) continue;
        const labels = { id: finding.id, severity: worst, listener: finding.scope.endpoint ?? '' };
        const key = Object.values(labels).join(' ');
        const before = series.get(key);
        if (before) before.value = Math.max(before.value, active ? 1 : 0);
        else series.set(key, { labels, value: active ? 1 : 0 });
      }
      yield* series.values();
    },
  },
  {
    name: 'fcgi_inspect_info',
    type: 'gauge',
    help: 'Always 1; the version of fcgi-inspect.',
    labels: ['version'],
    source: 'fcgi-inspect',
    *collect({ version }) {
      yield { labels: { version }, value: 1 };
    },
  },
  {
    name: 'fcgi_host_looks_total',
    type: 'counter',
    help: 'Looks at the host.',
    labels: [],
    source: 'fcgi-inspect',
    *collect({ host }) {
      if (host) yield { labels: {}, value: host.looks };
    },
  },
  {
    name: 'fcgi_host_missing',
    type: 'gauge',
    help: 'What the last look could not see, for want of rights or programs.',
    labels: ['what'],
    source: 'fcgi-inspect',
    *collect({ host }) {
      for (const what of new Set(host?.missing.map(({ code }) => code))) yield { labels: { what }, value: 1 };
    },
  },
];

export const METRIC_FAMILIES: readonly MetricFamily[] = [
  ...HOST_FAMILIES,
  ...TRAFFIC_FAMILIES,
  ...STATUS_FAMILIES,
  ...OWN_FAMILIES,
];
