// Addresses of FastCGI and SCGI applications in the configurations of web servers. Only what is said outright is taken:
// names of upstreams and variables are passed over.

export type WebServer = 'nginx' | 'apache' | 'lighttpd' | 'haproxy' | 'caddy';

export interface NamedAddress {
  /** `127.0.0.1:9000`, `unix:/run/app.sock` */
  readonly address: string;
  readonly program: WebServer;
  /** The directive, such as `fastcgi_pass`. */
  readonly directive: string;
}

const MOST_ADDRESSES = 1000;
const HOST_PORT = String.raw`(?:\[[0-9a-fA-F:.]{2,45}\]|[A-Za-z0-9][A-Za-z0-9.-]{0,252}):\d{1,5}`;

/** Each pattern's first group is the address as written there. */
const PATTERNS: Readonly<Record<WebServer, readonly (readonly [string, RegExp])[]>> = {
  nginx: [
    ['fastcgi_pass', new RegExp(String.raw`\bfastcgi_pass\s+(unix:[^;\s]+|${HOST_PORT})\s*;`, 'g')],
    ['scgi_pass', new RegExp(String.raw`\bscgi_pass\s+(unix:[^;\s]+|${HOST_PORT})\s*;`, 'g')],
  ],
  apache: [
    ['proxy:fcgi', new RegExp(String.raw`\bfcgi://(${HOST_PORT})`, 'g')],
    ['proxy:unix', /\b(unix:\/[^|"\s]+)\|fcgi:/g],
    ['proxy:scgi', new RegExp(String.raw`\bscgi://(${HOST_PORT})`, 'g')],
  ],
  lighttpd: [['socket', /"socket"\s*=>\s*"([^"]+)"/g]],
  haproxy: [
    ['server', new RegExp(String.raw`^\s*server\s+\S+\s+((?:unix@)?/\S+|${HOST_PORT})\s[^\n]*\bproto\s+fcgi\b`, 'gm')],
  ],
  caddy: [['php_fastcgi', new RegExp(String.raw`\bphp_fastcgi\s+(?:\S+\s+)?(unix/{1,2}[^\s{]+|${HOST_PORT})`, 'g')]],
};

export function applicationAddresses(text: string, program: WebServer): NamedAddress[] {
  const found: NamedAddress[] = [];
  const plain = text.replace(/^\s*#.*$/gm, '');
  for (const [directive, pattern] of PATTERNS[program]) {
    for (const match of plain.matchAll(pattern)) {
      if (found.length >= MOST_ADDRESSES) return found;
      const address = ours(match[1]);
      if (!found.some((each) => each.address === address)) found.push({ address, program, directive });
    }
  }
  // lighttpd says host and port apart.
  if (program === 'lighttpd') {
    for (const match of plain.matchAll(/"host"\s*=>\s*"([^"\s]+)"\s*,\s*"port"\s*=>\s*(\d{1,5})/g)) {
      if (found.length < MOST_ADDRESSES) found.push({ address: `${match[1]}:${match[2]}`, program, directive: 'host' });
    }
  }
  return found;
}

function ours(address: string): string {
  if (address.startsWith('/')) return `unix:${address}`;
  return address
    .replace(/^unix@/, 'unix:')
    .replace(/^unix\/{2,}/, 'unix:/')
    .replace(/^unix\/(?!\/)/, 'unix:/');
}
