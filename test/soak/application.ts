// The application of the soak: answers every FastCGI request with the same bytes. Prints its port. Argument: the length of
// the body.
import { createServer } from 'node:net';
import { END_REQUEST, STDOUT } from '../../src/fastcgi/constants.js';

const length = Number(process.argv[2] ?? 64);

function record(type: number, content: Uint8Array): Buffer {
  const bytes = Buffer.alloc(8 + content.length);
  bytes.set([1, type, 0, 1, content.length >>> 8, content.length & 255, 0, 0]);
  bytes.set(content, 8);
  return bytes;
}

const head = Buffer.from('Content-Type: text/plain\r\n\r\n');
const pieces: Buffer[] = [];
for (let left = head.length + length; left > 0; left -= 65_528) {
  const content = Buffer.alloc(Math.min(left, 65_528), 'x');
  if (pieces.length === 0) head.copy(content);
  pieces.push(record(STDOUT, content));
}
const answer = Buffer.concat([...pieces, record(STDOUT, Buffer.alloc(0)), record(END_REQUEST, Buffer.alloc(8))]);

const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
  let keep = false;
  let rest: Buffer = Buffer.alloc(0);
  socket.on('error', () => {});
  socket.on('end', () => socket.end());
  socket.on('data', (bytes: Buffer) => {
    rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
    let at = 0;
    for (;;) {
      const left = rest.length - at;
      const content = left < 8 ? 0 : rest.readUInt16BE(at + 4);
      if (left < 8 || left < 8 + content + rest[at + 6]) break;
      if (rest[at + 1] === 1) keep = (rest[at + 10] & 1) === 1;
      if (rest[at + 1] === 5 && content === 0) {
        socket.write(answer);
        if (!keep) socket.end();
      }
      at += 8 + content + rest[at + 6];
    }
    rest = rest.subarray(at);
  });
});
server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () => {
  const address = server.address();
  if (typeof address === 'object' && address !== null) process.stdout.write(`${address.port}\n`);
});
