// Waits for a handler, whichever way it ends its request.
import type { RequestHandler } from '../server/options.js';
import type { ServerRequest } from '../server/request.js';

/**
 * What the handler's promise resolves to; for one that returns none, undefined when the request has ended. Rejects with
 * what it throws.
 */
export function runHandler(handler: RequestHandler, request: ServerRequest): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const result = handler(request) as PromiseLike<unknown> | undefined;
    if (typeof result?.then === 'function') result.then(resolve, reject);
    else request.onEnd(() => resolve(undefined));
  });
}
