// What the application's end of a connection tells its user.
import type { ApplicationProblem } from './application-problems.js';
import type { ApplicationRequest } from './application-request.js';

/**
 * Why a request is aborted: the web server said so, closed its side, is gone altogether, broke the protocol, or was
 * too slow; or this side is closing.
 */
export type AbortCause = 'abort-request' | 'peer-ended' | 'connection-lost' | 'protocol-error' | 'timeout' | 'closing';

/** Hears what comes of the web server's bytes. Called while they are pushed. */
export interface ApplicationSink<Context> {
  /** Whether there is a handler for this role (sections 6.2 to 6.4). */
  servesRole(role: number): boolean;
  /**
   * Whether one more request may begin; if not it is answered with OVERLOADED. One that may has begun, and is followed
   * by `requestEnded` or `requestDropped`.
   */
  admits(role: number): boolean;
  /** PARAMS are complete: the request may be answered from now on. */
  requestReady(request: ApplicationRequest<Context>): void;
  /** A piece of STDIN or DATA; bytes[start..end) stay as they are if the pushed buffer does. */
  bodyBytes(request: ApplicationRequest<Context>, type: number, bytes: Uint8Array, start: number, end: number): void;
  /** STDIN or DATA is complete. */
  bodyEnd(request: ApplicationRequest<Context>, type: number): void;
  /** The web server no longer wants the answer. An END_REQUEST is still to be written, where it can be. */
  requestAborted(request: ApplicationRequest<Context>, cause: AbortCause): void;
  /** A request that was ready has got its END_REQUEST, or never can. */
  requestEnded(request: ApplicationRequest<Context>): void;
  /** A request could not begin and was answered with that protocolStatus. */
  requestRefused(role: number, protocolStatus: number): void;
  /** A request that had begun was ended, or given up, before it was ready. */
  requestDropped(role: number): void;
  problem(problem: ApplicationProblem): void;
}
