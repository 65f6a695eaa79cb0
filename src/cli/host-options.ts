// Options of the commands that look at this host: whose namespace, php-fpm's status page, metrics.
import type { Command } from 'commander';
import { Option } from 'commander';
import { parseAddress } from '../endpoints/address.js';
import { UserError } from '../model/errors.js';
import { parseTime } from './endpoint-options.js';
import type { StatusSettings } from './host-watch.js';
import { parseCount } from './options.js';

/** Prometheus' port for OpenTelemetry's exporters. */
export const METRICS_ADDRESS = '127.0.0.1:9464';

export interface HostOptions {
  readonly pid?: number;
  readonly status: boolean;
  readonly statusPath?: string;
  /** Milliseconds. */
  readonly statusTimeout: number;
  readonly maxChildren?: number;
  /** True: at the usual address. */
  readonly metrics?: string | true;
  readonly metricsPerProcess?: boolean;
}

export function addHostOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--pid <pid>', 'looks at the network namespace of this process (a container)').argParser(
        (value: string) => parseCount(value, '--pid', 1),
      ),
    )
    .option('--status-path <path>', "php-fpm's status page (default: pm.status_path of its configuration)")
    .option('--no-status', 'does not ask for the status page')
    .addOption(
      new Option('--status-timeout <time>', 'for the status page')
        .default(1000, '1s')
        .argParser((value: string) => parseTime(value, '--status-timeout')),
    )
    .addOption(
      new Option(
        '--max-children <count>',
        'pm.max_children of the pool, where its configuration cannot be read',
      ).argParser((value: string) => parseCount(value, '--max-children', 1)),
    )
    .option('--metrics [address]', `serves metrics for Prometheus at /metrics (default: ${METRICS_ADDRESS})`)
    .option('--metrics-per-process', 'series for each process as well');
}

export function statusSettings({ status, statusPath, statusTimeout, maxChildren }: HostOptions): StatusSettings {
  return { wanted: status, path: statusPath, timeout: statusTimeout, maxChildren };
}

/** @throws UserError for what is no TCP address */
export function parseMetricsAddress(given: string | true | undefined): { host: string; port: number } | undefined {
  if (given === undefined) return undefined;
  const text = given === true ? METRICS_ADDRESS : given;
  // A port alone is on this host only: what is served tells about requests.
  const match = /^:?(\d{1,5})$/.exec(text);
  if (match) return { host: '127.0.0.1', port: Number(match[1]) };
  const free = /^(.+):0$/.exec(text);
  const address = parseAddress(free ? `${free[1]}:1` : text);
  if (address.kind === 'unix')
    throw new UserError(`--metrics ${text}: metrics are served over TCP`, `write ${METRICS_ADDRESS}`);
  return { host: address.host, port: free ? 0 : address.port };
}
