// The application of `serve` in one worker of a pool: the same handlers, and the faults that keep a worker from accepting.
import type { Socket } from 'node:net';
import { type Fault, numberOf } from '../../faults/fault.js';
import type { ServedRequest } from '../../model/served-request.js';
import { systemClock } from '../clock.js';
import type { ConnectionSocket } from '../server/connection.js';
import type { HandlerFactory } from '../workers/handlers.js';
import { type ServeApplication, serveHandlers } from './serve-handlers.js';

/** What a worker sends to the pool. */
export type ServeMessage =
  | { readonly kind: 'request'; readonly request: ServedRequest }
  /** When the worker ends: how often each fault happened in it, in their order. */
  | { readonly kind: 'faults'; readonly happened: readonly number[] };

/** `options` is a ServeApplication. */
export const createHandlers: HandlerFactory = async (options, { gate, send }) => {
  const tell = (message: ServeMessage): void => send(message);
  const handlers = await serveHandlers(options as ServeApplication, (request) => tell({ kind: 'request', request }));
  const { faults, wrapSocket } = handlers;
  const hold = (happening: readonly Fault[]): void => {
    for (const fault of happening) {
      const release = gate.hold();
      const time = numberOf(fault, fault.kind.name === 'accept_delay' ? 'delay' : 'stop');
      if (time > 0) systemClock.after(time, release, false);
    }
  };
  hold(faults?.listenerFaults(['stop_accepting']) ?? []);
  return {
    ...handlers,
    wrapSocket: (socket: Socket): ConnectionSocket => {
      hold(faults?.listenerFaults(['stop_accepting', 'accept_delay']) ?? []);
      return wrapSocket ? wrapSocket(socket) : socket;
    },
    close: () => {
      handlers.close();
      if (faults) tell({ kind: 'faults', happened: faults.schedules.map(({ happened }) => happened) });
    },
  };
};
