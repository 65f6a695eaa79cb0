// lighttpd in front of a FastCGI application, which it may start itself.
import { mkdirSync } from 'node:fs';
import type { Daemon } from './daemon.js';
import { type LoggedRequest, logLines, plainRequest } from './log-file.js';
import { type Program, programPath } from './programs.js';
import { isListening } from './sockets.js';
import { endpointParts, type Stage } from './stage.js';

export const lighttpd: Program = { name: 'lighttpd', package: 'lighttpd' };

export interface LighttpdOptions {
  readonly root: string;
  /** Requests whose path begins with this, or files that end with it (`.php`), go to the application. */
  readonly match: string;
  /** What the application is asked for: an answer (the default), or leave to answer with a file of `root`. */
  readonly mode?: 'responder' | 'authorizer';
  /** The application's endpoint; with several processes the first of consecutive ports. */
  readonly application: string;
  /** A program to start instead of connecting to somebody else's. */
  readonly spawn?: {
    readonly path: string;
    readonly environment: Readonly<Record<string, string>>;
    readonly processes: number;
  };
}

export interface Lighttpd {
  readonly endpoint: string;
  readonly daemon: Daemon;
  /** Path of the error log, which tells of processes and their load (fastcgi.debug). Its times are UTC. */
  readonly errorLog: string;
  /** Waits until this many requests are logged, and returns all that are. */
  requests(count: number): Promise<LoggedRequest[]>;
}

export async function startLighttpd(stage: Stage, options: LighttpdOptions): Promise<Lighttpd> {
  const endpoint = await stage.endpoint();
  const errorLog = stage.file('lighttpd-error.log', '');
  const accessLog = stage.file('lighttpd-access.log', '');
  const temporary = stage.path('lighttpd');
  mkdirSync(temporary);
  const configuration = stage.file('lighttpd.conf', text(options, { endpoint, errorLog, accessLog, temporary }));
  const daemon = stage.start(programPath(lighttpd), ['-D', '-f', configuration], { stopSignal: 'SIGINT' });
  await daemon.until('listening', () => isListening(endpoint));
  return {
    endpoint,
    daemon,
    errorLog,
    requests: async (count) => (await logLines(accessLog, count)).map(plainRequest),
  };
}

interface Places {
  readonly endpoint: string;
  readonly errorLog: string;
  readonly accessLog: string;
  readonly temporary: string;
}

function text({ root, match, mode, application, spawn }: LighttpdOptions, places: Places): string {
  const { host, port } = endpointParts(places.endpoint);
  const backend = endpointParts(application);
  const environment = Object.entries(spawn?.environment ?? {}).map(([name, value]) => `"${name}" => "${value}"`);
  const program =
    spawn === undefined
      ? ''
      : `"bin-path" => "${spawn.path}", "max-procs" => ${spawn.processes}, "bin-environment" => (${environment.join(', ')}),`;
  return `server.modules = ( "mod_accesslog", "mod_fastcgi" )
server.document-root = "${root}"
server.bind = "${host}"
server.port = ${port}
server.errorlog = "${places.errorLog}"
server.upload-dirs = ( "${places.temporary}" )
accesslog.filename = "${places.accessLog}"
accesslog.format = "%r %>s"
fastcgi.debug = 1
fastcgi.server = ( "${match}" => (( ${program} ${mode === 'authorizer' ? `"mode" => "authorizer", "docroot" => "${root}",` : ''}
  "host" => "${backend.host}", "port" => ${backend.port}, "check-local" => "disable"
)) )
`;
}
