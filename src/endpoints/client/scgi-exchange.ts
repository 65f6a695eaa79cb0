// One SCGI request and its answer on a connection of its own.
import type { Socket } from 'node:net';
import type { PairList } from '../../protocol/web-server-params.js';
import { headerBlock, netstring } from '../../scgi/encode.js';
import type { EndpointAddress } from '../address.js';
import type { Clock, Timer } from '../clock.js';
import type { ConnectRetryRules, Timeouts } from './client-rules.js';
import { establish } from './connecting.js';
import { ClientError, type ClientErrorCode, type ClientErrorDetails, type Phase, systemCode } from './errors.js';
import { type BodyOutlet, BodySender, type BodyTarget, type RequestBody } from './request-body.js';
import type { AnswerSource, ResponseReceiver } from './response.js';
import type { ClientSocket, Link } from './socket-link.js';

export interface ScgiOwner {
  readonly address: EndpointAddress;
  readonly clock: Clock;
  readonly timeouts: Timeouts;
  readonly connectRetry: ConnectRetryRules;
  /** Gives the socket that is used in place of the system's. */
  readonly wrap: ((socket: Socket) => ClientSocket) | undefined;
  /** The request begins on that socket. */
  begun(socket: ClientSocket): void;
  ended(): void;
}

export interface ScgiExchangeRequest {
  /** All of them, as they are sent; CONTENT_LENGTH is the first, as SCGI has it. */
  readonly headers: PairList;
  /** What a body that is a stream has to yield. */
  readonly contentLength: number;
  readonly body?: RequestBody;
  readonly signal?: AbortSignal;
}

const NO_BYTES = new Uint8Array(0);
const WHOLE = { recordSize: 1 << 16, padding: () => 0 };

export class ScgiExchange implements AnswerSource, BodyTarget, BodyOutlet {
  readonly asked: number;
  begun = 0;
  firstByte = 0;
  stdoutBytes = 0;
  readonly stderrBytes = 0;
  readonly stderrText = NO_BYTES;
  sent = false;
  private bodyBytes = 0;
  private lastByte = 0;
  private held = false;
  private done = false;
  private socket: ClientSocket | undefined;
  private sender: BodySender | undefined;
  private giveUp: () => void = () => {};
  private watch: Timer | undefined;
  private readonly totalAt: number;
  private onAbort: (() => void) | undefined;

  constructor(
    private readonly owner: ScgiOwner,
    private readonly what: ScgiExchangeRequest,
    private readonly sink: ResponseReceiver,
  ) {
    this.asked = owner.clock.now();
    const { total } = owner.timeouts;
    this.totalAt = total > 0 ? this.asked + total : Number.POSITIVE_INFINITY;
  }

  start(): void {
    const { signal } = this.what;
    if (signal?.aborted) {
      this.abort(signal.reason);
      return;
    }
    if (signal) {
      this.onAbort = () => this.abort(signal.reason);
      signal.addEventListener('abort', this.onAbort, { once: true });
    }
    const { address, clock, timeouts, connectRetry, wrap } = this.owner;
    this.look();
    this.giveUp = establish({ address, clock, timeout: timeouts.connect, retry: connectRetry, wrap }, (error, link) => {
      if (link) this.established(link);
      else this.settle(error!);
    });
  }

  abort(reason?: unknown): void {
    this.fail('aborted', 'the request was given up', { cause: reason });
  }

  cancel(code: ClientErrorCode, message: string): void {
    this.fail(code, message, {});
  }

  resume(): void {
    if (!this.held) return;
    this.held = false;
    this.lastByte = this.owner.clock.now();
    this.socket?.resume();
  }

  // The body, from its sender.

