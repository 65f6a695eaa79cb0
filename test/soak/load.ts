// A web server's side for long runs: many connections that stay open, each asking again and again, every answer compared
// byte for byte with what the application gives without a tap. Prints a line of JSON a second, and one at the end.
// Options: --through PORT --direct PORT --connections N --requests N [--each N]
import { connect, type Socket } from 'node:net';
import { parseArgs } from 'node:util';
import { request } from '../support/fastcgi-messages.js';

const { values } = parseArgs({
  options: {
    through: { type: 'string' },
    direct: { type: 'string' },
    connections: { type: 'string', default: '16' },
    requests: { type: 'string', default: '100000' },
    /** Requests on a connection before another takes its place; 0: each has its share of all, and none is opened anew. */
    each: { type: 'string', default: '0' },
  },
});
const [connections, requests, each] = [values.connections, values.requests, values.each].map(Number);
/** Requests on one connection. */
const share = each > 0 ? each : Math.ceil(requests / connections);
/** Connections that are being opened at a time. */
const OPENING = 200;

const kept = request({ uri: '/soak.php?n=1', keepConn: true });
const last = request({ uri: '/soak.php?n=last', keepConn: false });

export interface LoadProgress {
  readonly requests: number;
  readonly open: number;
  /** Connections so far. */
  readonly connections: number;
  /** Answers that were others than without the tap, and connections that ended before their answer. */
  readonly bad: number;
  readonly done: boolean;
}

const nothing = (): void => {};
let answered = 0;
let asked = 0;
let open = 0;
let opened = 0;
let bad = 0;
let everybody = false;
const waiting: (() => void)[] = [];

function tell(done: boolean): void {
  const progress: LoadProgress = { requests: answered, open, connections: opened, bad, done };
  process.stdout.write(`${JSON.stringify(progress)}\n`);
}

/** What the application answers when nobody is in between. */
async function expectedAnswer(port: number): Promise<Buffer> {
  const socket = connect({ host: '127.0.0.1', port });
  const pieces: Buffer[] = [];
  socket.on('data', (piece: Buffer) => pieces.push(piece));
  socket.write(last);
  await new Promise((resolve) => socket.on('close', resolve));
  return Buffer.concat(pieces);
}

function openOne(expected: Buffer, connected: () => void, served: () => void): void {
  const socket: Socket = connect({ host: '127.0.0.1', port: Number(values.through), noDelay: true });
  let at = 0;
  let here = 0;
  let ending = false;
  opened++;
  const ask = (): void => {
    ending = here + 1 >= share;
    asked++;
    here++;
    socket.write(ending ? last : kept);
  };
  socket.on('connect', () => {
    open++;
    connected();
    ask();
  });
  socket.on('data', (piece: Buffer) => {
    if (!expected.subarray(at, at + piece.length).equals(piece)) bad++;
    at += piece.length;
    if (at < expected.length) return;
    at = 0;
    answered++;
    if (ending) return;
    if (everybody) ask();
    else {
      waiting.push(ask);
      served();
    }
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    open--;
    if (!ending || at !== 0) bad++;
    if (each > 0 && asked < requests) openOne(expected, nothing, nothing);
    else if (open === 0) {
      tell(true);
      process.exit(0);
    }
  });
}

const expected = await expectedAnswer(Number(values.direct));
setInterval(() => tell(false), 1000);
let begun = 0;
let ready = 0;
const more = (): void => {
  if (begun >= connections) return;
  begun++;
  openOne(expected, more, () => {
    if (++ready < connections) return;
    // All are open at once, and each has been answered: only then does the asking go on.
    tell(false);
    everybody = true;
    for (const ask of waiting.splice(0)) ask();
  });
};
for (let i = 0; i < Math.min(OPENING, connections); i++) more();
