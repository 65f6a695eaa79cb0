// Waiting inside a handler, but not for a request that nobody wants any more.
import type { Clock } from '../clock.js';
import type { ServerRequest } from '../server/request.js';

/** Resolves after so many milliseconds. @throws RequestError ERR_REQUEST_ABORTED */
export function pause(clock: Clock, milliseconds: number, request: ServerRequest): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = clock.after(milliseconds, resolve);
    request.onAbort((error) => {
      timer.cancel();
      reject(error);
    });
  });
}
