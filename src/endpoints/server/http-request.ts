// A request as node:http's IncomingMessage shows one: method, url, headers, and the body to read.
import type { Params } from '../../protocol/application-params.js';
import { BodyStream } from './body.js';
import type { ServerRequest } from './request.js';

/** Headers by their names in lower case; set-cookie alone would be a list, and no request has it. */
export type HttpHeaders = Record<string, string | undefined>;

/** What is known of the connection between the HTTP client and the web server. */
export interface HttpPeer {
  readonly remoteAddress: string | undefined;
  readonly remotePort: number | undefined;
  readonly localAddress: string | undefined;
  readonly localPort: number | undefined;
  /** The client came by HTTPS. */
  readonly encrypted: boolean;
}

export class HttpRequest extends BodyStream {
  private headers_: HttpHeaders | undefined;
  private rawHeaders_: string[] | undefined;
  private method_: string | undefined;
  private url_: string | undefined;
  private peer: HttpPeer | undefined;

  constructor(
    /** The request as raw handlers see it. */
    readonly raw: ServerRequest,
  ) {
    super(() => raw.body);
  }

  /** PARAMS: what the web server says about the request beyond its headers. */
  get params(): Params {
    return this.raw.params;
  }

  get method(): string {
    return (this.method_ ??= this.params.get('REQUEST_METHOD') ?? 'GET');
  }

  set method(value: string) {
    this.method_ = value;
  }

  /** Path and query as the client sent them: REQUEST_URI, or what SCRIPT_NAME, PATH_INFO and QUERY_STRING make. */
  get url(): string {
    return (this.url_ ??= this.params.get('REQUEST_URI') ?? assembledUrl(this.params));
  }

  set url(value: string) {
    this.url_ = value;
  }

  /** Of the HTTP client's request: `1.1`. */
  get httpVersion(): string {
    return /^HTTP\/(\d+(?:\.\d+)?)$/.exec(this.params.get('SERVER_PROTOCOL') ?? '')?.[1] ?? '1.1';
  }

  get httpVersionMajor(): number {
    return Number(this.httpVersion.split('.')[0]);
  }

  get httpVersionMinor(): number {
    return Number(this.httpVersion.split('.')[1] ?? 0);
  }

  get headers(): HttpHeaders {
    if (!this.headers_) {
      const headers = Object.create(null) as HttpHeaders;
      const raw = this.rawHeaders;
      for (let i = 0; i < raw.length; i += 2) headers[raw[i]] = raw[i + 1];
      this.headers_ = headers;
    }
    return this.headers_;
  }

  /** Names and values in turn, in the order of PARAMS. The client's capitals are lost on the way. */
  get rawHeaders(): string[] {
    if (!this.rawHeaders_) {
      const list: string[] = [];
      this.params.forEach((value, name) => {
        if (name.startsWith('HTTP_')) list.push(name.slice(5).replaceAll('_', '-').toLowerCase(), value);
        else if ((name === 'CONTENT_TYPE' || name === 'CONTENT_LENGTH') && value !== '')
          list.push(name === 'CONTENT_TYPE' ? 'content-type' : 'content-length', value);
      });
      this.rawHeaders_ = list;
    }
    return this.rawHeaders_;
  }

  /** The HTTP client's connection, as far as PARAMS tell. */
  get socket(): HttpPeer {
    if (!this.peer) {
      const { params } = this;
      this.peer = {
        remoteAddress: params.get('REMOTE_ADDR'),
        remotePort: port(params.get('REMOTE_PORT')),
        localAddress: params.get('SERVER_ADDR'),
        localPort: port(params.get('SERVER_PORT')),
        encrypted: /^(on|1|https)$/i.test(params.get('HTTPS') ?? params.get('REQUEST_SCHEME') ?? ''),
      };
    }
    return this.peer;
  }

  /** The whole body has come. */
  get complete(): boolean {
    return this.raw.stdinEnded;
  }

  get aborted(): boolean {
    return this.raw.aborted;
  }

  /** Tells when the client no longer waits for the answer. */
  get signal(): AbortSignal {
    return this.raw.signal;
  }
}

function assembledUrl(params: Params): string {
  const query = params.get('QUERY_STRING');
  const path = `${params.get('SCRIPT_NAME') ?? ''}${params.get('PATH_INFO') ?? ''}` || '/';
  return query ? `${path}?${query}` : path;
}

function port(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}
