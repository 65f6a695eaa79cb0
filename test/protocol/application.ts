// The application's end of a connection in tests: writes down what it hears, and answers as it is told.
import { DATA, REQUEST_COMPLETE, RESPONDER } from '../../src/fastcgi/constants.js';
import { ApplicationConnection } from '../../src/protocol/application-connection.js';
import { applicationOptions } from '../../src/protocol/application-options.js';
import type { ApplicationProblem } from '../../src/protocol/application-problems.js';
import type { ApplicationRequest } from '../../src/protocol/application-request.js';
import type { AbortCause, ApplicationSink } from '../../src/protocol/application-sink.js';
import { concat, toBytes } from '../support/bytes.js';
import { type ReplyRecord, replyLines, replyRecords } from '../support/reply-records.js';

export type TestRequest = ApplicationRequest<{ stdin: string; data: string }>;

export class Application implements ApplicationSink<{ stdin: string; data: string }> {
  readonly options;
  readonly machine;
  /** `ready 1`, `stdin 1 ends`, `abort 1 abort-request`, `ended 1`, `refused 3`. Body bytes are in the requests. */
  readonly heard: string[] = [];
  readonly problems: ApplicationProblem[] = [];
  /** Requests by id, the newest of each. */
  readonly requests = new Map<number, TestRequest>();
  roles: readonly number[] = [RESPONDER];
  /** How many requests may be active. */
  room = Number.POSITIVE_INFINITY;
  /** Called when PARAMS have ended, when a body has, and on an abort. */
  onReady: (request: TestRequest) => void = () => {};
  onInput: (request: TestRequest) => void = () => {};
  onAbort: (request: TestRequest) => void = () => {};

  constructor(options: Parameters<typeof applicationOptions>[0] = {}, allocate?: (size: number) => Uint8Array) {
    this.options = applicationOptions(options);
    this.machine = new ApplicationConnection<{ stdin: string; data: string }>(this, this.options, allocate);
  }

  push(...parts: readonly Uint8Array[]): this {
    for (const part of parts) this.machine.push(part);
    return this;
  }

  write(id: number, text: string): this {
    this.machine.stdout(this.requests.get(id)!, toBytes(text));
    return this;
  }

  writeError(id: number, text: string): this {
    this.machine.stderr(this.requests.get(id)!, toBytes(text));
    return this;
  }

  end(id: number, appStatus = 0, protocolStatus: number = REQUEST_COMPLETE): this {
    this.machine.end(this.requests.get(id)!, appStatus, protocolStatus);
    return this;
  }

  /** What it sends now, and not again. */
  take(): ReplyRecord[] {
    return replyRecords(concat(...this.machine.takeOutput()));
  }

  lines(): string[] {
    return replyLines(this.take());
  }

  /** Codes of the problems so far. */
  get codes(): string[] {
    return this.problems.map(({ code }) => code);
  }

  servesRole(role: number): boolean {
    return this.roles.includes(role);
  }

  admits(): boolean {
    if (this.room <= 0) return false;
    this.room--;
    return true;
  }

  requestReady(request: TestRequest): void {
    request.context = { stdin: '', data: '' };
    this.requests.set(request.id, request);
    this.heard.push(`ready ${request.id}`);
    this.onReady(request);
  }

  bodyBytes(request: TestRequest, type: number, bytes: Uint8Array, start: number, end: number): void {
    const text = Buffer.from(bytes.subarray(start, end)).toString('latin1');
    if (type === DATA) request.context!.data += text;
    else request.context!.stdin += text;
  }

  bodyEnd(request: TestRequest, type: number): void {
    this.heard.push(`${type === DATA ? 'data' : 'stdin'} ${request.id} ends`);
    this.onInput(request);
  }

  requestAborted(request: TestRequest, cause: AbortCause): void {
    this.heard.push(`abort ${request.id} ${cause}`);
    this.onAbort(request);
  }

  requestEnded(request: TestRequest): void {
    this.room++;
    this.heard.push(`ended ${request.id}`);
  }

  requestRefused(_role: number, protocolStatus: number): void {
    this.heard.push(`refused ${protocolStatus}`);
  }

  requestDropped(): void {
    this.room++;
    this.heard.push('dropped');
  }

  problem(problem: ApplicationProblem): void {
    this.problems.push(problem);
  }
}

/** An application that answers every request with its body, or `body` if given, as soon as that is complete. */
export function echo(options: Parameters<typeof applicationOptions>[0] = {}): Application {
  const application = new Application(options);
  application.onInput = (request) => {
    if (!request.stdinEnded || request.ended) return;
    application.write(request.id, `\r\n${request.context!.stdin}`).end(request.id);
  };
  return application;
}
