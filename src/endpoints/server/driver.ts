// A protocol on one server connection: what FastCGI and SCGI have in common as seen from the socket.
import type { AbortCause } from '../../protocol/application-sink.js';
import type { ServerRequest } from './request.js';

/** What a driver asks of its connection. */
export interface DriverOutput {
  /** There is output to take, soon. */
  outputWaits(): void;
  /** Whether handlers may write on without waiting. */
  readonly mayWrite: boolean;
  /** `request.drain()` is wanted when they may. */
  awaitDrain(request: ServerRequest): void;
  /** Stops, and starts, reading because of a body that nobody reads. */
  pauseReading(request: ServerRequest): void;
  resumeReading(request: ServerRequest): void;
}

export interface Driver {
  readonly protocol: 'fastcgi' | 'scgi';
  /** The next bytes, at that time of the server's clock. */
  push(bytes: Uint8Array, now: number): void;
  /** The web server has closed its direction. */
  inputEnded(): void;
  /** The connection is gone. */
  lost(cause: AbortCause): void;
  /** No more requests; done when the active ones are. */
  close(): void;
  /** Nothing more is to be read or written when the output is sent. */
  readonly done: boolean;
  readonly wantsInput: boolean;
  readonly mayResume: boolean;
  resume(): void;
  readonly active: number;
  readonly served: number;
  readonly atBoundary: boolean;
  readonly pendingOutput: number;
  takeOutput(): Uint8Array[];
  readonly outputCut: 'close' | 'reset' | undefined;
  /** What has been waiting too long. */
  sweep(now: number): void;
  /** The requests whose handlers have begun. */
  requests(): Iterable<ServerRequest>;
  /** Ends a request for its handler. */
  abortRequest(request: ServerRequest, cause: AbortCause): void;
}
