// The face of node:http over raw requests, so that handlers written for it answer FastCGI, SCGI and CGI.
import { HttpRequest } from './http-request.js';
import { HttpResponse } from './http-response.js';
import type { RequestHandler } from './options.js';

/** As with `http.createServer`. A promise it returns is only looked at for its rejection. */
export type HttpListener = (request: HttpRequest, response: HttpResponse) => unknown;

/** A handler for raw requests out of a listener. The request ends when the response does. */
export function httpHandler(listener: HttpListener): RequestHandler {
  return (raw) => {
    const request = new HttpRequest(raw);
    const response = new HttpResponse(raw, request);
    raw.onAbort((error) => response.destroy(error));
    const result = listener(request, response) as PromiseLike<unknown> | undefined;
    if (typeof result?.then !== 'function') return undefined;
    return new Promise<void>((resolve, reject) => {
      result.then(() => raw.onEnd(resolve), reject);
    });
  };
}
