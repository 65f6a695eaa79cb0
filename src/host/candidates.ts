// Which listening sockets of a host belong to FastCGI applications: several hints, and how sure they make it. Nothing is
// connected to: a bare connection holds a worker of php-fpm for five seconds.

export type Certainty = 'sure' | 'likely' | 'maybe';
export const CERTAINTIES: readonly Certainty[] = ['sure', 'likely', 'maybe'];

export interface ListeningProcess {
  readonly pid: number;
  readonly name: string;
  readonly title: string;
  /** The socket is its descriptor 0, where FastCGI applications find it (FCGI_LISTENSOCK_FILENO). */
  readonly onDescriptor0: boolean;
}

export interface ListeningSocket {
  /** `127.0.0.1:9000`, `unix:/run/app.sock` */
  readonly address: string;
  readonly port: number | undefined;
  readonly processes: readonly ListeningProcess[];
  /** Files that name it, such as `/etc/nginx/sites-enabled/default: fastcgi_pass`. */
  readonly namedBy: readonly string[];
  /** php-fpm's own configuration has it. */
  readonly isPool: boolean;
}

export interface Candidate {
  readonly address: string;
  readonly certainty: Certainty;
  /** Why it is thought so, a few words each. */
  readonly reasons: readonly string[];
  readonly processes: readonly ListeningProcess[];
}

/** Ports on which guides let FastCGI applications listen. */
const KNOWN_PORTS: ReadonlySet<number> = new Set([
  9000, 9001, 9002, 9003, 9004, 9005, 9070, 9074, 9081, 9082, 9083, 9084,
]);
const SURE_NAME = /^(php-fpm|php-cgi|spawn-fcgi|fcgiwrap|hhvm)/;
const LIKELY_NAME = /f(ast)?cgi|multiwatch|cppcms/i;
const KNOWN_PATH = /php|fpm|f(ast)?cgi|fcgiwrap/i;
/** Descriptor 0 of these is a socket for other reasons, or they are no applications. */
const OTHERS =
  /^(systemd|nginx|lighttpd|apache2|httpd|haproxy|caddy|sshd|inetd|xinetd|docker-proxy|containerd|dockerd)$/;

export function judgeCandidate(socket: ListeningSocket): Candidate | undefined {
  const hints: [Certainty, string][] = [];
  for (const { name, title, onDescriptor0 } of socket.processes) {
    if (SURE_NAME.test(name)) hints.push(['sure', `listened on by ${name}`]);
    else if (!OTHERS.test(name) && (LIKELY_NAME.test(name) || LIKELY_NAME.test(title)))
      hints.push(['likely', `listened on by ${name}`]);
    if (onDescriptor0 && !OTHERS.test(name)) hints.push(['likely', `descriptor 0 of ${name}, where FastCGI passes it`]);
  }
  if (socket.isPool) hints.push(['sure', "in php-fpm's configuration"]);
  for (const file of socket.namedBy) hints.push(['sure', `named by ${file}`]);
  const isOther = socket.processes.length > 0 && socket.processes.every(({ name }) => OTHERS.test(name));
  if (!isOther && socket.port !== undefined && KNOWN_PORTS.has(socket.port)) {
    hints.push(['maybe', `port ${socket.port} is used for FastCGI by many`]);
  }
  if (!isOther && socket.address.startsWith('unix:') && KNOWN_PATH.test(socket.address)) {
    hints.push([socket.processes.length === 0 ? 'likely' : 'maybe', 'its path says so']);
  }
  if (hints.length === 0) return undefined;
  const certainty = CERTAINTIES.find((each) => hints.some(([sure]) => sure === each))!;
  return {
    address: socket.address,
    certainty,
    reasons: [...new Set(hints.map(([, reason]) => reason))].slice(0, 4),
    processes: socket.processes,
  };
}

/** The surest first; one entry an address. */
export function rankCandidates(sockets: readonly ListeningSocket[]): Candidate[] {
  return sockets
    .flatMap((socket) => judgeCandidate(socket) ?? [])
    .sort(
      (a, b) =>
        CERTAINTIES.indexOf(a.certainty) - CERTAINTIES.indexOf(b.certainty) || a.address.localeCompare(b.address, 'en'),
    );
}
