// A server for the benchmark, in a process of its own. Arguments: which one, where the libraries are. Prints its port.

import { createRequire } from 'node:module';
import { createServer as createNetServer } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ANSWER, cannedAnswer } from './wire.js';

const [which, where] = process.argv.slice(2);

function tell(port: number): void {
  process.stdout.write(`${port}\n`);
}

if (which === 'fcgi-inspect') {
  const { createServer } = (await import(
    pathToFileURL(join(where, 'server.js')).href
  )) as typeof import('../../../src/endpoints/server/index.js');
  const server = createServer({
    responder: (request) => {
      // An answer without an end, for whoever does not read it.
      if (request.params.get('SCRIPT_FILENAME') !== '/endless') {
        request.end(ANSWER);
        return undefined;
      }
      const piece = Buffer.alloc(65_536);
      return (async () => {
        request.write('\r\n');
        while (!request.aborted) if (!request.write(piece)) await request.drained();
      })();
    },
  });
  await server.listen({ port: 0 });
  tell((server.address() as { port: number }).port);
} else if (which === 'canned') {
  // The floor: no PARAMS are looked at, the answer is always the same bytes.
  const answer = cannedAnswer();
  const server = createNetServer({ noDelay: true }, (socket) => {
    let keep = false;
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      for (let at = 0; at + 8 <= chunk.length; at += 8 + chunk.readUInt16BE(at + 4) + chunk[at + 6]) {
        if (chunk[at + 1] === 1) keep = (chunk[at + 10] & 1) === 1;
        if (chunk[at + 1] !== 5 || chunk.readUInt16BE(at + 4) !== 0) continue;
        if (keep) socket.write(answer);
        else socket.end(answer);
      }
    });
  });
  server.listen(0, '127.0.0.1', () => tell((server.address() as { port: number }).port));
} else {
  const nodeFastcgi = createRequire(join(where, 'package.json'))('node-fastcgi') as {
    createServer(
      listener: (
        request: unknown,
        response: { writeHead(status: number, headers: object): void; end(body: string): void },
      ) => void,
    ): { listen(port: number, host: string, then: () => void): void; address(): { port: number } };
  };
  const server = nodeFastcgi.createServer((_, response) => {
    response.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': 6 });
    response.end('hello\n');
  });
  server.listen(0, '127.0.0.1', () => tell(server.address().port));
}
