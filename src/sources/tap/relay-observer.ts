// What the relay tells while it works: the seam between moving bytes and understanding them. Every call comes after the
// bytes, the FIN or the RST were passed on; nothing that happens behind it may reach the relay.
import type { Side } from '../../model/side.js';

/** Times are milliseconds of the relay's clock; connection numbers count from 0 and are never given twice. */
export interface RelayObserver {
  /** A web server has connected, and the connection to the application is being opened. */
  opened(connection: number, pair: number, webServer: RemoteEnd, time: number): void;
  /** The application's kernel has accepted the connection. */
  connected(connection: number, time: number): void;
  /** There is no connection to the application; the web server's has been ended. `code` is the system's, such as EAGAIN. */
  failed(connection: number, code: string, time: number): void;
  /** `position`: bytes of this side's stream before these. The buffer is only lent. */
  data(connection: number, side: Side, bytes: Uint8Array, position: number, time: number): void;
  /** One side has not been read for a while, because the other does not take what it sent. */
  paused(connection: number, side: Side, time: number): void;
  /** It is read again, after `paused`. */
  resumed(connection: number, side: Side, time: number): void;
  /** One side has ended its stream of `length` bytes. `knew`: the other's end had been passed on to it before. */
  finished(connection: number, side: Side, knew: boolean, length: number, time: number): void;
  /** One side is gone without an end of its stream; `code` is the system's, such as ECONNRESET. */
  reset(connection: number, side: Side, code: string, time: number): void;
  /** The relay itself has ended the connection. */
  cut(connection: number, time: number): void;
  /** Both of the relay's sockets are closed. `paused`: milliseconds during which each side was not read. */
  closed(connection: number, paused: readonly [number, number], time: number): void;
  /** A fault is made on purpose in a connection: its name. */
  fault(connection: number, name: string, time: number): void;
  /** A connection could not be accepted; `code` is the system's, such as EMFILE. */
  notAccepted(pair: number, code: string, time: number): void;
}

/** Where a web server's connection comes from; undefined where it has no address (AF_UNIX). */
export type RemoteEnd = { readonly address: string; readonly port: number } | undefined;
