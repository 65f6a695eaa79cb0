// What a pool of workers can be told. All of it is plain data, because it goes to other processes.
import { UserError } from '../../model/errors.js';
import type { ApplicationLimits, PeerEndPolicy } from '../../protocol/application-options.js';
import type { ListenAddress } from '../server/listen-address.js';
import type { ServerProtocol, ServerTimeouts } from '../server/options.js';
import { webServerAddresses } from '../server/web-server-addresses.js';
import type { CacheOptions } from './cached-responses.js';
import type { HandlerSource } from './handlers.js';
import type { DeathPolicy } from './seats.js';
import type { SlotKind } from './slots.js';

/** The part of ServerOptions that is plain data. */
export interface WorkerServerOptions {
  readonly protocol?: ServerProtocol;
  /** Default: true with the `event` model and with slots pinned by the handler, else false. */
  readonly multiplex?: boolean;
  readonly limits?: Partial<ApplicationLimits>;
  readonly timeouts?: Partial<ServerTimeouts>;
  readonly bodyHighWaterMark?: number;
  readonly outputHighWaterMark?: number;
  readonly recordSize?: number;
  readonly peerEnd?: PeerEndPolicy;
  readonly webServerAddresses?: string;
}

export interface WorkersOptions {
  readonly handler: HandlerSource;
  /** `fd` names a listening socket of this process, usually FCGI_LISTENSOCK_FILENO. */
  readonly listen: ListenAddress;
  /**
   * `event`: one process, this one, that takes every connection. `workers`: processes of their own on one listening
   * socket, each of which takes as many connections as it has slots and leaves the others in the accept queue.
   * Default `workers`.
   */
  readonly model?: 'event' | 'workers';
  /** Processes. Default 2. */
  readonly workers?: number;
  /**
   * What each worker serves at a time: 1 as php-fpm, more as a threaded libfcgi program, Infinity for no limit.
   * Default 1; with the `event` model no limit.
   */
  readonly slots?: number;
  /**
   * What holds a slot. `connection`: a connection, from its accept to its close, so that a kept one holds it while it
   * is idle (php-fpm). `request`: from the accept, or from a request's arrival on a kept connection, to its answer.
   * `handler`: only the handler, from when its request was received whole to its end; connections are accepted without
   * limit, bodies read before and answers sent after without a slot. Default `connection`.
   */
  readonly slot?: SlotKind;
  /**
   * As libfcgi's threaded example: one lock around accepting and reading a request's PARAMS, so that one silent or idle
   * kept connection keeps the worker's other slots from accepting and from reading. For slots pinned by the connection.
   * Default false.
   */
  readonly acceptLock?: boolean;
  /** After about this many requests a worker is replaced. 0: never, the default. */
  readonly maxRequests?: number;
  /** After about this many milliseconds a worker is replaced. 0: never, the default. */
  readonly lifetime?: number;
  /**
   * The part of `maxRequests` and `lifetime` that may be taken off, drawn anew for each worker, so that not all are
   * replaced at once: 0.2 makes 1000 requests 801 to 1000. 0..1; default 0.2, and 0 for the stampede.
   */
  readonly jitter?: number;
  /**
   * Milliseconds that a worker which is to be replaced may take to finish what it has; then that is cut off. 0: no
   * limit. Default 30,000.
   */
  readonly retireTimeout?: number;
  /** Seeds what is drawn. Default: by chance. */
  readonly seed?: number;
  /** What becomes of the place of a worker that died, see DeathPolicy. Default `all`. */
  readonly replaceDead?: DeathPolicy;
  readonly cache?: CacheOptions;
  readonly server?: WorkerServerOptions;
  /**
   * Processes that hold the listening socket while all workers are full; each costs about 9 MB of its own.
   * With 2, the default, the death of one never costs the accept queue. 1 or more.
   */
  readonly keepers?: number;
  /** Milliseconds that a worker may take to load its handler. Default 10,000. */
  readonly startTimeout?: number;
  /** Options of Node for the processes, such as `--import=tsx` for a handler that is no JavaScript. Default none. */
  readonly execArgv?: readonly string[];
}

