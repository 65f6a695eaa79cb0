// The configurations of real web servers, made from what a scenario says of its front. Every path of the site is the
// application's, mounted at /app.php.
import { existsSync } from 'node:fs';
import type { EndpointAddress } from '../../model/endpoint-address.js';
import type { FrontPlan } from '../../scenarios/play.js';
import { serviceUser } from './programs.js';

export interface FrontPlaces {
  /** Where it listens. */
  readonly listen: { readonly host: string; readonly port: number };
  readonly target: EndpointAddress;
  /** DOCUMENT_ROOT, with app.php in it where there is one. */
  readonly root: string;
  /** A folder of its own. */
  readonly folder: string;
}

const DEFAULT_READ_TIMEOUT = 60_000;

export function nginxConfiguration(plan: FrontPlan, { listen, target, root, folder }: FrontPlaces): string {
  const user = serviceUser();
  const server = target.kind === 'unix' ? `unix:${target.path}` : hostAndPort(target);
  const { keep, idleTimeout, maxRequests, readTimeout = DEFAULT_READ_TIMEOUT, connectTimeout = 60_000 } = plan;
  const pool =
    typeof keep === 'number'
      ? `keepalive ${Math.max(1, keep)};` +
        (idleTimeout === undefined ? '' : ` keepalive_timeout ${idleTimeout}ms;`) +
        (maxRequests === undefined ? '' : ` keepalive_requests ${maxRequests};`)
      : '';
  const folders = ['client_body', 'fastcgi', 'proxy', 'scgi', 'uwsgi'];
  return `daemon off;
${user === undefined ? '' : `user ${user.user} ${user.group};`}
worker_processes 1;
pid ${folder}/pid;
error_log ${folder}/error.log info;
events { worker_connections 1024; }
http {
  access_log ${folder}/access.log;
  ${folders.map((name) => `${name}_temp_path ${folder}/${name};`).join(' ')}
  client_max_body_size 64m;
  upstream application { server ${server}; ${pool} }
  server {
    listen ${hostAndPort(listen)};
    root ${root};
    location / {
      fastcgi_pass application;
      fastcgi_connect_timeout ${connectTimeout}ms;
      fastcgi_read_timeout ${readTimeout}ms;
      ${plan.keep === 'never' ? '' : 'fastcgi_keep_conn on;'}
      ${plan.retry === false ? 'fastcgi_next_upstream off;' : ''}
      fastcgi_param SCRIPT_FILENAME ${root}/app.php;
      fastcgi_param SCRIPT_NAME /app.php;
      fastcgi_param REQUEST_METHOD $request_method;
      fastcgi_param REQUEST_URI $request_uri;
      fastcgi_param QUERY_STRING $query_string;
      fastcgi_param CONTENT_TYPE $content_type;
      fastcgi_param CONTENT_LENGTH $content_length;
      fastcgi_param SERVER_PROTOCOL $server_protocol;
      fastcgi_param SERVER_SOFTWARE nginx/$nginx_version;
    }
  }
}
`;
}

export function lighttpdConfiguration(_plan: FrontPlan, { listen, target, root, folder }: FrontPlaces): string {
  const backend =
    target.kind === 'unix' ? `"socket" => "${target.path}"` : `"host" => "${target.host}", "port" => ${target.port}`;
  return `server.modules = ( "mod_accesslog", "mod_fastcgi" )
server.document-root = "${root}"
server.bind = "${listen.host}"
server.port = ${listen.port}
server.errorlog = "${folder}/error.log"
server.upload-dirs = ( "${folder}" )
accesslog.filename = "${folder}/access.log"
fastcgi.debug = 1
fastcgi.server = ( "/app.php" => (( ${backend}, "check-local" => "disable" )) )
`;
}

export function apacheConfiguration(plan: FrontPlan, { listen, target, root, folder }: FrontPlaces): string {
  const user = serviceUser();
  // Where a module is not there it is built in.
  const modules = ['mpm_event', 'authz_core', 'unixd', 'proxy', 'proxy_fcgi'].filter((name) =>
    existsSync(modulePath(name)),
  );
  const base = target.kind === 'unix' ? `unix:${target.path}|fcgi://localhost` : `fcgi://${hostAndPort(target)}`;
  const keep = typeof plan.keep === 'number' ? ` enablereuse=on max=${Math.max(1, plan.keep)}` : '';
  const ttl =
    typeof plan.keep === 'number' && plan.idleTimeout !== undefined
      ? ` ttl=${Math.max(1, Math.round(plan.idleTimeout / 1000))}`
      : '';
  const seconds = Math.max(1, Math.ceil((plan.readTimeout ?? DEFAULT_READ_TIMEOUT) / 1000));
  return `ServerRoot ${folder}
ServerName reproduce
PidFile ${folder}/pid
DefaultRuntimeDir ${folder}
Mutex file:${folder} default
Listen ${hostAndPort(listen)}
${modules.map((name) => `LoadModule ${name}_module ${modulePath(name)}`).join('\n')}
${user === undefined ? '' : `User ${user.user}\nGroup ${user.group}`}
StartServers 1
ServerLimit 1
ThreadLimit 64
ThreadsPerChild 64
MaxRequestWorkers 64
ErrorLog ${folder}/error.log
LogLevel info
LogFormat "%r %>s" plain
CustomLog ${folder}/access.log plain
ProxyTimeout ${seconds}
DocumentRoot ${root}
ProxyPassMatch "^/app.php(/.*)?$" "${base}${root}/app.php"${keep}${ttl}
`;
}

export function haproxyConfiguration(plan: FrontPlan, { listen, target, root }: FrontPlaces): string {
  const server = target.kind === 'unix' ? `unix@${target.path}` : hostAndPort(target);
  const seconds = (plan.readTimeout ?? DEFAULT_READ_TIMEOUT) / 1000;
  const fastcgi = [
    ...(typeof plan.keep === 'number' ? [] : ['no option keep-conn']),
    ...(plan.like === 'haproxy-multiplexing' || plan.askFirst ? ['option mpxs-conns', 'option get-values'] : []),
  ];
  return `global
  nbthread 1
  log stdout format raw daemon
defaults
  mode http
  log global
  log-format "request %HM %HU %ST %ts"
  option abortonclose
  timeout connect 10s
  timeout client 60s
  timeout server ${seconds}s
frontend web
  bind ${hostAndPort(listen)}
  default_backend application
backend application
  use-fcgi-app application
  ${typeof plan.keep === 'number' ? 'http-reuse always' : 'http-reuse never'}
  server application ${server} proto fcgi${plan.idleTimeout === undefined ? '' : ` pool-purge-delay ${plan.idleTimeout}ms`}
fcgi-app application
  docroot ${root}
  path-info ^(/app\\.php)(/.*)?$
${fastcgi.map((line) => `  ${line}\n`).join('')}`;
}

function modulePath(name: string): string {
  const folders = ['/usr/lib/apache2/modules', '/usr/lib64/httpd/modules', '/usr/lib/httpd/modules'];
  return `${folders.find((folder) => existsSync(folder)) ?? folders[0]}/mod_${name}.so`;
}

function hostAndPort({ host, port }: { readonly host: string; readonly port: number }): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
