// Metrics over HTTP for as long as a live command runs.
import { type MetricsServer, serveMetrics } from '../endpoints/metrics-server.js';
import type { MetricsInput } from '../reporters/metrics/family.js';
import { metricsFormat, metricsText, OPEN_METRICS_TYPE, PROMETHEUS_TYPE } from '../reporters/metrics/metrics-text.js';

/**
 * @param input what is known at the moment of a scrape
 * @throws UserError if nobody can listen there
 */
export function openMetrics(
  address: { readonly host: string; readonly port: number },
  input: () => MetricsInput,
): Promise<MetricsServer> {
  return serveMetrics(address, (accept) => {
    const format = metricsFormat(accept);
    const text = metricsText(input(), format);
    return { type: format === 'openmetrics' ? OPEN_METRICS_TYPE : PROMETHEUS_TYPE, text };
  });
}
