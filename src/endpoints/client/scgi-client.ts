// The SCGI client: a request with its body, a CGI response until the application closes. A connection serves one request.
import { UserError } from '../../model/errors.js';
import { pairList } from '../../protocol/web-server-params.js';
import { type EndpointAddress, formatAddress, parseAddress } from '../address.js';
import { type Clock, systemClock } from '../clock.js';
import { type CgiRequestOptions, cgiRequest, changeParams, nginxParams, type ParamList } from './cgi-request.js';
import type { ConnectRetryRules, Timeouts } from './client-rules.js';
import { DEFAULT_RULES } from './client-rules.js';
import { ClientError } from './errors.js';
import type { ExchangeRequest } from './exchange-request.js';
import type { OutgoingFaults } from './outgoing.js';
import { bodyLength, type RequestBody } from './request-body.js';
import { type ClientResponse, ResponseReceiver } from './response.js';
import { ScgiExchange } from './scgi-exchange.js';

/** Each may be left out; defaults as FastcgiClient's. */
export interface ScgiClientOptions {
  readonly timeouts?: Partial<Pick<Timeouts, 'connect' | 'firstByte' | 'idle' | 'total'>>;
  readonly connectRetry?: Partial<ConnectRetryRules>;
  readonly maxBuffered?: number;
  readonly maxHead?: number;
  readonly tolerantHead?: boolean;
  /** Alters requests and sockets; there are no records. */
  readonly faults?: Pick<OutgoingFaults, 'request' | 'socket' | 'begun'>;
  /** For tests. */
  readonly clock?: Clock;
}

export interface ScgiRequest extends CgiRequestOptions {
  readonly body?: RequestBody;
  /**
   * The body's length: SCGI cannot do without it, so a stream needs it, and must yield that many bytes. With bytes or
   * text another number is sent as it is.
   */
  readonly contentLength?: number;
  readonly signal?: AbortSignal;
}

/** What SCGI itself writes; `params` cannot set it. */
const OWN_NAMES = ['CONTENT_LENGTH', 'SCGI'];

export class ScgiClient {
  readonly address: EndpointAddress;
  private readonly clock: Clock;
  private readonly running = new Set<ScgiExchange>();
  private closed = false;

  /** @throws UserError if the address cannot be read. */
  constructor(
    address: string | EndpointAddress,
    private readonly options: ScgiClientOptions = {},
  ) {
    this.address = typeof address === 'string' ? parseAddress(address) : address;
    this.clock = options.clock ?? systemClock;
  }

  /**
   * Asks; resolves when the response's head has come. STDERR, appStatus and protocolStatus do not exist in SCGI.
   * @throws ClientError for what the application or the network does wrong; UserError if the request cannot be asked like
   * this.
   */
  request(request: ScgiRequest = {}): Promise<ClientResponse> {
    return new Promise((resolve, reject) => {
      const { options, clock } = this;
      if (this.closed) {
        throw new ClientError('client-closed', 'the client was closed', { phase: 'waiting' });
      }
      const length = request.contentLength ?? bodyLength(request.body) ?? (request.body === undefined ? 0 : undefined);
      if (length === undefined) {
        throw new UserError('an SCGI request needs the length of its body', 'Give contentLength with a stream.');
      }
      const receiver = new ResponseReceiver(
        {
          maxBuffered: options.maxBuffered ?? DEFAULT_RULES.maxBuffered,
          maxHead: options.maxHead ?? DEFAULT_RULES.maxHead,
          tolerantHead: options.tolerantHead ?? false,
        },
        () => clock.now(),
        resolve,
        reject,
      );
      const { faults } = options;
      const meant: ExchangeRequest = {
        params: [['CONTENT_LENGTH', String(length)], ...this.headers(request, length)],
        ...(request.body === undefined ? {} : { stdin: request.body }),
      };
      const asked = faults?.request?.(meant) ?? meant;
      const [declared, ...others] = pairList(asked.params);
      const exchange = new ScgiExchange(
        {
          address: this.address,
          clock,
          timeouts: { ...DEFAULT_RULES.timeouts, ...options.timeouts },
          connectRetry: { ...DEFAULT_RULES.connectRetry, ...options.connectRetry },
          wrap: faults?.socket,
          begun: (socket) => faults?.begun?.(socket, asked, true),
          ended: () => this.running.delete(exchange),
        },
        {
          headers: [declared, ['SCGI', '1'], ...others],
          contentLength: length,
          ...(asked.stdin === undefined ? {} : { body: asked.stdin }),
          ...(request.signal === undefined ? {} : { signal: request.signal }),
        },
        receiver,
      );
      receiver.exchange = exchange;
      this.running.add(exchange);
      exchange.start();
    });
  }

  /** Requests in progress. */
  get requests(): number {
    return this.running.size;
  }

  /** Ends it at once: requests in progress fail with `client-closed`. */
  async destroy(): Promise<void> {
    this.closed = true;
    for (const exchange of [...this.running]) exchange.cancel('client-closed', 'the client was closed');
  }

  /** Every header but CONTENT_LENGTH and SCGI; no name twice, which SCGI forbids. */
  private headers(request: ScgiRequest, length: number): ParamList {
    const cgi = cgiRequest(request, length, request.body !== undefined, formatAddress(this.address));
    const list = nginxParams(cgi);
    if (request.params) changeParams(list, request.params);
    const seen = new Set<string>(OWN_NAMES);
    return list.filter(([name]) => name !== '' && !seen.has(name) && seen.add(name));
  }
}
