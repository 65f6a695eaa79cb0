// What a server has counted since it was made. Plain numbers that anybody may read at any time.
import type { ApplicationProblemCode } from '../../protocol/application-problems.js';

export class ServerCounters {
  /** Connections. */
  accepted = 0;
  open = 0;
  /** Closed at once: over the limit, or from an address that may not connect. */
  dropped = 0;
  /** Requests whose handlers began. */
  requests = 0;
  /** Requests that have begun and are not answered yet, those included whose PARAMS are still coming. */
  active = 0;
  /** Handlers that are running: an answered request's may go on. */
  running = 0;
  aborted = 0;
  /** Handlers that failed. */
  failed = 0;
  /** Requests that could not begin: OVERLOADED, CANT_MPX_CONN, UNKNOWN_ROLE. */
  overloaded = 0;
  cannotMultiplex = 0;
  unknownRole = 0;
  /** Requests that ended before their PARAMS had. */
  unfinished = 0;
  bytesReceived = 0;
  bytesSent = 0;
  /** What web servers did wrong, by code. */
  readonly problems: { [code in ApplicationProblemCode]?: number } = {};
}
