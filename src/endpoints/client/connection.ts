// One connection of a client: a socket and the protocol's state machine, and the exchanges that use it.
import type { ProblemName } from '../../model/problem-codes.js';
import { WebServerConnection, type WebServerSink } from '../../protocol/web-server-connection.js';
import { FixedId, LowestFreeIds, OddGrowingIds, type RequestIds } from '../../protocol/web-server-ids.js';
import type { AnswerSink, WebServerRequest } from '../../protocol/web-server-request.js';
import type { EndpointAddress } from '../address.js';
import type { Clock, Timer } from '../clock.js';
import type { ClientRules } from './client-rules.js';
import type { Deadlined } from './deadlines.js';
import type { ExchangeRequest } from './exchange-request.js';
import { FaultyOutput, type OutgoingFaults } from './outgoing.js';
import type { PooledConnection } from './pool.js';
import type { ClientSocket, Link } from './socket-link.js';
import { type TraceHook, TraceTap } from './trace.js';

/** Something wrong that need not end a request: mostly a rule that the application broke. */
export interface ClientProblem {
  /** `pair-split`: our own PARAMS had a pair larger than a record, which php-fpm and others do not understand. */
  readonly code: ProblemName | 'pair-split';
  /** Number of the connection within its client. */
  readonly connection: number;
  /** Byte offset of the record in what the application sent on this connection. */
  readonly offset: number;
  readonly requestId: number;
  readonly detail: string;
}

/** What a connection needs of its client. */
export interface ConnectionOwner {
  readonly address: EndpointAddress;
  readonly rules: ClientRules;
  readonly clock: Clock;
  readonly trace: TraceHook | undefined;
  readonly faults: OutgoingFaults | undefined;
  /** Ids that are given out across connections, where the rules say so. */
  readonly sharedIds: RequestIds | undefined;
  problem(problem: ClientProblem): void;
  /** A request on it ended, or it was closed: it may serve another one now, or never again. */
  connectionChanged(connection: ClientConnection): void;
  /** It lay idle until its deadline. */
  idleExpired(connection: ClientConnection): void;
}

/** Somebody who uses a connection, or several requests of it. */
export interface ConnectionUser {
  /** The connection takes bytes again. */
  drained(): void;
}

/** Answers to GET_VALUES. */
export interface ValuesListener {
  result(values: readonly (readonly [string, string])[]): void;
  /** The application answered UNKNOWN_TYPE, or the connection was closed. */
  none(why: 'unknown-type' | 'closed'): void;
}

/** How the connection came to its end; `reset` stands for everything that broke it. */
export type ConnectionEnd = { readonly by: 'client' | 'application' | 'reset'; readonly cause: unknown };

export class ClientConnection implements WebServerSink, PooledConnection, Deadlined {
  /** Requests begun on it, and how many of them have ended. */
  served = 0;
  endedRequests = 0;
  /** Clock time when it was established. */
  readonly since: number;
  /** How it ended; undefined while it lives. */
  ended: ConnectionEnd | undefined;
  /** Nothing new is begun on it: it is closed as soon as nobody uses it. */
  retired = false;
  /** The application refused a second request on it. */
  single = false;
  parked = false;
  /** Clock time at which it has lain idle for too long. */
  deadline = Number.POSITIVE_INFINITY;
  /** Clock time when it was read again after a pause. */
  resumedAt = 0;
  /** Clock time of the last byte in either direction. */
  lastActivity: number;
  readonly core: WebServerConnection;
  private readonly socket: ClientSocket;
  private readonly users = new Set<ConnectionUser>();
  private readonly pausedBy = new Set<ConnectionUser>();
  private valuesListener: ValuesListener | undefined;
  private received: TraceTap | undefined;
  private sent: TraceTap | undefined;
  private faulty: FaultyOutput | undefined;
  private inReceive = false;
  private blocked = false;
  private closing = false;
  private closeTimer: Timer | undefined;
  private changed = false;
  private readonly settled: (() => void)[] = [];

