// Damaged records against the server, by seed: most of them over sockets that are none, since those are fast, some over
// real ones. Nothing may throw, nothing may be left behind, and good requests are answered all the while.
import { once } from 'node:events';
import { connect } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import type { Server } from '../../src/endpoints/server/index.js';
import { END_REQUEST } from '../../src/fastcgi/constants.js';
import { concat } from '../support/bytes.js';
import { request } from '../support/fastcgi-messages.js';
import { type Random, random } from '../support/random.js';
import { stdoutOf, wholeRecords } from '../support/reply-records.js';
import { asConnectionSocket, FakeSocket } from './fake-socket.js';
import { dialogue } from './server-dialogue.js';
import { fuzzedServer, GOOD_ANSWER, GOOD_URI, leaks, wrongReply } from './server-target.js';

export interface ServerFuzzOptions {
  readonly seed: number;
  /** The run goes on until so many records were damaged. */
  readonly mutated: number;
  /** Every so many cases one goes over a real socket. Default 100; 0 for none. */
  readonly realEvery?: number;
  /** The run ends after so many failures. Default 10. */
  readonly maxFailures?: number;
  /** Default one with handlers of every kind. It is closed afterwards. */
  readonly server?: Server;
  readonly onProgress?: (mutated: number) => void;
}

export interface ServerFuzzResult {
  readonly cases: number;
  readonly realCases: number;
  readonly records: number;
  readonly mutated: number;
  readonly requests: number;
  readonly goodAnswers: number;
  /** What the server said about the records, by code. */
  readonly problems: Readonly<Record<string, number>>;
  readonly failures: readonly { readonly seed: number; readonly reason: string }[];
  readonly seconds: number;
  /** Growth of the heap over the run, in bytes. */
  readonly growth: number;
}

const GOOD = request({ uri: GOOD_URI });

export async function fuzzServer(options: ServerFuzzOptions): Promise<ServerFuzzResult> {
  const { realEvery = 100, maxFailures = 10 } = options;
  const server = options.server ?? fuzzedServer();
  await server.listen({ port: 0 });
  const { port } = server.address() as { port: number };
  const failures: { seed: number; reason: string }[] = [];
  let current = options.seed;
  const fail = (reason: string) => void failures.push({ seed: current, reason });
  const onError = (error: unknown) => fail(`thrown: ${error instanceof Error ? error.stack : String(error)}`);
  process.on('uncaughtException', onError).on('unhandledRejection', onError);
  const started = performance.now();
  const heap = () => process.memoryUsage().heapUsed;
  let before = heap();
  const total = { cases: 0, realCases: 0, records: 0, mutated: 0, goodAnswers: 0 };
  try {
    for (; total.mutated < options.mutated && failures.length < maxFailures; current++) {
      const dice = random(current);
      const { bytes, records, mutated } = dialogue(dice);
      total.cases++;
      total.records += records;
      total.mutated += mutated;
      const isReal = realEvery > 0 && total.cases % realEvery === 0;
      if (isReal) total.realCases++;
      const reply = isReal ? await overSocket(port, bytes, dice) : await overNone(server, bytes, dice);
      const wrong = wrongReply(bytes, reply);
      if (wrong) fail(wrong);
      if (isGood(server, dice)) total.goodAnswers++;
      else fail('a good request was not answered');
      const left = await settled(server);
      if (left) fail(left);
      // Code and caches are part of the heap: it is measured from when they are there.
      if (total.cases === 2000) before = heap();
      options.onProgress?.(total.mutated);
    }
  } finally {
    process.off('uncaughtException', onError).off('unhandledRejection', onError);
    await server.close({ graceful: false });
  }
  const { problems, requests } = server.counters;
  return {
    ...total,
    requests,
    problems: { ...problems },
    failures,
    seconds: (performance.now() - started) / 1000,
    growth: heap() - before,
  };
}

/** Sends in pieces; what the server sent is given back, up to the first bytes it can't have finished. */
async function overNone(server: Server, bytes: Uint8Array, dice: Random): Promise<Uint8Array> {
  const socket = new FakeSocket(dice);
  server.handleConnection(asConnectionSocket(socket));
  const isDribble = dice.oneIn(20) && bytes.length < 5000;
  for (let at = 0; at < bytes.length; ) {
    const length = isDribble ? 1 : dice.oneIn(2) ? bytes.length : dice.between(1, 700);
    socket.send(bytes.subarray(at, at + length));
    at += length;
    if (dice.oneIn(8)) await setImmediate();
    if (dice.oneIn(4)) socket.readByPeer();
  }
  if (dice.oneIn(2)) await setImmediate();
  if (dice.oneIn(3)) {
    socket.break();
  } else {
    socket.sendEnd();
    for (let turn = 0; turn < 20 && !socket.destroyed; turn++) {
      socket.readByPeer();
      await setImmediate();
    }
    // Whatever waits for more of its body, or for ever, gets no more.
    if (!socket.destroyed) socket.break();
  }
  return concat(...socket.received);
}

async function overSocket(port: number, bytes: Uint8Array, dice: Random): Promise<Uint8Array> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true });
  const received: Buffer[] = [];
  const closed = once(socket, 'close');
  socket.on('data', (chunk) => received.push(chunk)).on('error', () => {});
  for (let at = 0; at < bytes.length && !socket.destroyed; ) {
    const length = dice.oneIn(2) ? bytes.length : dice.between(1, 2000);
    socket.write(bytes.subarray(at, at + length));
    at += length;
    if (dice.oneIn(4)) await setImmediate();
  }
  if (dice.oneIn(3)) socket.destroy();
  else socket.end();
  // A request that waits for ever keeps the other direction open.
  for (let turn = 0; turn < 200 && !socket.destroyed; turn++) await setImmediate();
  socket.destroy();
  await closed;
  return concat(...received);
}

function isGood(server: Server, dice: Random): boolean {
  const socket = new FakeSocket(dice);
  server.handleConnection(asConnectionSocket(socket));
  socket.send(GOOD);
  socket.sendEnd();
  socket.readByPeer();
  const answer = concat(...socket.received);
  if (wrongReply(GOOD, answer)) return false;
  const { records } = wholeRecords(answer);
  return stdoutOf(records) === GOOD_ANSWER && records.at(-1)!.type === END_REQUEST;
}

/** Waits until everybody has gone; what is left if somebody has not. */
async function settled(server: Server): Promise<string | undefined> {
  for (let turn = 0; turn < 2000 && leaks(server); turn++) {
    // The end of a connection that is not read from is looked for now and then only.
    if (turn % 20 === 19) server.sweep();
    await setImmediate();
  }
  return leaks(server);
}
