// Load for measuring relays. Arguments: port, 'kept', 'short' or 'idle', how many at once, seconds, bytes of an answer.
// Prints one line of JSON: requests a second, latencies in microseconds, bytes a second.
import { connect } from 'node:net';
import { performance } from 'node:perf_hooks';
import { request } from '../support/fastcgi-messages.js';

const [port, mode, atOnce, seconds, answerLength] = process.argv.slice(2);
const bytes = request({ uri: '/bench.php?n=1', keepConn: mode !== 'short' });
const length = Number(answerLength);
const latencies: number[] = [];
let received = 0;
let stopped = false;

function open(): ReturnType<typeof connect> {
  const socket = connect({ host: '127.0.0.1', port: Number(port), noDelay: true });
  socket.on('error', (error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  });
  return socket;
}

function kept(): void {
  const socket = open();
  let began = performance.now();
  let got = 0;
  socket.on('data', (piece: Buffer) => {
    received += piece.length;
    got += piece.length;
    if (got < length) return;
    got -= length;
    latencies.push(performance.now() - began);
    if (stopped) return;
    began = performance.now();
    socket.write(bytes);
  });
  socket.write(bytes);
}

function short(): void {
  const began = performance.now();
  const socket = open();
  socket.on('data', (piece: Buffer) => {
    received += piece.length;
  });
  socket.on('close', () => {
    latencies.push(performance.now() - began);
    if (!stopped) short();
  });
  socket.write(bytes);
}

/** Many open connections, each with a request; tells when all are there. */
function idle(count: number): void {
  let opened = 0;
  const next = (): void => {
    const socket = open();
    socket.once('connect', () => {
      socket.write(bytes);
      if (++opened === count) setTimeout(() => process.stdout.write('open\n'), 1000);
      else next();
    });
    socket.resume();
  };
  next();
}

if (mode === 'idle') {
  idle(Number(atOnce));
} else {
  for (let i = 0; i < Number(atOnce); i++) mode === 'kept' ? kept() : short();
  setTimeout(() => {
    stopped = true;
    latencies.sort((a, b) => a - b);
    const at = (share: number) => Math.round(1000 * (latencies[Math.floor(latencies.length * share)] ?? Number.NaN));
    const figures = {
      rate: latencies.length / Number(seconds),
      p50: at(0.5),
      p99: at(0.99),
      bytes: received / Number(seconds),
    };
    process.stdout.write(`${JSON.stringify(figures)}\n`, () => process.exit(0));
  }, Number(seconds) * 1000);
}
