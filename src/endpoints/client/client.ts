// The FastCGI client: requests in, responses out, over connections it opens, keeps and closes by its rules.
import { AUTHORIZER, FILTER, RESPONDER } from '../../fastcgi/constants.js';
import { HighestPlusOneIds, type RequestIds } from '../../protocol/web-server-ids.js';
import { type EndpointAddress, formatAddress, parseAddress } from '../address.js';
import { type Clock, systemClock } from '../clock.js';
import {
  type CgiRequest,
  type CgiRequestOptions,
  cgiRequest,
  changeParams,
  nginxParams,
  type ParamList,
  withoutAuthorizerNames,
} from './cgi-request.js';
import { checkRules } from './check-rules.js';
import {
  type ClientRules,
  changeRules,
  DEFAULT_RULES,
  type RequestTimeouts,
  type RuleChanges,
} from './client-rules.js';
import { establish } from './connecting.js';
import { ClientConnection, type ClientProblem, type ConnectionOwner } from './connection.js';
import { Deadlines } from './deadlines.js';
import { ClientError, systemCode } from './errors.js';
import { Exchange, type ExchangeOwner } from './exchange.js';
import type { ExchangeRequest, ExchangeSink, RunningExchange } from './exchange-request.js';
import type { OutgoingFaults } from './outgoing.js';
import type { ClientPolicy } from './policies/policy.js';
import { Pool, type PoolOwner, type PoolTask } from './pool.js';
import { bodyLength, isReplayable, type RequestBody } from './request-body.js';
import { type ClientResponse, ResponseReceiver } from './response.js';
import type { TraceHook } from './trace.js';
import { type ValuesAnswer, ValuesTask, valuesQuestion } from './values.js';

/** A client's rules (each may be left out), and who listens. */
export interface ClientOptions extends RuleChanges {
  /** Behaves like a web server; rules given beside it come after it. */
  readonly policy?: ClientPolicy;
  /** Hears every record sent and received, and connections come and go. Costs time for every record. */
  readonly trace?: TraceHook;
  /** Hears what is wrong and ends no request. */
  readonly onProblem?: (problem: ClientProblem) => void;
  /** Alters what is sent and received. */
  readonly faults?: OutgoingFaults;
  /** For tests. */
  readonly clock?: Clock;
}

/** One request, as a web server would get it. */
export interface ClientRequest extends CgiRequestOptions {
  readonly role?: 'responder' | 'authorizer' | 'filter' | number;
  readonly body?: RequestBody;
  /** Of a body whose length cannot be known. Wrong ones are sent as they are. */
  readonly contentLength?: number;
  /** A Filter's file: sent as DATA, its length and time as FCGI_DATA_LENGTH and FCGI_DATA_LAST_MOD. */
  readonly data?: { readonly content: RequestBody; readonly length?: number; readonly lastModified?: Date };
  /** Whether it may be sent again if nothing was answered; default as the method and the rules say. */
  readonly repeatable?: boolean;
  /** Gives the request up. */
  readonly signal?: AbortSignal;
  readonly timeouts?: Partial<RequestTimeouts>;
  /** BEGIN_REQUEST's flags in place of the rules'. */
  readonly flags?: number;
}

/** How many of what a client has at the moment. */
export interface ClientCounts {
  /** Established connections, idle ones among them. */
  readonly connections: number;
  readonly idle: number;
  readonly connecting: number;
  /** Requests in progress. */
  readonly requests: number;
  /** Requests that wait for a connection, connecting ones included. */
  readonly waiting: number;
}

export class FastcgiClient {
  readonly address: EndpointAddress;
  readonly rules: ClientRules;
  private readonly endpoint: string;
  private readonly policy: ClientPolicy | undefined;
  private readonly clock: Clock;
  private readonly deadlines: Deadlines;
  private readonly pool: Pool<ClientConnection>;
  private readonly owner: ConnectionOwner & ExchangeOwner & PoolOwner<ClientConnection>;
  private readonly exchanges = new Set<Exchange>();
  private connectionNumber = 0;
  private multiplexing: number;
  private learning: Promise<void> | undefined;
  private readonly waitingToLearn = new Set<PoolTask<ClientConnection>>();
  private learned: ValuesAnswer | undefined;
  private closing: Promise<void> | undefined;

