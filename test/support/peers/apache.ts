// Apache with mod_proxy_fcgi in front of php-fpm.
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { serviceUser } from '../../../src/reproduce/peers/programs.js';
import type { Daemon } from './daemon.js';
import { type LoggedRequest, logLines, plainRequest } from './log-file.js';
import { type Program, programPath } from './programs.js';
import { isListening } from './sockets.js';
import type { Stage } from './stage.js';

/** apache2-bin is the program and its modules, without the service. */
export const apache: Program = { name: 'apache2', package: 'apache2-bin' };

export interface ApacheOptions {
  readonly application: string;
  readonly root: string;
  /** Parameters of the worker, such as `enablereuse=on max=4`. */
  readonly worker?: string;
}

export interface Apache {
  readonly endpoint: string;
  readonly daemon: Daemon;
  readonly errorLog: string;
  /** Waits until this many requests are logged, and returns all that are. */
  requests(count: number): Promise<LoggedRequest[]>;
}

export async function startApache(stage: Stage, options: ApacheOptions): Promise<Apache> {
  const endpoint = await stage.endpoint();
  const accessLog = stage.file('apache-access.log', '');
  const errorLog = stage.file('apache-error.log', '');
  const run = stage.path('apache');
  mkdirSync(run);
  const configuration = stage.file('apache.conf', text(options, { endpoint, accessLog, errorLog, run }));
  const daemon = stage.start(programPath(apache), ['-DFOREGROUND', '-f', configuration], { stopSignal: 'SIGWINCH' });
  await daemon.until('listening', () => isListening(endpoint));
  return {
    endpoint,
    daemon,
    get errorLog() {
      return readFileSync(errorLog, 'utf8');
    },
    requests: async (count) => (await logLines(accessLog, count)).map(plainRequest),
  };
}

interface Places {
  readonly endpoint: string;
  readonly accessLog: string;
  readonly errorLog: string;
  readonly run: string;
}

function modulePath(name: string): string {
  const folders = ['/usr/lib/apache2/modules', '/usr/lib64/httpd/modules'];
  return `${folders.find((folder) => existsSync(folder)) ?? folders[0]}/mod_${name}.so`;
}

function text({ application, root, worker }: ApacheOptions, { endpoint, accessLog, errorLog, run }: Places): string {
  const user = serviceUser();
  // Where a module is not there it is built in.
  const modules = ['mpm_event', 'authz_core', 'unixd', 'proxy', 'proxy_fcgi'].filter((name) =>
    existsSync(modulePath(name)),
  );
  const target = `fcgi://${application}/`;
  return `ServerRoot ${run}
ServerName test
PidFile ${run}/pid
DefaultRuntimeDir ${run}
Mutex file:${run} default
Listen ${endpoint}
${modules.map((name) => `LoadModule ${name}_module ${modulePath(name)}`).join('\n')}
${user === undefined ? '' : `User ${user.user}\nGroup ${user.group}`}
StartServers 1
ServerLimit 1
ThreadLimit 16
ThreadsPerChild 16
MaxRequestWorkers 16
ErrorLog ${errorLog}
LogLevel info
LogFormat "%r %>s" plain
CustomLog ${accessLog} plain
DocumentRoot ${root}
<Directory ${root}>
  Require all granted
</Directory>
${worker === undefined ? '' : `<Proxy "${target}" ${worker}>\n</Proxy>`}
<FilesMatch "\\.php$">
  SetHandler "proxy:${target}"
</FilesMatch>
`;
}
