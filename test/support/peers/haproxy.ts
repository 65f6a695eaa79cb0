// HAProxy with an fcgi-app: the one web server that multiplexes, asks GET_VALUES and sends ABORT_REQUEST.
import type { Daemon } from './daemon.js';
import { eventually } from './eventually.js';
import type { LoggedRequest } from './log-file.js';
import { type Program, programPath } from './programs.js';
import { isListening } from './sockets.js';
import type { Stage } from './stage.js';

export const haproxy: Program = { name: 'haproxy', package: 'haproxy' };

export interface HaproxyOptions {
  readonly application: string;
  readonly root: string;
  /** Lines of the fcgi-app section, such as `no option keep-conn`. */
  readonly fastcgi?: readonly string[];
  /** Lines of the backend, such as `http-reuse always`. */
  readonly backend?: readonly string[];
  /** Parameters of the server line, such as `pool-purge-delay 1s`. */
  readonly server?: string;
}

/** One request, as the log tells it. */
export interface HaproxyRequest extends LoggedRequest {
  /** Such as `----`, or `SH--` when the application closed before the head. */
  readonly termination: string;
}

export interface Haproxy {
  readonly endpoint: string;
  readonly daemon: Daemon;
  requests(count: number): Promise<HaproxyRequest[]>;
}

export async function startHaproxy(stage: Stage, options: HaproxyOptions): Promise<Haproxy> {
  const endpoint = await stage.endpoint();
  const configuration = stage.file('haproxy.cfg', text(options, endpoint));
  // -db: in the foreground, one process. It stays who we are: without files of its own there is nothing to protect.
  const daemon = stage.start(programPath(haproxy), ['-db', '-f', configuration], { stopSignal: 'SIGUSR1' });
  await daemon.until('listening', () => isListening(endpoint));
  const lines = () => daemon.output.split('\n').filter((line) => line.startsWith('request '));
  return {
    endpoint,
    daemon,
    async requests(count) {
      await eventually(`${count} requests in HAProxy's log`, () => lines().length >= count);
      return lines().map((line) => {
        const [, method, uri, status, termination] = line.split(' ');
        return { method, uri, status: Number(status), termination };
      });
    },
  };
}

function text(options: HaproxyOptions, endpoint: string): string {
  const indented = (lines: readonly string[] = []) => lines.map((line) => `  ${line}\n`).join('');
  return `global
  nbthread 1
  log stdout format raw daemon
defaults
  mode http
  log global
  log-format "request %HM %HU %ST %ts"
  timeout connect 10s
  timeout client 60s
  timeout server 60s
frontend web
  bind ${endpoint}
  default_backend application
backend application
  use-fcgi-app application
${indented(options.backend)}  server application ${options.application} proto fcgi ${options.server ?? ''}
fcgi-app application
  docroot ${options.root}
  path-info ^(/.+\\.php)(/.*)?$
${indented(options.fastcgi)}`;
}