  /**
   * @param address `HOST:PORT`, `[IPV6]:PORT` or `unix:/PATH`.
   * @throws UserError if the address cannot be read, or a rule could not work.
   */
  constructor(address: string | EndpointAddress, options: ClientOptions = {}) {
    this.address = typeof address === 'string' ? parseAddress(address) : address;
    this.endpoint = formatAddress(this.address);
    const { policy, trace, onProblem, faults, clock = systemClock, ...changes } = options;
    this.policy = policy;
    this.rules = changeRules(policy ? changeRules(DEFAULT_RULES, policy.rules) : DEFAULT_RULES, changes);
    checkRules(this.rules);
    this.clock = clock;
    this.deadlines = new Deadlines(clock);
    const { multiplex } = this.rules;
    this.multiplexing = typeof multiplex === 'number' ? Math.max(1, multiplex) : 1;
    const sharedIds: RequestIds | undefined =
      this.rules.requestIds === 'highest-plus-one' ? new HighestPlusOneIds(this.rules.highestRequestId) : undefined;
    const self = this;
    this.owner = {
      address: this.address,
      rules: this.rules,
      clock,
      trace,
      faults,
      sharedIds,
      now: () => clock.now(),
      problem: (problem) => onProblem?.(problem),
      connectionChanged: (connection) => this.pool.changed(connection),
      idleExpired: (connection) => this.idleExpired(connection),
      watch: (item) => this.deadlines.watch(item),
      forget: (item) => this.deadlines.forget(item),
      submit: (task, again) => this.submit(task, again),
      withdraw: (task) => {
        if (!this.waitingToLearn.delete(task)) this.pool.withdraw(task);
      },
      cannotMultiplex: () => {
        this.multiplexing = 1;
      },
      ended: (exchange) => {
        this.exchanges.delete(exchange);
      },
      open: (done) => this.open(done),
      get perConnection() {
        return self.multiplexing;
      },
      idle: (connection) => this.parked(connection),
      reused: (connection) => {
        connection.wake();
        trace?.({ kind: 'reused', time: clock.now(), connection: connection.number });
      },
    };
    this.pool = new Pool(this.rules.pool, this.owner);
  }

  /**
   * Asks; resolves when the response's head has come.
   * @throws ClientError for everything the application or the network does wrong; UserError if the request cannot be
   * asked like this; RangeError if a value does not fit the protocol.
   */
  request(request: ClientRequest = {}): Promise<ClientResponse> {
    return new Promise((resolve, reject) => {
      const raw = this.altered(this.encode(request));
      const receiver = new ResponseReceiver(this.rules, this.owner.now, resolve, reject);
      const exchange = new Exchange(this.owner, raw, receiver);
      receiver.exchange = exchange;
      this.begin(exchange);
    });
  }

  /** The raw face: PARAMS as they are to be sent, the answer's streams as they come. */
  exchange(request: ExchangeRequest, sink: ExchangeSink): RunningExchange {
    const exchange = new Exchange(this.owner, this.altered(request), sink);
    this.begin(exchange);
    return exchange;
  }

  /**
   * Asks for values with GET_VALUES. Never fails for what the application does: the outcome tells.
   * @throws ClientError if there is no connection.
   */
  getValues(
    names: readonly string[] = this.rules.getValuesNames,
    timeout = this.rules.timeouts.getValues,
  ): Promise<ValuesAnswer> {
    return new Promise((resolve, reject) => {
      let settled = false;
      const task = new ValuesTask(valuesQuestion(names), (answer, error) => {
        if (settled) return;
        settled = true;
        timer?.cancel();
        if (answer) resolve(answer);
        else reject(error!);
      });
      const timer =
        timeout > 0
          ? this.clock.after(timeout, () => {
              this.pool.withdraw(task);
              task.timedOut();
            })
          : undefined;
      this.pool.submit(task, false);
    });
  }

  /** What GET_VALUES taught, where the rules ask for it; undefined before. */
  get values(): ValuesAnswer | undefined {
    return this.learned;
  }

  get counts(): ClientCounts {
    const { open, idle, opening } = this.pool.counts;
    let requests = 0;
    for (const exchange of this.exchanges) if (exchange.requestId !== 0) requests++;
    return { connections: open, idle, connecting: opening, requests, waiting: this.exchanges.size - requests };
  }

  /** Ends it: requests that wait fail, those in progress come to their end, idle connections are closed. */
  close(): Promise<void> {
    this.closing ??= new Promise((resolve) => {
      const error = new ClientError('client-closed', 'the client was closed', { phase: 'waiting' });
      this.pool.end(error, () => {
        this.deadlines.clear();
        resolve();
      });
    });
    return this.closing;
  }

  /** Ends it at once: requests in progress fail with `client-closed`. */
  async destroy(): Promise<void> {
    const closed = this.close();
    for (const exchange of [...this.exchanges]) exchange.cancel('client-closed', 'the client was closed');
    for (const connection of [...this.pool.all]) connection.close(true);
    await closed;
  }