  /** @param link established. */
  constructor(
    readonly number: number,
    link: Link,
    private readonly owner: ConnectionOwner,
  ) {
    const { rules, clock, trace } = owner;
    this.since = clock.now();
    this.lastActivity = this.since;
    this.core = new WebServerConnection(this, {
      ids: owner.sharedIds ?? requestIds(rules),
      foreignIds: rules.foreignIds,
      foreignTypes: rules.foreignTypes,
    });
    if (trace) {
      const now = () => clock.now();
      this.received = new TraceTap(trace, 'received', number, now);
      this.sent = new TraceTap(trace, 'sent', number, now);
    }
    if (owner.faults?.record || owner.faults?.bytes) this.faulty = new FaultyOutput(owner.faults, number);
    const { socket } = link;
    this.socket = socket;
    socket.setNoDelay(true);
    link.read((bytes, length) => this.receive(bytes, length));
    socket.on('drain', () => this.drain());
    socket.on('end', () => this.peerClosed());
    socket.on('error', (error) => this.broke(error));
    socket.on('close', () => this.closed());
  }

  /** Requests in progress, those given up but not ended included. */
  get active(): number {
    return this.core.active;
  }

  /** Some request on it is still wanted. */
  get used(): boolean {
    return this.users.size > 0;
  }

  get gone(): boolean {
    return this.ended !== undefined;
  }

  expire(): void {
    this.owner.idleExpired(this);
  }

  /** Whether it could serve one more request now, next to those in progress. */
  get open(): boolean {
    return !this.ended && !this.closing && !this.retired && !this.core.spoiled && !this.core.exhausted;
  }

  /** Whether an idle connection may serve another request. */
  get reusable(): boolean {
    // Without KEEP_CONN the application closes after the first response (section 3.5).
    return this.open && this.core.reusable && (this.served === 0 || this.owner.rules.keepConn);
  }

  /** It lies idle: it does not keep the process alive. */
  rest(): void {
    this.socket.unref();
  }

  /** It serves again. */
  wake(): void {
    this.socket.ref();
  }

  /** That user needs the connection for something that is no request. */
  use(user: ConnectionUser): void {
    this.users.add(user);
  }

  /** A request on this connection; undefined if it has no id left. */
  begin(user: ConnectionUser, answer: AnswerSink, what: ExchangeRequest): WebServerRequest | undefined {
    const request = this.core.open(answer);
    if (request) {
      this.served++;
      this.users.add(user);
      this.lastActivity = this.owner.clock.now();
      this.owner.faults?.begun?.(this.socket, what, this.core.active === 1);
    }
    return request;
  }

  /**
   * Calls back as soon as nothing more of the chunk at hand is to be read, after the pool knows what became free: what
   * the callback asks for finds this connection.
   */
  whenRead(callback: () => void): void {
    if (this.inReceive) this.settled.push(callback);
    else callback();
  }

  /** That user is done with it. */
  leave(user: ConnectionUser): void {
    if (this.users.delete(user)) this.endedRequests++;
    this.unpause(user);
    this.change();
  }

  /** Sends what was written; false if the socket wants no more until it drained. */
  flush(): boolean {
    const { socket } = this;
    const { output } = this.core;
    if (this.ended || this.closing) {
      output.flush(() => true);
      return false;
    }
    if (output.length === 0) return !this.blocked;
    if (this.faulty || this.sent) {
      this.flushSlowly();
    } else {
      let pieces = 0;
      output.flush((piece) => {
        // Several pieces leave as one writev.
        if (pieces++ === 1) socket.cork();
        if (!socket.write(piece)) this.blocked = true;
        return socket.writableLength === 0;
      });
      if (pieces > 1) socket.uncork();
    }
    return !this.blocked;
  }

  /** Requests were given up: if their END_REQUEST has not come after that time, nothing more begins on it. */
  expectEnd(milliseconds: number): void {
    if (milliseconds === 0) return;
    this.owner.clock.after(
      milliseconds,
      () => {
        if (this.ended || this.core.active <= this.users.size) return;
        this.retired = true;
        this.change();
      },
      false,
    );
  }

  /** Asks for values; one question at a time. */
  getValues(pairs: Uint8Array, listener: ValuesListener): void {
    this.valuesListener = listener;
    this.core.getValues(pairs, this.owner.rules.getValuesPadding(pairs.length));
    this.flush();
  }

  /** The answer to `getValues` is not waited for any more. */
  forgetValues(): void {
    this.valuesListener = undefined;
  }

  /** Reads no further until that user has unpaused. */
  pause(user: ConnectionUser): void {
    if (this.ended) return;
    if (this.pausedBy.size === 0) this.socket.pause();
    this.pausedBy.add(user);
  }

  unpause(user: ConnectionUser): void {
    if (!this.pausedBy.delete(user) || this.pausedBy.size > 0 || this.ended) return;
    this.resumedAt = this.owner.clock.now();
    this.socket.resume();
  }

