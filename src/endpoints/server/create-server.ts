// The way in: a server from handlers by role, or from one listener of the kind node:http has.
import { type HttpListener, httpHandler } from './http-handler.js';
import type { ServerOptions } from './options.js';
import { Server } from './server.js';

/**
 * A server that does not listen yet.
 * @param options handlers by role and whatever else is to be other than the default.
 * @throws RangeError where a number is out of its range.
 */
export function createServer(options: ServerOptions): Server;
/** @param listener answers Responder requests, as with node:http. */
export function createServer(listener: HttpListener, options?: Omit<ServerOptions, 'responder'>): Server;
export function createServer(first: ServerOptions | HttpListener, options: ServerOptions = {}): Server {
  return new Server(typeof first === 'function' ? { ...options, responder: httpHandler(first) } : first);
}
