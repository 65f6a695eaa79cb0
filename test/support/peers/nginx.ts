// nginx in front of a FastCGI application.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { serviceUser } from '../../../src/reproduce/peers/programs.js';
import type { Daemon } from './daemon.js';
import { type LoggedRequest, logLines } from './log-file.js';
import { type Program, programPath } from './programs.js';
import { isListening } from './sockets.js';
import { endpointParts, type Stage } from './stage.js';

export const nginx: Program = { name: 'nginx', package: 'nginx' };

export interface NginxOptions {
  /** The application's endpoint. */
  readonly application: string;
  /** The folder with the scripts. */
  readonly root: string;
  /** Directives for the location, such as `fastcgi_keep_conn on;`. */
  readonly location?: string;
  /** Directives for the upstream block, such as `keepalive 8;`. */
  readonly upstream?: string;
}

/** One request, as the access log tells it; status 499 when the client had gone. */
export interface NginxRequest extends LoggedRequest {
  /** Statuses that applications answered or were made out to have, one for each connection that was tried. */
  readonly upstreamStatuses: readonly number[];
  readonly bodyBytes: number;
}

export interface Nginx {
  readonly endpoint: string;
  readonly daemon: Daemon;
  readonly errorLog: string;
  /** Waits until this many requests are logged, and returns all that are. */
  requests(count: number): Promise<NginxRequest[]>;
}

export async function startNginx(stage: Stage, options: NginxOptions): Promise<Nginx> {
  const endpoint = await stage.endpoint();
  // A scenario may have several.
  const temporary = stage.path(`nginx-${endpointParts(endpoint).port}`);
  mkdirSync(temporary);
  const accessLog = `${temporary}/access.log`;
  const errorLog = `${temporary}/error.log`;
  const configuration = `${temporary}/nginx.conf`;
  writeFileSync(configuration, text(options, { endpoint, accessLog, errorLog, temporary }));
  const daemon = stage.start(programPath(nginx), ['-c', configuration, '-e', errorLog], { stopSignal: 'SIGQUIT' });
  await daemon.until('listening', () => isListening(endpoint));
  return {
    endpoint,
    daemon,
    get errorLog() {
      return readFileSync(errorLog, 'utf8');
    },
    requests: async (count) => (await logLines(accessLog, count)).map(parseLine),
  };
}

interface Places {
  readonly endpoint: string;
  readonly accessLog: string;
  readonly errorLog: string;
  readonly temporary: string;
}

function text(options: NginxOptions, { endpoint, accessLog, errorLog, temporary }: Places): string {
  const user = serviceUser();
  const folders = ['client_body', 'fastcgi', 'proxy', 'scgi', 'uwsgi'];
  return `daemon off;
${user === undefined ? '' : `user ${user.user} ${user.group};`}
worker_processes 1;
pid ${temporary}/pid;
error_log ${errorLog} info;
events { worker_connections 512; }
http {
  log_format json escape=json '{"method":"$request_method","uri":"$request_uri","status":$status,"bodyBytes":$body_bytes_sent,"upstreamStatus":"$upstream_status"}';
  access_log ${accessLog} json;
  ${folders.map((name) => `${name}_temp_path ${temporary}/${name};`).join(' ')}
  client_max_body_size 64m;
  upstream application { server ${options.application}; ${options.upstream ?? ''} }
  server {
    listen ${endpoint};
    root ${options.root};
    location / {
      fastcgi_pass application;
      fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
      fastcgi_param SCRIPT_NAME $fastcgi_script_name;
      fastcgi_param REQUEST_METHOD $request_method;
      fastcgi_param REQUEST_URI $request_uri;
      fastcgi_param QUERY_STRING $query_string;
      fastcgi_param CONTENT_TYPE $content_type;
      fastcgi_param CONTENT_LENGTH $content_length;
      fastcgi_param SERVER_PROTOCOL $server_protocol;
      ${options.location ?? ''}
    }
  }
}
`;
}

function parseLine(line: string): NginxRequest {
  const { method, uri, status, bodyBytes, upstreamStatus } = JSON.parse(line) as Record<string, never>;
  const statuses = String(upstreamStatus).match(/\d+/g) ?? [];
  return { method, uri, status, bodyBytes, upstreamStatuses: statuses.map(Number) };
}
