// The easy face of an answer: status and headers as soon as the head is there, the body as a stream or at once, STDERR
// and the application's status when it has ended.
import { Readable } from 'node:stream';
import { decodeBytes } from '../../model/byte-strings.js';
import { copyBytes } from '../../model/copy-bytes.js';
import { authorizerVariables, CgiResponse, type ResponseHeaders } from '../../protocol/web-server-response.js';
import { ByteStore } from './byte-store.js';
import type { ClientRules } from './client-rules.js';
import { ClientError, type ClientErrorCode } from './errors.js';
import type { Completion, ExchangeSink } from './exchange-request.js';

/** What a response needs of its exchange. */
export interface AnswerSource {
  /** Milliseconds of the client's clock. */
  readonly asked: number;
  readonly begun: number;
  readonly firstByte: number;
  readonly stdoutBytes: number;
  readonly stderrBytes: number;
  readonly stderrText: Uint8Array;
  resume(): void;
  abort(reason?: unknown): void;
  cancel(code: ClientErrorCode, message: string): void;
}

/** When things happened, in milliseconds since `client.request` was called. */
export interface ResponseTimes {
  /** The request began to be sent on a connection. */
  readonly begun: number;
  /** The first byte of the answer came. */
  readonly firstByte: number;
  /** END_REQUEST came; undefined while it has not. */
  readonly ended: number | undefined;
}

export class ClientResponse {
  /** @internal */
  constructor(private readonly receiver: ResponseReceiver) {}

  /** HTTP status: that of the Status header, 302 for a Location alone, else 200. 0 where a tolerated Status has no number. */
  get status(): number {
    return this.receiver.response.status;
  }

  /** The text after the status number; '' without one. */
  get reason(): string {
    return this.receiver.response.reason;
  }

  get headers(): ResponseHeaders {
    return this.receiver.response.headers;
  }

  /** The head as it came, blank line included. */
  get head(): Uint8Array {
    return this.receiver.response.bytes;
  }

  /** An Authorizer's variables (`Variable-NAME` headers); they count where the status is 200. */
  get variables(): Map<string, string> {
    return authorizerVariables(this.headers);
  }

  /**
   * The body as a stream of Node, once. It ends with END_REQUEST; whatever prevents that destroys it with a ClientError.
   * While it is not read, the application is not read either.
   */
  get body(): Readable {
    return this.receiver.stream();
  }

  /** The whole body. @throws ClientError if it does not come to its end. */
  bytes(): Promise<Uint8Array> {
    return this.receiver.all();
  }

  /** The whole body as text: UTF-8, or Latin-1 where it is no UTF-8. @throws ClientError as `bytes`. */
  async text(): Promise<string> {
    return decodeBytes(await this.receiver.all());
  }

  /** STDERR so far, as text; all of it (up to `maxStderr`) once the exchange has ended. */
  get stderr(): string {
    return decodeBytes(this.receiver.exchange!.stderrText);
  }

  /** Bytes of STDERR so far, also where not all were kept. */
  get stderrBytes(): number {
    return this.receiver.exchange!.stderrBytes;
  }

  /** Of END_REQUEST; undefined while it has not come. */
  get appStatus(): number | undefined {
    return this.receiver.completion?.appStatus;
  }

  /** Of END_REQUEST; undefined while it has not come. Another one than REQUEST_COMPLETE is an error instead. */
  get protocolStatus(): number | undefined {
    return this.receiver.completion?.protocolStatus;
  }

  /** Resolves when the exchange has ended, whether the body was read or not. @throws ClientError if it fails. */
  get completed(): Promise<Completion> {
    return this.receiver.ended();
  }

  get times(): ResponseTimes {
    const exchange = this.receiver.exchange!;
    const { asked } = exchange;
    const { endedAt } = this.receiver;
    return {
      begun: exchange.begun - asked,
      firstByte: exchange.firstByte - asked,
      ended: endedAt === undefined ? undefined : endedAt - asked,
    };
  }

  /** Gives the rest up. */
  abort(reason?: unknown): void {
    this.receiver.exchange!.abort(reason);
  }
}

/** Hears an exchange and makes a response of it. */
export class ResponseReceiver implements ExchangeSink {
  exchange: AnswerSource | undefined;
  readonly response: CgiResponse;
  completion: Completion | undefined;
  endedAt: number | undefined;
  private readonly body: ByteStore;
  private readable: Readable | undefined;
  private readableFull = false;
  private held = false;
  private error: ClientError | undefined;
  private headGiven = false;
  private endWaiters: { resolve: (completion: Completion) => void; reject: (error: ClientError) => void }[] = [];
  private taken = false;