  get paused(): boolean {
    return this.pausedBy.size > 0;
  }

  /** Closes it: FIN, or RST where the rules or `hard` say so. */
  close(hard = false): void {
    if (this.ended || this.closing) return;
    this.closing = true;
    const { socket } = this;
    const { rules } = this.owner;
    this.end({ by: 'client', cause: undefined });
    this.core.discard();
    this.valuesListener?.none('closed');
    this.valuesListener = undefined;
    this.change();
    if (hard || rules.closing === 'rst') {
      if (rules.closing === 'rst') socket.resetAndDestroy();
      else socket.destroy();
      return;
    }
    // The rest of what comes is read and dropped: unread bytes would turn our close into a reset.
    socket.resume();
    socket.end();
    this.waitForClose();
  }

  valuesResult(values: readonly (readonly [string, string])[]): void {
    const listener = this.valuesListener;
    this.valuesListener = undefined;
    listener?.result(values);
  }

  unknownType(): void {
    const listener = this.valuesListener;
    this.valuesListener = undefined;
    listener?.none('unknown-type');
  }

  problem(code: ProblemName, offset: number, requestId: number, detail: string): void {
    this.owner.problem({ code, connection: this.number, offset, requestId, detail });
  }

  /** A request's PARAMS could not be cut between pairs. */
  splitPair(requestId: number): void {
    const detail = 'a name-value pair of PARAMS is larger than a record and had to be cut';
    this.owner.problem({ code: 'pair-split', connection: this.number, offset: 0, requestId, detail });
  }

  private receive(bytes: Uint8Array, length: number): void {
    if (this.ended) return;
    this.lastActivity = this.owner.clock.now();
    this.received?.push(bytes, 0, length);
    // What a callback begins on this connection waits until the whole chunk is read: the rest of it belongs to the past.
    const { active } = this.core;
    this.inReceive = true;
    try {
      this.core.receive(bytes, 0, length);
    } finally {
      this.inReceive = false;
    }
    if (this.changed || this.core.active !== active || this.core.spoiled) this.change();
    while (this.settled.length > 0) this.settled.shift()!();
  }

  private flushSlowly(): void {
    const { socket, faulty } = this;
    const pieces: Uint8Array[] = [];
    this.core.output.flush((piece) => {
      pieces.push(piece);
      return false;
    });
    for (const piece of faulty ? faulty.apply(pieces) : [Buffer.concat(pieces)]) {
      this.sent?.push(piece);
      if (!socket.write(piece)) this.blocked = true;
    }
  }

  private drain(): void {
    this.blocked = false;
    this.lastActivity = this.owner.clock.now();
    for (const user of [...this.users]) {
      user.drained();
      // Who has written stands last next time, so that nobody's body waits for all of another's.
      if (this.users.delete(user)) this.users.add(user);
      if (this.blocked) break;
    }
  }

  private change(): void {
    if (this.inReceive) {
      this.changed = true;
      return;
    }
    this.changed = false;
    this.owner.connectionChanged(this);
  }

  private peerClosed(): void {
    if (this.ended) return;
    this.endedBy({ by: 'application', cause: undefined });
    this.waitForClose();
  }

  /** The other end has some time to close as well. */
  private waitForClose(): void {
    const { rules, clock } = this.owner;
    const { close } = rules.timeouts;
    if (close > 0) this.closeTimer = clock.after(close, () => this.socket.destroy(), false);
  }

  private broke(error: unknown): void {
    if (this.ended) return;
    this.endedBy({ by: 'reset', cause: error });
  }

  private closed(): void {
    this.closeTimer?.cancel();
    if (!this.ended) this.endedBy({ by: 'client', cause: undefined });
  }

  private endedBy(end: ConnectionEnd): void {
    this.end(end);
    this.core.finish();
    this.valuesListener?.none('closed');
    this.valuesListener = undefined;
    this.change();
  }

  private end(end: ConnectionEnd): void {
    this.ended = end;
    const { trace, clock } = this.owner;
    trace?.({ kind: 'closed', time: clock.now(), connection: this.number, by: end.by });
  }
}

function requestIds(rules: ClientRules): RequestIds {
  if (rules.requestIds === 'one') return new FixedId(1);
  return rules.requestIds === 'odd-growing' ? new OddGrowingIds() : new LowestFreeIds();
}
