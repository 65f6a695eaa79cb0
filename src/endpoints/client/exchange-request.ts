// What goes into an exchange and what comes out of it: the raw face's request, and who hears the answer.
import type { NameValuePairs } from '../../fastcgi/encode.js';
import type { CgiResponse } from '../../protocol/web-server-response.js';
import type { RequestTimeouts } from './client-rules.js';
import type { ClientError, Phase } from './errors.js';
import type { RequestBody } from './request-body.js';

/** A request as records, PARAMS given as they are to be sent. */
export interface ExchangeRequest {
  /** RESPONDER (default), AUTHORIZER, FILTER, or another 16-bit number. */
  readonly role?: number;
  /** BEGIN_REQUEST's flags. Default KEEP_CONN or 0, as the rules say. */
  readonly flags?: number;
  /** In the order they are sent; names may repeat. */
  readonly params: NameValuePairs;
  readonly stdin?: RequestBody;
  /** A Filter's DATA. */
  readonly data?: RequestBody;
  /** Whether it may be sent a second time if nothing was answered. Default false. */
  readonly repeatable?: boolean;
  readonly signal?: AbortSignal;
  readonly timeouts?: Partial<RequestTimeouts>;
}

/** Hears the answer. Byte ranges are only lent. */
export interface ExchangeSink {
  /** Returns false to be sent no more until `resume`; what was read already may still come. */
  stdout(bytes: Uint8Array, start: number, end: number): boolean;
  stdoutEnd?(): void;
  stderr?(bytes: Uint8Array, start: number, end: number): void;
  /** The last call if all went well. */
  completed(completion: Completion): void;
  /** The last call if it did not. */
  failed(error: ClientError): void;
  /** Where the sink reads a CGI head: tells errors how far it came. */
  readonly response?: CgiResponse;
}

/** An exchange as its caller sees it. */
export interface RunningExchange {
  /** How far it has come. */
  readonly phase: Phase;
  /** 0 before there is one. */
  readonly requestId: number;
  /** Milliseconds of the client's clock: when it was asked for, sent on a connection, first answered; 0 before. */
  readonly asked: number;
  readonly begun: number;
  readonly firstByte: number;
  /** Bytes of each stream so far. */
  readonly stdoutBytes: number;
  readonly stderrBytes: number;
  /** STDERR so far, up to the rules' `maxStderr`. */
  readonly stderrText: Uint8Array;
  /** The sink takes more, after its `stdout` returned false. */
  resume(): void;
  /** Gives it up; the sink hears `failed` with the code `aborted`. Nothing happens if it has ended. */
  abort(reason?: unknown): void;
}

/** How an exchange ended. */
export interface Completion {
  /** Of END_REQUEST; undefined where the rules did without it. */
  readonly appStatus: number | undefined;
  readonly protocolStatus: number | undefined;
  readonly requestId: number;
  /** Number of the connection within its client. */
  readonly connection: number;
  /** The connection had served before: a request, or GET_VALUES. */
  readonly reused: boolean;
  /** How often the request was sent. */
  readonly attempts: number;
}
