// What an application's end of a connection allows and advertises, with defaults that are safe on the open network.
import { type PaddingRule, padToEight } from '../fastcgi/encode.js';

/** How much one web server connection may ask for. Bytes and counts; nothing is unlimited by default. */
export interface ApplicationLimits {
  /** Connections at once, advertised as FCGI_MAX_CONNS. Enforced where connections are accepted. */
  connections: number;
  /** Requests at once over all connections, advertised as FCGI_MAX_REQS; one more is answered with OVERLOADED. */
  requests: number;
  /** Requests at once on one connection; one more is answered with OVERLOADED. */
  requestsPerConnection: number;
  /** A kept connection is closed after this many requests. 0: never. */
  requestsOfConnection: number;
  /** PARAMS of one request, and PARAMS of all requests of a connection that are still being sent. */
  paramsBytes: number;
  /** Name-value pairs of one request. */
  paramsCount: number;
  /** Name and value of one pair together; never more than 1 MiB. */
  pairBytes: number;
}

export const DEFAULT_LIMITS: Readonly<ApplicationLimits> = {
  connections: 16_384,
  requests: 16_384,
  requestsPerConnection: 256,
  requestsOfConnection: 0,
  paramsBytes: 1 << 20,
  paramsCount: 10_000,
  pairBytes: 1 << 20,
};

/**
 * What the web server's closing its side of the connection means for requests that are not answered yet: `abort` tells
 * their handlers; `finish` does so only where the request had not been received whole. What they write is sent in both
 * cases, since the web server may have closed only one direction.
 */
export type PeerEndPolicy = 'abort' | 'finish';

/** One record on its way out, before it becomes bytes. */
export interface OutgoingRecord {
  readonly type: number;
  readonly requestId: number;
  readonly content: Uint8Array;
  /** 0..255 */
  readonly paddingLength: number;
  /** Default 1. */
  readonly version?: number;
}

/** What is sent in place of a record: records, bytes as they are, or an end of the connection at this point. */
export type AlteredOutput = OutgoingRecord | Uint8Array | 'close' | 'reset';

/**
 * The seam for faults: gets every record in the order of sending and gives what is sent in its place. Several, none
 * (the record is lost), or undefined for "as it is". `close` ends the connection there, `reset` with a RST; nothing
 * after them is sent.
 */
export type OutputAlteration = (record: OutgoingRecord) => readonly AlteredOutput[] | undefined;

/** Shared by all connections of a server, and read anew for every request: a change counts from then on. */
export interface ApplicationOptions {
  /** Several requests at once on a connection, advertised as FCGI_MPXS_CONNS; else CANT_MPX_CONN. Default true. */
  multiplex: boolean;
  limits: ApplicationLimits;
  /** Most content bytes of one record, 1..65535. Default 65,528. */
  recordSize: number;
  /** Default: to a multiple of 8 bytes. */
  padding: PaddingRule;
  /** Default `abort`. */
  peerEnd: PeerEndPolicy;
}

export const DEFAULT_RECORD_SIZE = 65_528;

/** Options with everything that was left out. @throws RangeError where a number is out of its range. */
export function applicationOptions(given: {
  readonly multiplex?: boolean;
  readonly limits?: Partial<ApplicationLimits>;
  readonly recordSize?: number;
  readonly padding?: PaddingRule;
  readonly peerEnd?: PeerEndPolicy;
}): ApplicationOptions {
  const recordSize = given.recordSize ?? DEFAULT_RECORD_SIZE;
  if (!Number.isInteger(recordSize) || recordSize < 1 || recordSize > 65535)
    throw new RangeError(`recordSize must be an integer from 1 to 65535, not ${recordSize}`);
  const limits = { ...DEFAULT_LIMITS, ...given.limits };
  for (const [name, value] of Object.entries(limits))
    if (!(value >= 0)) throw new RangeError(`limits.${name} must be a number from 0, not ${value}`);
  return {
    multiplex: given.multiplex ?? true,
    limits,
    recordSize,
    padding: given.padding ?? padToEight,
    peerEnd: given.peerEnd ?? 'abort',
  };
}
