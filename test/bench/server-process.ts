// A server under load, as a process of its own: our server with a raw handler or one of the kind of node:http, or the
// floor, which answers canned bytes on node:net and looks at nothing but record headers. Tells its port and CPU time.
import { createServer as createNetServer } from 'node:net';
import { createServer, type Server } from '../../src/endpoints/server/index.js';
import { response } from '../support/fastcgi-messages.js';

export const SERVERS = ['floor', 'raw', 'http'] as const;
export type ServerName = (typeof SERVERS)[number];

const HEAD = 'Content-Type: text/plain\r\nContent-Length: 6\r\n\r\n';

function ours(name: ServerName): Server {
  if (name === 'http') {
    return createServer((request, response) => {
      response.setHeader('Content-Type', 'text/plain');
      response.end(request.url === '/' ? 'hello\n' : 'other\n');
    });
  }
  return createServer({
    responder: (request) => {
      request.end(HEAD + (request.params.get('REQUEST_URI') === '/' ? 'hello\n' : 'other\n'));
    },
  });
}

function floor(listening: (port: number) => void): void {
  const reply = Buffer.from(
    response({ headers: { 'Content-Type': 'text/plain', 'Content-Length': '6' }, body: 'hello\n' }),
  );
  const server = createNetServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
    let keep = true;
    socket.on('data', (chunk) => {
      for (let at = 0; at + 8 <= chunk.length; at += 8 + chunk.readUInt16BE(at + 4) + chunk[at + 6]) {
        if (chunk[at + 1] === 1) keep = (chunk[at + 10] & 1) === 1;
        if (chunk[at + 1] !== 5 || chunk.readUInt16BE(at + 4) !== 0) continue;
        socket.write(reply);
        if (!keep) socket.end();
      }
    });
    socket.on('end', () => socket.end()).on('error', () => {});
  });
  server.listen(0, '127.0.0.1', () => listening((server.address() as { port: number }).port));
}

export interface ServerFigures {
  readonly port: number;
  /** Microseconds of CPU so far, and bytes resident. */
  readonly cpu: number;
  readonly memory: number;
  /** Connections it has open. */
  readonly open: number;
}

const [, , name] = process.argv;
if (process.send && SERVERS.includes(name as ServerName)) {
  let server: Server | undefined;
  let port = 0;
  const tell = () => {
    const { user, system } = process.cpuUsage();
    const figures: ServerFigures = {
      port,
      cpu: user + system,
      memory: process.memoryUsage.rss(),
      open: server?.counters.open ?? 0,
    };
    process.send!(figures);
  };
  process.on('message', tell);
  if (name === 'floor') {
    floor((chosen) => {
      port = chosen;
      tell();
    });
  } else {
    server = ours(name as ServerName);
    // The idle connections of a measurement are meant to stay.
    server.timeouts.firstByte = 0;
    server.limits.connections = 1e6;
    await server.listen({ port: 0 });
    port = (server.address() as { port: number }).port;
    tell();
  }
}
