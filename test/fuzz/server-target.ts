// The server that the fuzzer sends to: handlers of every kind, and the accounts that must be even afterwards.
import { setImmediate } from 'node:timers/promises';
import {
  createServer,
  httpHandler,
  type RequestHandler,
  type Server,
  type ServerOptions,
} from '../../src/endpoints/server/index.js';
import { END_REQUEST } from '../../src/fastcgi/constants.js';
import { wholeRecords } from '../support/reply-records.js';

/** The path that is always answered, with this. */
export const GOOD_URI = '/good';
export const GOOD_ANSWER = '\r\ngood';

/** One for each of the dialogue's paths; the web server's mistakes must meet every kind. */
const HANDLERS: readonly RequestHandler[] = [
  (request) => request.end('\r\nat once'),
  async (request) => {
    await setImmediate();
    request.write('\r\nlater');
  },
  async (request) => {
    request.write(`\r\n${(await request.readBody(200)).length}`);
  },
  async (request) => {
    request.write('\r\n');
    for await (const piece of request.stdin) if (!request.write(piece as Buffer)) await request.drained();
  },
  () => {
    throw new Error('at once');
  },
  async () => {
    await setImmediate();
    throw new Error('later');
  },
  // Waits for ever, but for an abort.
  (request) =>
    new Promise((_resolve, reject) => request.signal.addEventListener('abort', () => reject(request.signal.reason))),
  // Ends on an abort only, and by a call.
  (request) => request.onAbort(() => request.end()),
  (request) => {
    request.writeError('a warning');
    request.write('\r\nx'.repeat(1000));
    setTimeout(() => request.end(), 0);
  },
  async (request) => {
    for (let n = 0; n < 5; n++) {
      if (!request.write('\r\n'.repeat(20_000))) await request.drained();
      await setImmediate();
    }
  },
  httpHandler(async (request, response) => {
    let length = 0;
    for await (const piece of request) length += (piece as Buffer).length;
    response.writeHead(201, { 'X-Length': length }).end(request.method);
  }),
  httpHandler((request, response) => {
    request.resume().on('end', () => response.end(request.url));
    response.write('begins');
  }),
];

/** @param changes what is to be other than it should, to see that the fuzzer notices. */
export function fuzzedServer(changes: Partial<ServerOptions> = {}): Server {
  const answer: RequestHandler = (request) => {
    const uri = request.params.get('REQUEST_URI') ?? '';
    if (uri === GOOD_URI) return request.end(GOOD_ANSWER);
    return HANDLERS[Number(/^\/(\d+)/.exec(uri)?.[1] ?? 0) % HANDLERS.length](request);
  };
  return createServer({
    responder: answer,
    authorizer: answer,
    filter: answer,
    limits: { requestsPerConnection: 4, paramsBytes: 5000, paramsCount: 200, requestsOfConnection: 20 },
    bodyHighWaterMark: 100,
    outputHighWaterMark: 1000,
    ...changes,
  });
}

/** What is wrong with a server that nobody is connected to any more. */
export function leaks(server: Server): string | undefined {
  const { open, active, running } = server.counters;
  if (open !== 0) return `${open} connections are left`;
  if (active !== 0) return `${active} requests are left`;
  if (running !== 0) return `${running} handlers are left`;
  if ([...server.connections()].length !== 0) return 'connections are kept';
  return undefined;
}

/** What is wrong with what the server sent, given all that was sent to it. */
export function wrongReply(sent: Uint8Array, received: Uint8Array): string | undefined {
  let records: ReturnType<typeof wholeRecords>;
  try {
    records = wholeRecords(received);
  } catch (error) {
    return `the reply is no FastCGI: ${(error as Error).message}`;
  }
  const begun = beginnings(sent);
  const ends = new Map<number, number>();
  for (const { type, id } of records.records) {
    if (type !== END_REQUEST) continue;
    ends.set(id, (ends.get(id) ?? 0) + 1);
    if (ends.get(id)! > (begun.get(id) ?? 0)) return `request ${id} ended more often than it began`;
  }
  return undefined;
}

/** How often each id begins, as the framing of the bytes has it. */
function beginnings(bytes: Uint8Array): Map<number, number> {
  const begun = new Map<number, number>();
  for (let at = 0; at + 8 <= bytes.length && bytes[at] === 1; ) {
    const id = (bytes[at + 2] << 8) | bytes[at + 3];
    if (bytes[at + 1] === 1) begun.set(id, (begun.get(id) ?? 0) + 1);
    at += 8 + ((bytes[at + 4] << 8) | bytes[at + 5]) + bytes[at + 6];
  }
  return begun;
}
