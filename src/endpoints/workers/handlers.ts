// What answers requests in a worker. Functions can't cross processes, so a handler is named: by the module that has it,
// or by a name that the worker process knows.
import type { Socket } from 'node:net';
import type { ConnectionSocket } from '../server/connection.js';
import type { RequestHandler, ServerOptions } from '../server/options.js';
import type { SharedCache } from './shared-cache.js';

/**
 * A module that is loaded by every worker. It exports either `createHandlers`, a HandlerFactory, or handlers as they
 * are: any of `responder`, `authorizer` and `filter`.
 */
export interface HandlerModule {
  /** An absolute path, or a `file:` URL such as `import.meta.resolve` gives. */
  readonly module: string | URL;
  /** For `createHandlers`; anything that can be cloned (the structured clone algorithm). */
  readonly options?: unknown;
}

/** A handler that comes with this program, see `namedHandlers`. */
export interface NamedHandler {
  readonly name: string;
  readonly options?: unknown;
}

export type HandlerSource = HandlerModule | NamedHandler;

/** What a factory gets to know of the worker it makes handlers for. */
export interface WorkerContext {
  /** 0 for a pool's first worker. A worker that replaces another has that one's. */
  readonly seat: number;
  /** 0 for the first worker of its seat, 1 for the one that replaced it, and so on. */
  readonly generation: number;
  /** The cache of the pool, if it has one (see CacheOptions). */
  readonly cache: SharedCache | undefined;
  /** Keeps the worker from accepting, whatever its slots say. */
  readonly gate: AcceptGate;
  /** Gives a `message` event to the pool; anything that can be cloned. */
  send(message: unknown): void;
}

/** Several may hold it: the worker accepts when all have released it. */
export interface AcceptGate {
  /** Returns the function that releases it. */
  hold(): () => void;
}

/** Handlers by role, and what else of a server can't cross processes. */
export interface WorkerHandlers {
  readonly responder?: RequestHandler;
  readonly authorizer?: RequestHandler;
  readonly filter?: RequestHandler;
  /** The seam for faults, as in ServerOptions. */
  readonly alterOutput?: ServerOptions['alterOutput'];
  /** The seam for faults below the protocol: stands between each accepted socket and its connection. */
  readonly wrapSocket?: (socket: Socket) => ConnectionSocket;
  /** Called when the worker has answered its last request and is about to end; it may take its time. */
  readonly close?: () => void | Promise<void>;
}

/** Makes the handlers of one worker. What it throws is the reason why the worker can't start. */
export type HandlerFactory = (
  options: unknown,
  context: WorkerContext,
) => WorkerHandlers | RequestHandler | Promise<WorkerHandlers | RequestHandler>;