  /** PARAMS and streams of a request, as this client's policy makes them. @throws UserError as `request`. */
  encode(request: ClientRequest): ExchangeRequest {
    const { body, data, signal, timeouts, flags } = request;
    const role = roleNumber(request.role);
    const length = request.contentLength ?? bodyLength(body);
    const cgi: CgiRequest = cgiRequest(request, length, body !== undefined, this.endpoint);
    let params: ParamList = this.policy?.params ? this.policy.params(cgi) : nginxParams(cgi);
    if (role === AUTHORIZER) params = withoutAuthorizerNames(params);
    if (role === FILTER && data) {
      const dataLength = data.length ?? bodyLength(data.content);
      if (dataLength !== undefined) params.push(['FCGI_DATA_LENGTH', String(dataLength)]);
      const seconds = Math.floor((data.lastModified?.getTime() ?? 0) / 1000);
      params.push(['FCGI_DATA_LAST_MOD', String(seconds)]);
    }
    if (request.params) changeParams(params, request.params);
    const repeatable = request.repeatable ?? this.rules.retry.methods.includes(cgi.method);
    return {
      role,
      params,
      repeatable: repeatable && isReplayable(body),
      ...(body === undefined ? {} : { stdin: body }),
      ...(data === undefined ? {} : { data: data.content }),
      ...(signal === undefined ? {} : { signal }),
      ...(timeouts === undefined ? {} : { timeouts }),
      ...(flags === undefined ? {} : { flags }),
    };
  }

  private altered(request: ExchangeRequest): ExchangeRequest {
    return this.owner.faults?.request?.(request) ?? request;
  }

  private begin(exchange: Exchange): void {
    this.exchanges.add(exchange);
    exchange.start();
  }

  private submit(task: PoolTask<ClientConnection>, again: boolean): void {
    if (this.rules.multiplex !== 'learn' || this.learned) {
      this.pool.submit(task, again);
      return;
    }
    // One question before the first request decides how all of them share connections.
    this.learning ??= this.getValues().then(
      (answer) => {
        this.learned = answer;
        this.multiplexing = answer.perConnection;
      },
      () => {
        // No connection: the request itself will tell why. The question is asked again before the next one.
        this.learning = undefined;
      },
    );
    this.waitingToLearn.add(task);
    this.learning.then(() => {
      if (this.waitingToLearn.delete(task)) this.pool.submit(task, again);
    });
  }

  private open(done: (error: ClientError | undefined, connection: ClientConnection | undefined) => void): () => void {
    const { clock, rules, address, owner } = this;
    const number = ++this.connectionNumber;
    const { trace } = owner;
    trace?.({ kind: 'connecting', time: clock.now(), connection: number });
    const onRetry = (attempt: number, delay: number, error: unknown): void => {
      const code = systemCode(error) ?? '';
      trace?.({ kind: 'connect-retry', time: clock.now(), connection: number, attempt, delay, code });
    };
    return establish(
      {
        address,
        clock,
        timeout: rules.timeouts.connect,
        retry: rules.connectRetry,
        wrap: owner.faults?.socket,
        onRetry,
      },
      (error, link) => {
        if (!link) {
          done(error, undefined);
          return;
        }
        const local = link.localAddress;
        trace?.({
          kind: 'connected',
          time: clock.now(),
          connection: number,
          ...(local === undefined ? {} : { local }),
        });
        const connection = new ClientConnection(number, link, owner);
        if (rules.askFirst) this.askFirst(connection, done);
        else done(undefined, connection);
      },
    );
  }

  /** GET_VALUES before anything else; the connection counts as established when it is answered. */
  private askFirst(
    connection: ClientConnection,
    done: (error: ClientError | undefined, connection: ClientConnection | undefined) => void,
  ): void {
    const task = new ValuesTask(valuesQuestion(this.rules.getValuesNames), (answer) => {
      timer?.cancel();
      this.learned = answer;
      if (connection.gone) {
        const message = `GET_VALUES: ${answer?.outcome === 'timeout' ? 'no answer in time' : 'the connection was closed'}`;
        done(new ClientError('connect-failed', message, { phase: 'connecting' }), undefined);
        return;
      }
      if (answer && this.rules.multiplex !== 'never' && answer.perConnection === 1) connection.single = true;
      done(undefined, connection);
    });
    const { getValues } = this.rules.timeouts;
    const timer = getValues > 0 ? this.clock.after(getValues, () => task.timedOut()) : undefined;
    task.run(connection);
  }

  private parked(connection: ClientConnection): void {
    connection.rest();
    const { idleTimeout } = this.rules.pool;
    if (idleTimeout === 0) return;
    connection.deadline = connection.lastActivity + idleTimeout;
    this.deadlines.watch(connection);
  }

  private idleExpired(connection: ClientConnection): void {
    if (!connection.parked || connection.gone) return;
    const at = connection.lastActivity + this.rules.pool.idleTimeout;
    if (this.clock.now() >= at) this.pool.drop(connection);
    else this.parked(connection);
  }
}

function roleNumber(role: ClientRequest['role']): number {
  if (typeof role === 'number') return role;
  return role === 'authorizer' ? AUTHORIZER : role === 'filter' ? FILTER : RESPONDER;
}
