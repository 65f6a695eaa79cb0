// The table of metrics for the documentation.
import { METRIC_FAMILIES } from './families.js';
import type { MetricSource } from './family.js';

const SOURCES: readonly MetricSource[] = ['host', 'traffic', 'status page', 'findings', 'fcgi-inspect'];

const HEADINGS: Readonly<Record<MetricSource, string>> = {
  host: 'From the host (`watch`, and `tap` for applications on the same host)',
  traffic: 'From the traffic (`tap`)',
  'status page': "From php-fpm's status page",
  findings: 'Findings',
  'fcgi-inspect': 'About fcgi-inspect itself',
};

export function metricsTable(): string {
  return SOURCES.map((source) => {
    const rows = METRIC_FAMILIES.filter((family) => family.source === source).map(
      ({ name, type, labels, help }) =>
        `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(' ')} | ${help.replaceAll('|', '\\|')} |`,
    );
    return `**${HEADINGS[source]}**\n\n| metric | type | labels | meaning |\n| --- | --- | --- | --- |\n${rows.join('\n')}\n`;
  }).join('\n');
}
