// What a server can be told, and what it is told when it is told nothing.
import type { PaddingRule } from '../../fastcgi/encode.js';
import {
  type ApplicationLimits,
  type ApplicationOptions,
  applicationOptions,
  type OutputAlteration,
  type PeerEndPolicy,
} from '../../protocol/application-options.js';
import { type Clock, systemClock } from '../clock.js';
import type { ServerConnection } from './connection.js';
import type { ServerRequest } from './request.js';

/**
 * Answers one request. If it returns a promise, the request ends when that settles: a number it resolves to becomes
 * the appStatus, a rejection ends the request as `request.fail` does. Otherwise `request.end()` ends it, now or later.
 */
export type RequestHandler = (request: ServerRequest) => unknown;

/** Milliseconds; 0 turns one off. They are kept to within a quarter, or a second for long ones. */
export interface ServerTimeouts {
  /** A new connection that sends nothing is closed. */
  firstByte: number;
  /** From BEGIN_REQUEST, or the first byte of a record that belongs to no request, to the end of PARAMS. */
  header: number;
  /** A kept connection without a request is closed. */
  idle: number;
  /** A request that does not read its body while others share the connection is aborted. */
  stalledBody: number;
  /** A request of whose waiting body nothing is read is aborted, also where it is alone. */
  unreadBody: number;
  /** A request whose handler goes on after an abort gets its END_REQUEST without it. */
  abort: number;
  /** After its last byte a connection waits this long for the web server to close, anew with every byte that comes. */
  linger: number;
  /** The longest it waits so. */
  lingerTotal: number;
}

export const DEFAULT_TIMEOUTS: Readonly<ServerTimeouts> = {
  firstByte: 10_000,
  header: 30_000,
  idle: 0,
  stalledBody: 30_000,
  unreadBody: 300_000,
  abort: 0,
  linger: 2_000,
  lingerTotal: 30_000,
};

/** `detect` tells FastCGI from SCGI by a connection's first byte. */
export type ServerProtocol = 'fastcgi' | 'scgi' | 'detect';

export interface ServerOptions {
  /** Handlers by role; a role without one is answered with UNKNOWN_ROLE. SCGI requests are the responder's. */
  readonly responder?: RequestHandler;
  readonly authorizer?: RequestHandler;
  readonly filter?: RequestHandler;
  /** Default `fastcgi`. */
  readonly protocol?: ServerProtocol;
  /** Several requests at once on a connection (FCGI_MPXS_CONNS); else CANT_MPX_CONN. Default true. */
  readonly multiplex?: boolean;
  readonly limits?: Partial<ApplicationLimits>;
  readonly timeouts?: Partial<ServerTimeouts>;
  /** A request that has this many bytes of body unread pauses its connection. Default 64 KiB. */
  readonly bodyHighWaterMark?: number;
  /** Output of a connection beyond this is for a handler to wait with: `write` returns false. Default 64 KiB. */
  readonly outputHighWaterMark?: number;
  /** Most content bytes of one record, 1..65535. Default 65,528. */
  readonly recordSize?: number;
  /** Padding of records. Default: to a multiple of 8 bytes. */
  readonly padding?: PaddingRule;
  /** What the end of a web server's stream means for its requests. Default `abort`. */
  readonly peerEnd?: PeerEndPolicy;
  /**
   * FCGI_WEB_SERVER_ADDRS: the addresses that may connect, separated by commas. All others, AF_UNIX peers among them,
   * are closed at once. Default: everybody may connect.
   */
  readonly webServerAddresses?: string | undefined;
  /** The seam for faults: for each new connection, what alters its records on their way out. */
  readonly alterOutput?: (connection: ServerConnection) => OutputAlteration | undefined;
  readonly clock?: Pick<Clock, 'now'>;
}

export interface ServerSettings {
  readonly protocol: ServerProtocol;
  readonly application: ApplicationOptions;
  readonly timeouts: ServerTimeouts;
  readonly bodyHighWaterMark: number;
  readonly outputHighWaterMark: number;
  readonly alterOutput: ((connection: ServerConnection) => OutputAlteration | undefined) | undefined;
  readonly clock: Pick<Clock, 'now'>;
}

/** @throws RangeError where a number is out of its range. */
export function serverSettings(given: ServerOptions): ServerSettings {
  const timeouts = { ...DEFAULT_TIMEOUTS, ...given.timeouts };
  const { bodyHighWaterMark = 65_536, outputHighWaterMark = 65_536 } = given;
  for (const [name, value] of Object.entries({ ...timeouts, bodyHighWaterMark, outputHighWaterMark }))
    if (!(value >= 0)) throw new RangeError(`${name} must be a number from 0, not ${value}`);
  return {
    protocol: given.protocol ?? 'fastcgi',
    application: applicationOptions(given),
    timeouts,
    bodyHighWaterMark,
    outputHighWaterMark,
    alterOutput: given.alterOutput,
    clock: given.clock ?? systemClock,
  };
}
