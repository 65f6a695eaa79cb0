// The application that web servers are put in front of: ours, served in the test's own process or as a program of its
// own. What it does is asked for by the query: `/a.php?do=echo`.
import { createHash } from 'node:crypto';
import { createServer, type Server, type ServerOptions, type ServerRequest } from '../../src/endpoints/server/index.js';
import type { Stage } from '../support/peers/stage.js';

export interface ServedApplication {
  readonly server: Server;
  /** As web servers are told it. */
  readonly endpoint: string;
  /** Request lines in the order their handlers began. */
  readonly asked: string[];
  /** Why the requests that were aborted were. */
  readonly aborts: string[];
  /** The most requests that ran at once on one connection. */
  readonly mostAtOnce: () => number;
}

/** Serves on a TCP endpoint of the stage until the test is over. */
export async function serveApplication(stage: Stage, options: ServerOptions = {}): Promise<ServedApplication> {
  const endpoint = await stage.endpoint();
  const colon = endpoint.lastIndexOf(':');
  const asked: string[] = [];
  const aborts: string[] = [];
  let most = 0;
  const server = createServer({ responder: answer, ...options });
  server.on('request', (request) => {
    asked.push(`${request.params.get('REQUEST_METHOD')} ${request.params.get('REQUEST_URI')}`);
    for (const connection of server.connections()) most = Math.max(most, [...connection.requests()].length);
  });
  server.on('requestAborted', (_request, cause) => aborts.push(cause));
  await server.listen({ host: endpoint.slice(0, colon), port: Number(endpoint.slice(colon + 1)) });
  stage.atEnd(() => server.close({ graceful: false }));
  return { server, endpoint, asked, aborts, mostAtOnce: () => most };
}

/** Bytes that tell where in the whole they are. */
export function pattern(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length; at++) bytes[at] = 33 + ((at * 31 + (at >>> 8)) % 90);
  return bytes;
}

export function digest(bytes: Uint8Array | string): string {
  return createHash('sha1').update(bytes).digest('hex');
}

/** Answers a Responder request. */
export async function answer(request: ServerRequest): Promise<number> {
  const query = new URLSearchParams(request.params.get('QUERY_STRING') ?? '');
  switch (query.get('do')) {
    case 'echo': {
      const hash = createHash('sha1');
      for await (const piece of request.stdin) hash.update(piece as Uint8Array);
      return text(request, `${request.stdinBytes} ${hash.digest('hex')}`);
    }
    case 'status':
      return text(request, 'as asked for', `Status: ${query.get('code')} As Asked\r\n`);
    case 'large':
      request.write('Content-Type: application/octet-stream\r\n\r\n');
      request.write(pattern(Number(query.get('bytes'))));
      return 0;
    case 'stderr':
      request.writeError('said on STDERR\n');
      return text(request, 'with STDERR');
    case 'pause':
      await new Promise((resolve) => setTimeout(resolve, Number(query.get('ms'))));
      return text(request, 'after a pause');
    case 'wait':
      request.write('Content-Type: text/plain\r\n\r\nwaiting');
      await new Promise((resolve) => request.signal.addEventListener('abort', resolve, { once: true }));
      return 0;
    default:
      return text(request, `${request.params.get('REQUEST_METHOD')} ${request.params.get('REQUEST_URI')}`);
  }
}

function text(request: ServerRequest, body: string, head = ''): number {
  request.write(`${head}Content-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  return 0;
}
