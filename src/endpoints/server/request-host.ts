// What a connection needs of the server it belongs to.
import type { ApplicationProblem } from '../../protocol/application-problems.js';
import type { AbortCause } from '../../protocol/application-sink.js';
import type { ServerSettings } from './options.js';
import type { ServerRequest } from './request.js';

export interface RequestHost {
  readonly settings: ServerSettings;
  servesRole(role: number): boolean;
  /** Whether one more request may begin; it counts as active from then on. */
  admits(): boolean;
  /** Starts the handler. */
  requestBegan(request: ServerRequest): void;
  requestAborted(request: ServerRequest, cause: AbortCause): void;
  /** It has got its END_REQUEST, or never can. */
  requestEnded(request: ServerRequest): void;
  /** It could not begin, and was answered with that protocolStatus. */
  requestRefused(role: number, protocolStatus: number): void;
  /** It had begun and ended before its handler did. */
  requestDropped(role: number): void;
  problem(problem: ApplicationProblem): void;
  /** SCGI has no STDERR of its own. */
  errorOutput(request: ServerRequest, bytes: Uint8Array): void;
}
