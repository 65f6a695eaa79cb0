// php-fpm: a pool of a fixed number of children on a TCP endpoint.
import { existsSync, readFileSync } from 'node:fs';
import { serviceUser } from '../../../src/reproduce/peers/programs.js';
import type { Daemon } from './daemon.js';
import { type LoggedRequest, logLines } from './log-file.js';
import { type Program, programPath } from './programs.js';
import { isListening } from './sockets.js';
import type { Stage } from './stage.js';

/** Debian's program has the version in its name: php-fpm8.2. */
export const phpFpm: Program = { name: 'php-fpm', package: 'php-fpm', pattern: /^php-fpm\d+(\.\d+)?$/ };

export interface PhpFpmOptions {
  readonly children: number;
  /** Default: an endpoint that the stage chooses. A path is that of an AF_UNIX socket, which everybody may connect to. */
  readonly endpoint?: string;
  /** Further directives of the pool, such as `pm.max_requests = 20`. */
  readonly pool?: string;
}

/** One request, as the access log tells it. */
export interface PhpFpmRequest extends LoggedRequest {
  readonly pid: number;
}

export interface PhpFpm {
  readonly endpoint: string;
  readonly daemon: Daemon;
  readonly errorLog: string;
  /** Waits until this many requests are logged, and returns all that are. A child that was killed logs nothing. */
  requests(count: number): Promise<PhpFpmRequest[]>;
}

export async function startPhpFpm(stage: Stage, options: PhpFpmOptions): Promise<PhpFpm> {
  const endpoint = options.endpoint ?? (await stage.endpoint());
  const accessLog = stage.file('php-fpm-access.log', '');
  const errorLog = stage.file('php-fpm-error.log', '');
  const user = serviceUser();
  const configuration = stage.file(
    'php-fpm.conf',
    `[global]
daemonize = no
error_log = ${errorLog}
log_level = notice
[pool]
${user === undefined ? '' : `user = ${user.user}\ngroup = ${user.group}`}
listen = ${endpoint}
listen.mode = 0666
pm = static
pm.max_children = ${options.children}
access.log = ${accessLog}
access.format = "{\\"pid\\":%p,\\"method\\":\\"%m\\",\\"uri\\":\\"%{REQUEST_URI}e\\",\\"status\\":%s}"
catch_workers_output = no
php_admin_value[post_max_size] = 64M
php_admin_value[display_errors] = Off
php_admin_value[log_errors] = On
${options.pool ?? ''}
`,
  );
  // -n: the machine's own php.ini is not part of the scenario.
  const args = ['--nodaemonize', '-n', '--fpm-config', configuration];
  const daemon = stage.start(programPath(phpFpm), args, { stopSignal: 'SIGQUIT' });
  await daemon.until('listening', () => (endpoint.startsWith('/') ? existsSync(endpoint) : isListening(endpoint)));
  return {
    endpoint,
    daemon,
    get errorLog() {
      return readFileSync(errorLog, 'utf8');
    },
    requests: async (count) =>
      (await logLines(accessLog, count)).map((line) => JSON.parse(line.replaceAll('\\', '\\\\')) as PhpFpmRequest),
  };
}
