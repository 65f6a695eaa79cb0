// What the workers of test pools answer, by the request's path.
import { existsSync } from 'node:fs';
import type { ServerRequest } from '../../../src/endpoints/server/request.js';
import type { WorkerContext, WorkerHandlers } from '../../../src/endpoints/workers/handlers.js';

const HEAD = 'Content-Type: text/plain\r\n\r\n';

interface Options {
  /** Throws instead of making handlers. */
  readonly fail?: string;
  /** Ends the process instead. */
  readonly exit?: number;
  /** Never comes to an end of making them. */
  readonly hang?: boolean;
}

export async function createHandlers(options: unknown, context: WorkerContext): Promise<WorkerHandlers> {
  const { fail, exit, hang = false } = (options ?? {}) as Options;
  if (fail !== undefined) throw new Error(fail);
  if (exit !== undefined) process.exit(exit);
  if (hang) await new Promise(() => {});
  let served = 0;
  let release: (() => void) | undefined;
  return {
    responder: (request) => {
      served++;
      const [path, query = ''] = (request.params.get('REQUEST_URI') ?? '/').split('?');
      switch (path) {
        case '/held':
          return held(request);
        case '/until':
          return untilFile(request, query);
        case '/after':
          return after(request, Number(query));
        case '/big':
          return request.end(`${HEAD}${'x'.repeat(Number(query))}`);
        case '/count':
          return request.end(`${HEAD}${process.pid} ${served}`);
        case '/die':
          return process.kill(process.pid, 'SIGKILL');
        case '/exit':
          return process.exit(Number(query));
        case '/stuck':
          return Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
        case '/throw':
          throw new Error('thrown by the handler');
        case '/send':
          context.send({ text: query, seat: context.seat });
          return request.end(HEAD);
        case '/arguments':
          return request.end(`${HEAD}${process.execArgv.join(' ')}`);
        case '/close-gate':
          release = context.gate.hold();
          return request.end(HEAD);
        case '/open-gate':
          release?.();
          return request.end(HEAD);
        default:
          return request.end(`${HEAD}${process.pid}`);
      }
    },
    authorizer: (request) => request.end('Status: 200\r\n\r\n'),
    close: () => context.send('closed'),
  };
}

/** Says that it has begun, and ends with STDIN. */
async function held(request: ServerRequest): Promise<void> {
  request.write(`${HEAD}begun `);
  await request.readBody();
  request.write(String(process.pid));
}

/** Ends when there is such a file. */
async function untilFile(request: ServerRequest, file: string): Promise<void> {
  request.write(`${HEAD}begun `);
  while (!existsSync(file) && !request.aborted) await new Promise((resolve) => setTimeout(resolve, 5));
}

async function after(request: ServerRequest, milliseconds: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds));
  request.write(`${HEAD}${process.pid}`);
}
