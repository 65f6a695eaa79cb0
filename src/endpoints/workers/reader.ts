// Waits until a request has been received, before it takes a place that only computing needs.
import { FILTER } from '../../fastcgi/constants.js';
import type { ServerRequest } from '../server/request.js';

/**
 * Calls back once, at once if there is nothing to wait for: when all of the request has come, when so much of its body
 * waits that no more is read, or when it is aborted.
 */
export function whenReceived(request: ServerRequest, then: () => void): void {
  const isWhole = (): boolean => request.stdinEnded && (request.role !== FILTER || request.dataEnded);
  if (isWhole()) {
    then();
    return;
  }
  let over = false;
  const done = (): void => {
    if (over) return;
    over = true;
    then();
  };
  const { bodyEnd, pauseBody } = request;
  request.bodyEnd = (isData) => {
    bodyEnd.call(request, isData);
    if (isWhole()) done();
  };
  request.pauseBody = () => {
    pauseBody.call(request);
    done();
  };
  request.onAbort(done);
}