  stdin(bytes: Uint8Array, start: number, end: number): void {
    this.bodyBytes += end - start;
    const { contentLength, body } = this.what;
    if (isStream(body) && this.bodyBytes > contentLength) {
      throw new RangeError(`the body has more than the ${contentLength} bytes that were declared`);
    }
    if (end > start) this.socket!.write(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end));
  }

  endStdin(): void {
    this.sent = true;
    const { contentLength, body } = this.what;
    if (isStream(body) && this.bodyBytes < contentLength) {
      throw new RangeError(`the body ended after ${this.bodyBytes} of the ${contentLength} bytes that were declared`);
    }
  }

  data(): void {}
  endData(): void {}

  flush(): boolean {
    return !this.socket!.writableNeedDrain;
  }

  bodyFailed(error: unknown): void {
    const message = `the request's body failed: ${error instanceof Error ? error.message : String(error)}`;
    this.fail('body-failed', message, { cause: error });
  }

  private get phase(): Phase {
    if (!this.socket) return 'connecting';
    if (this.stdoutBytes === 0) return 'before-answer';
    return this.sink.response.complete ? 'in-body' : 'in-head';
  }

  private established(link: Link): void {
    const { socket } = link;
    this.socket = socket;
    this.begun = this.owner.clock.now();
    this.lastByte = this.begun;
    socket.setNoDelay(true);
    link.read((bytes, length) => this.received(bytes, length));
    socket.on('drain', () => {
      this.lastByte = this.owner.clock.now();
      this.sender?.resume();
    });
    socket.on('end', () => this.finished());
    socket.on('error', (error) => {
      const message = `the connection broke: ${systemCode(error) ?? error.message}`;
      this.fail('reset', message, { cause: error });
    });
    const { headers, body } = this.what;
    this.owner.begun(socket);
    // Headers and the beginning of the body leave together.
    socket.cork();
    socket.write(netstring(headerBlock(headers)));
    this.sender = new BodySender(this, body, undefined, WHOLE, this);
    this.sender.resume();
    socket.uncork();
    this.look();
  }

  private received(bytes: Uint8Array, length: number): void {
    if (this.done) return;
    this.lastByte = this.owner.clock.now();
    const first = this.stdoutBytes === 0;
    this.stdoutBytes += length;
    if (first) {
      this.firstByte = this.lastByte;
      this.look();
    }
    if (!this.sink.stdout(bytes, 0, length) && !this.done) {
      this.held = true;
      this.socket!.pause();
    }
  }

  /** The application's FIN: the only end an SCGI response has. */
  private finished(): void {
    if (this.done) return;
    const { response } = this.sink;
    if (this.stdoutBytes === 0) {
      this.fail('closed', 'the application closed the connection before it answered a byte', {});
      return;
    }
    const { contentLength } = response;
    const body = this.stdoutBytes - response.length;
    if (response.complete && contentLength !== undefined && body < contentLength) {
      const message = `the application closed the connection after ${body} of the ${contentLength} bytes of its Content-Length`;
      this.fail('scgi-truncated', message, { missing: contentLength - body });
      return;
    }
    this.finish();
    this.sink.completed({
      appStatus: undefined,
      protocolStatus: undefined,
      requestId: 0,
      connection: 1,
      reused: false,
      attempts: 1,
    });
  }

  /** Looks at the times and sets the timer for the next look. */
  private look(): void {
    if (this.done) return;
    const now = this.owner.clock.now();
    const { firstByte, idle, total } = this.owner.timeouts;
    if (now >= this.totalAt) {
      this.fail('total-timeout', `not finished within ${total} ms`, {});
      return;
    }
    let at = this.totalAt;
    if (this.socket && !this.held) {
      const limit = this.stdoutBytes === 0 ? firstByte : idle;
      if (limit > 0 && now >= this.lastByte + limit) {
        if (this.stdoutBytes === 0) this.fail('first-byte-timeout', `nothing was answered within ${limit} ms`, {});
        else this.fail('idle-timeout', `nothing came for ${limit} ms`, {});
        return;
      }
      if (limit > 0) at = Math.min(at, this.lastByte + limit);
    } else if (this.socket && idle > 0) {
      at = Math.min(at, now + idle);
    }
    this.watch?.cancel();
    this.watch =
      at === Number.POSITIVE_INFINITY ? undefined : this.owner.clock.after(at - now, () => this.look(), false);
  }

  private fail(code: ClientErrorCode, message: string, details: Partial<ClientErrorDetails>): void {
    if (this.done) return;
    const { response } = this.sink;
    this.settle(
      new ClientError(code, message, {
        phase: this.phase,
        arrived: {
          stdoutBytes: this.stdoutBytes,
          status: response.complete ? response.status : undefined,
          stderr: NO_BYTES,
        },
        ...details,
      }),
    );
  }

  private settle(error: ClientError): void {
    if (this.done) return;
    this.finish();
    this.sink.failed(error);
  }

  private finish(): void {
    this.done = true;
    this.watch?.cancel();
    if (this.onAbort) this.what.signal!.removeEventListener('abort', this.onAbort);
    this.sender?.stop();
    this.giveUp();
    this.socket?.destroy();
    this.owner.ended();
  }
}

function isStream(body: RequestBody | undefined): boolean {
  return body !== undefined && typeof body !== 'string' && !(body instanceof Uint8Array);
}
