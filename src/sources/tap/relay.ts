// The relay: for each pair of addresses a listener, and for each connection that it accepts one to the application. It
// knows nothing of protocols.
import type { NetConnectOpts, Socket } from 'node:net';
import type { EndpointAddress } from '../../model/endpoint-address.js';
import { OpenList } from '../../model/open-list.js';
import type { Clock } from '../clock.js';
import { BusyPolling } from './busy-polling.js';
import { RelayConnection, type RelayContext } from './relay-connection.js';
import type { RelayFaultSource } from './relay-fault-seam.js';
import { type RelayListener, startListening } from './relay-listener.js';
import type { RelayObserver } from './relay-observer.js';

/** Where web servers connect, and the application behind it. */
export interface RelayPair {
  readonly listen: EndpointAddress;
  /** With an address, not a name: a look-up for each connection would take longer than the connection. */
  readonly to: EndpointAddress;
}

export interface RelayOptions {
  readonly pairs: readonly RelayPair[];
  readonly observer: RelayObserver;
  readonly clock: Clock;
  /** Access rights of socket files, such as 0o660. Default: those of the application's socket. */
  readonly mode?: number | undefined;
  readonly faults?: RelayFaultSource | undefined;
}

export interface Relay {
  /** Where each pair listens, with the port that was chosen. */
  readonly listening: readonly EndpointAddress[];
  /** What a user should know, such as rights that could not be copied. */
  readonly warnings: readonly string[];
  /** Connections at the moment. */
  readonly open: number;
  /** Accepts nothing more. Connections go on. */
  stopAccepting(): void;
  /** Ends these connections properly, those that there still are. */
  end(connections: Iterable<number>): void;
  /** Closes everything at once. Resolves when all sockets are closed. */
  close(): Promise<void>;
  /** Looks for peers that have gone away unnoticed; to be called a few times a second. */
  probe(): void;
}

/** Connections that are asked at most in one call of `probe`. */
const PROBED = 2000;
/** Milliseconds after which an address is tried again that another program has taken. */
const RETRY = 500;

/** @throws UserError if an address cannot be listened on */
export async function startRelay(options: RelayOptions): Promise<Relay> {
  const { observer, clock } = options;
  const connections = new OpenList<RelayConnection>();
  const warnings: string[] = [];
  let next = 0;
  let stopped = false;
  let onEmpty: (() => void) | undefined;
  let probed = 0;
  const context: RelayContext = {
    observer,
    clock,
    polling: new BusyPolling(clock),
    faults: options.faults,
    gone(connection) {
      connections.delete(connection);
      if (connections.size === 0) onEmpty?.();
    },
  };
  const listeners: RelayListener[] = [];
  /** Those that have been closed for a while. */
  const away = new WeakSet<RelayListener>();
  const absences = new Set<NodeJS.Timeout>();
  const later = (milliseconds: number, what: () => void) => {
    const timer = setTimeout(() => {
      absences.delete(timer);
      what();
    }, milliseconds);
    absences.add(timer);
  };
  /** Listens again; where another program has the address meanwhile, as soon as it has not. */
  const comeBack = (pair: number, listener: RelayListener) => {
    listener.again().then(
      (next) => {
        if (stopped) next.close();
        else listeners[pair] = next;
      },
      () => {
        if (!stopped) later(RETRY, () => comeBack(pair, listener));
      },
    );
  };
  /** Nobody listens for a while. */
  const leave = (pair: number, milliseconds: number) => {
    const listener = listeners[pair];
    if (listener === undefined || away.has(listener)) return;
    away.add(listener);
    listener.close();
    later(milliseconds, () => comeBack(pair, listener));
  };
  const accepted = (pair: number, to: NetConnectOpts, tcp: readonly [boolean, boolean]) => (web: Socket) => {
    const number = next++;
    // Asked before the connection is made: a web server that is gone already has no address any more.
    const { remoteAddress: address, remotePort: port } = web;
    const time = clock.now();
    observer.opened(number, pair, address === undefined || port === undefined ? undefined : { address, port }, time);
    connections.add(new RelayConnection(number, context, web, to, tcp));
    const absent = options.faults?.down((name) => observer.fault(number, name, clock.now())) ?? 0;
    if (absent > 0) leave(pair, absent);
  };
  try {
    for (const [pair, { listen, to }] of options.pairs.entries()) {
      const tcp = [listen.kind === 'tcp', to.kind === 'tcp'] as const;
      const listener = await startListening(listen, {
        onConnection: accepted(pair, connectOptions(to), tcp),
        onError: (error) => observer.notAccepted(pair, error.code ?? 'unknown', clock.now()),
        like: to.kind === 'unix' ? to.path : undefined,
        mode: options.mode,
      });
      listeners.push(listener);
      warnings.push(...listener.warnings);
    }
  } catch (error) {
    for (const listener of listeners) listener.close();
    throw error;
  }
  const listening = listeners.map((listener) => listener.address);
  const stopAccepting = () => {
    stopped = true;
    for (const timer of absences) clearTimeout(timer);
    for (const listener of listeners.splice(0)) listener.close();
  };
  return {
    listening,
    warnings,
    get open() {
      return connections.size;
    },
    stopAccepting,
    end(numbers) {
      const wanted = new Set(numbers);
      for (const connection of connections.all()) if (wanted.has(connection.number)) connection.end();
    },
    async close() {
      stopAccepting();
      if (connections.size === 0) return;
      const empty = new Promise<void>((resolve) => {
        onEmpty = resolve;
      });
      for (const connection of connections.all()) connection.destroy();
      await empty;
    },
    probe() {
      const all = connections.all();
      const from = probed >= all.length ? 0 : probed;
      probed = from + PROBED;
      for (const connection of all.slice(from, probed)) connection.probe();
    },
  };
}

function connectOptions(to: EndpointAddress): NetConnectOpts {
  return to.kind === 'unix' ? { path: to.path } : { host: to.host, port: to.port, noDelay: true };
}