/** Options with everything that was left out. */
export interface WorkersSettings {
  readonly handler: HandlerSource;
  readonly listen: ListenAddress;
  readonly model: 'event' | 'workers';
  readonly workers: number;
  /** Infinity for no limit. */
  readonly slots: number;
  readonly slot: SlotKind;
  readonly acceptLock: boolean;
  readonly maxRequests: number;
  readonly lifetime: number;
  readonly jitter: number;
  readonly retireTimeout: number;
  readonly seed: number | undefined;
  readonly replaceDead: DeathPolicy;
  readonly cache: CacheOptions | undefined;
  readonly server: WorkerServerOptions;
  readonly keepers: number;
  readonly startTimeout: number;
}

const MOST_WORKERS = 1000;

/** @throws UserError where something is out of its range or does not go together. */
export function workersSettings(given: WorkersOptions): WorkersSettings {
  const model = given.model ?? 'workers';
  const slot = given.slot ?? 'connection';
  const slots = given.slots ?? (model === 'event' ? Number.POSITIVE_INFINITY : 1);
  const settings: WorkersSettings = {
    handler: given.handler,
    listen: given.listen,
    model,
    workers: model === 'event' ? 1 : integer('workers', given.workers ?? 2, 1, MOST_WORKERS),
    slots: slots === Number.POSITIVE_INFINITY ? slots : integer('slots', slots, 1, 1 << 20),
    slot,
    acceptLock: given.acceptLock ?? false,
    maxRequests: integer('maxRequests', given.maxRequests ?? 0, 0, Number.MAX_SAFE_INTEGER),
    lifetime: atLeastZero('lifetime', given.lifetime ?? 0),
    jitter: given.jitter ?? 0.2,
    retireTimeout: atLeastZero('retireTimeout', given.retireTimeout ?? 30_000),
    seed: given.seed,
    replaceDead: given.replaceDead ?? 'all',
    cache: given.cache,
    server: { ...given.server, multiplex: given.server?.multiplex ?? (model === 'event' || slot === 'handler') },
    keepers: integer('keepers', given.keepers ?? 2, 1, 16),
    startTimeout: atLeastZero('startTimeout', given.startTimeout ?? 10_000),
  };
  if (!(settings.jitter >= 0 && settings.jitter <= 1))
    throw new UserError(`jitter must be between 0 and 1, not ${settings.jitter}`);
  if (settings.acceptLock && slot !== 'connection')
    throw new UserError('acceptLock goes with slots that are pinned by the connection');
  if (model === 'event' && (settings.maxRequests > 0 || settings.lifetime > 0))
    throw new UserError('the event model has no workers that could be replaced', 'use the workers model');
  if (model === 'event' && slot !== 'handler' && slots !== Number.POSITIVE_INFINITY)
    throw new UserError(
      'the event model takes every connection',
      'use the workers model, or slots pinned by the handler',
    );
  const addresses = given.server?.webServerAddresses;
  const wrong = addresses === undefined ? [] : webServerAddresses(addresses).wrong;
  if (wrong.length > 0) throw new UserError(`"${wrong[0]}" is no address that a web server could have`);
  if (given.listen.backlog !== undefined) integer('backlog', given.listen.backlog, 1, 0x7fffffff);
  return settings;
}

function integer(name: string, value: number, least: number, most: number): number {
  if (!Number.isInteger(value) || value < least || value > most)
    throw new UserError(`${name} must be an integer from ${least} to ${most}, not ${value}`);
  return value;
}

function atLeastZero(name: string, value: number): number {
  if (!(value >= 0) || value === Number.POSITIVE_INFINITY)
    throw new UserError(`${name} must be a number of milliseconds, not ${value}`);
  return value;
}
