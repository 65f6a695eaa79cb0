// Serves metrics over HTTP: /metrics and nothing else. Whoever asks gets what is known at that moment.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { UserError } from '../model/errors.js';

export interface MetricsAnswer {
  readonly type: string;
  readonly text: string;
}

export interface MetricsServer {
  /** `127.0.0.1:9464`: with the port that was chosen. */
  readonly address: string;
  close(): Promise<void>;
}

/** A scraper asks a few times a minute; a connection that does nothing is not kept for long. */
const TIMEOUT = 10_000;
const MOST_CONNECTIONS = 50;

/**
 * @param answer what to serve; `accept` is the scraper's Accept header
 * @throws UserError where nobody can listen there
 */
export function serveMetrics(
  { host, port }: { readonly host: string; readonly port: number },
  answer: (accept: string | undefined) => MetricsAnswer,
): Promise<MetricsServer> {
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').replace(/\?.*$/s, '');
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { Allow: 'GET, HEAD', 'Content-Type': 'text/plain' }).end('only GET\n');
    } else if (path === '/metrics') {
      const { type, text } = answer(request.headers.accept);
      response.writeHead(200, {
        'Content-Type': type,
        'Content-Length': Buffer.byteLength(text),
        'Cache-Control': 'no-store',
      });
      response.end(request.method === 'HEAD' ? undefined : text);
    } else {
      response.writeHead(404, { 'Content-Type': 'text/plain' }).end('metrics are at /metrics\n');
    }
  });
  server.requestTimeout = TIMEOUT;
  server.headersTimeout = TIMEOUT;
  server.keepAliveTimeout = TIMEOUT;
  server.maxConnections = MOST_CONNECTIONS;
  // A scraper that goes away in the middle is no error of ours.
  server.on('clientError', (_, socket) => socket.destroy());
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        new UserError(
          `cannot serve metrics on ${host}:${port}: ${reasonOf(error)}`,
          'give another address: --metrics 127.0.0.1:0 takes any free port',
        ),
      );
    });
    server.listen(port, host, () => resolve({ address: addressOf(server), close: () => closed(server) }));
  });
}

function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'EADDRINUSE') return 'the port is in use';
  if (code === 'EADDRNOTAVAIL') return 'it is no address of this host';
  return code === 'EACCES' ? 'that port takes root' : message;
}

function addressOf(server: Server): string {
  const { address, port } = server.address() as AddressInfo;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}