  constructor(
    private readonly rules: Pick<ClientRules, 'maxHead' | 'maxBuffered' | 'tolerantHead'>,
    private readonly now: () => number,
    private readonly headComplete: (response: ClientResponse) => void,
    private readonly noHead: (error: ClientError) => void,
  ) {
    this.response = new CgiResponse(rules.maxHead);
    this.body = new ByteStore();
  }

  stdout(bytes: Uint8Array, start: number, end: number): boolean {
    const { response } = this;
    if (!response.complete) {
      start = response.push(bytes, start, end);
      const { fault } = response;
      if (fault !== undefined && !(this.rules.tolerantHead && fault !== 'too-large')) {
        this.badHead(fault);
        return true;
      }
      if (!response.complete) return true;
      this.headGiven = true;
      this.headComplete(new ClientResponse(this));
    }
    if (start === end) return true;
    const { readable } = this;
    if (readable) {
      if (!readable.push(copyBytes(bytes, start, end))) this.readableFull = true;
      return !this.readableFull;
    }
    this.body.append(bytes, start, end);
    this.held = !this.taken && this.body.length >= this.rules.maxBuffered;
    return !this.held;
  }

  completed(completion: Completion): void {
    this.completion = completion;
    this.endedAt = this.now();
    if (!this.headGiven) {
      const bytes = this.response.length;
      const message =
        bytes === 0 ? 'the response has no head: STDOUT was empty' : 'STDOUT ended inside the response head';
      this.failed(this.errorAt('no-head', message));
      return;
    }
    if (this.readable) this.readable.push(null);
    for (const { resolve } of this.endWaiters) resolve(completion);
    this.endWaiters = [];
  }

  failed(error: ClientError): void {
    this.error = error;
    this.endedAt ??= this.now();
    if (!this.headGiven) this.noHead(error);
    this.readable?.destroy(error);
    for (const { reject } of this.endWaiters) reject(error);
    this.endWaiters = [];
  }

  ended(): Promise<Completion> {
    if (this.error) return Promise.reject(this.error);
    if (this.completion) return Promise.resolve(this.completion);
    return new Promise((resolve, reject) => this.endWaiters.push({ resolve, reject }));
  }

  async all(): Promise<Uint8Array> {
    if (this.readable || this.taken) throw new TypeError('the body of this response is already being read');
    this.taken = true;
    if (this.held) {
      this.held = false;
      this.exchange!.resume();
    }
    await this.ended();
    const { bytes } = this.body;
    return bytes;
  }

  stream(): Readable {
    if (this.readable) return this.readable;
    if (this.taken) throw new TypeError('the body of this response is already being read');
    const readable = new Readable({
      highWaterMark: 1 << 16,
      read: () => {
        this.readableFull = false;
        this.exchange!.resume();
      },
      destroy: (error, done) => {
        // Whoever stops reading does not want the rest.
        if (!this.completion && !this.error) this.exchange!.abort(error ?? undefined);
        done(error);
      },
    });
    this.readable = readable;
    if (this.body.length > 0 && !readable.push(this.body.bytes)) this.readableFull = true;
    this.body.clear();
    if (this.error) readable.destroy(this.error);
    else if (this.completion) readable.push(null);
    return readable;
  }

  private badHead(fault: 'non-parsed' | 'malformed' | 'bad-status' | 'too-large'): void {
    const { exchange, rules } = this;
    if (fault === 'too-large') {
      exchange!.cancel('head-too-large', `the response head is longer than ${rules.maxHead} bytes`);
      return;
    }
    const why = {
      'non-parsed': 'it begins with a status line: FastCGI has no non-parsed headers, status goes into a Status header',
      malformed: 'a line of it has no colon',
      'bad-status': 'its Status header has no number',
    }[fault];
    exchange!.cancel('bad-head', `the response head is no CGI head: ${why}`);
  }

  private errorAt(code: 'no-head', message: string): ClientError {
    const { completion } = this;
    const exchange = this.exchange!;
    return new ClientError(code, message, {
      phase: 'ended',
      requestId: completion!.requestId,
      arrived: { stdoutBytes: exchange.stdoutBytes, status: undefined, stderr: exchange.stderrText },
      attempts: completion!.attempts,
      ...(completion!.appStatus === undefined ? {} : { appStatus: completion!.appStatus }),
      ...(completion!.protocolStatus === undefined ? {} : { protocolStatus: completion!.protocolStatus }),
    });
  }
}
