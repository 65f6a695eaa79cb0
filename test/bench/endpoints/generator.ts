// A load generator in a process of its own: canned requests over plain sockets, records walked only as far as END_REQUEST.
// Arguments: host, port, connections, milliseconds, keep (0 or 1), script. Prints one line of JSON.
import { connect } from 'node:net';
import { cannedRequest } from './wire.js';

const [host, port, connections, time, keep, script] = process.argv.slice(2);
const bytes = cannedRequest(keep === '1', script);
const ends = performance.now() + Number(time);
let requests = 0;
let failures = 0;
let open = 0;

/** Walks records; calls back at END_REQUEST. */
function walker(ended: () => void): (chunk: Buffer) => void {
  let header: Buffer = Buffer.alloc(0);
  let left = 0;
  let type = 0;
  return (chunk) => {
    for (let at = 0; at < chunk.length; ) {
      if (left > 0) {
        const length = Math.min(left, chunk.length - at);
        at += length;
        left -= length;
        if (left === 0 && type === 3) ended();
        continue;
      }
      const need = 8 - header.length;
      header =
        header.length === 0 && chunk.length - at >= 8
          ? chunk.subarray(at, at + 8)
          : Buffer.concat([header, chunk.subarray(at, at + need)]);
      at += need;
      if (header.length < 8) return;
      type = header[1];
      left = header.readUInt16BE(4) + header[6];
      header = header.subarray(8);
    }
  };
}

function run(): void {
  open++;
  const socket = connect({ host, port: Number(port), noDelay: true });
  let answered = false;
  const next = (): void => {
    answered = true;
    requests++;
    if (keep === '1' && performance.now() < ends) socket.write(bytes);
    else socket.end();
  };
  socket.once('connect', () => socket.write(bytes));
  socket.on('data', walker(next));
  socket.on('error', () => {});
  socket.on('close', () => {
    open--;
    if (!answered) failures++;
    // A server that closes kept connections is asked on new ones, as a web server would.
    if (performance.now() < ends && failures < 1000) run();
    else if (open === 0) process.stdout.write(`${JSON.stringify({ requests, failures })}\n`);
  });
}

for (let i = 0; i < Number(connections); i++) run();
