// What web servers and applications say to each other in FastCGI, as bytes for a conversation: whole requests and
// responses with realistic PARAMS, and their parts.
import { KEEP_CONN, RESPONDER, STDERR, STDIN, STDOUT } from '../../src/fastcgi/constants.js';
import { beginRequest, endRequest, params, type StreamOptions, stream } from '../../src/fastcgi/encode.js';
import { type Bytes, concat, toBytes } from './bytes.js';

export interface RequestFields {
  /** Request id. Default 1. */
  readonly id?: number;
  readonly role?: number;
  readonly keepConn?: boolean;
  readonly method?: string;
  /** Path with query string. Default `/`. */
  readonly uri?: string;
  readonly host?: string;
  /** Path of the script in the file system. Default `/srv/www/index.php`. */
  readonly script?: string;
  /** Sent as STDIN. */
  readonly body?: Bytes;
  /** CONTENT_LENGTH; default that of the body, and not sent where there is no body. */
  readonly contentLength?: number | string;
  readonly contentType?: string;
  /** Further PARAMS, or others in place of the usual ones; undefined leaves one out. */
  readonly parameters?: Readonly<Record<string, string | undefined>>;
  /** Whether the empty PARAMS record follows. Default true; without it nothing of STDIN follows either. */
  readonly paramsEnd?: boolean;
  /** Whether the empty STDIN record follows. Default true. */
  readonly stdinEnd?: boolean;
  /** How streams are cut into records and padded. */
  readonly streams?: Pick<StreamOptions, 'recordSize' | 'padding'>;
}

/** The PARAMS nginx sends for such a request, in its order. */
export function requestParameters(fields: RequestFields = {}): [string, string][] {
  const { method = 'GET', uri = '/', host = 'www.example.org', script = '/srv/www/index.php' } = fields;
  const [path, query = ''] = uri.split(/\?(.*)/s);
  const contentLength = fields.contentLength ?? (fields.body === undefined ? '' : toBytes(fields.body).length);
  const usual: Record<string, string | undefined> = {
    QUERY_STRING: query,
    REQUEST_METHOD: method,
    CONTENT_TYPE: fields.contentType ?? (fields.body === undefined ? '' : 'application/x-www-form-urlencoded'),
    CONTENT_LENGTH: String(contentLength),
    SCRIPT_NAME: path,
    REQUEST_URI: uri,
    DOCUMENT_URI: path,
    DOCUMENT_ROOT: '/srv/www',
    SERVER_PROTOCOL: 'HTTP/1.1',
    REQUEST_SCHEME: 'http',
    GATEWAY_INTERFACE: 'CGI/1.1',
    SERVER_SOFTWARE: 'nginx/1.22.1',
    REMOTE_ADDR: '192.0.2.7',
    REMOTE_PORT: '51234',
    SERVER_ADDR: '192.0.2.1',
    SERVER_PORT: '80',
    SERVER_NAME: host,
    REDIRECT_STATUS: '200',
    SCRIPT_FILENAME: script,
    HTTP_HOST: host,
    HTTP_USER_AGENT: 'curl/7.88.1',
    HTTP_ACCEPT: '*/*',
    ...fields.parameters,
  };
  return Object.entries(usual).filter((pair): pair is [string, string] => pair[1] !== undefined);
}

/** BEGIN_REQUEST, PARAMS and STDIN of a request. */
export function request(fields: RequestFields = {}): Uint8Array {
  const { id = 1, role = RESPONDER, keepConn = false, paramsEnd = true, stdinEnd = true, streams } = fields;
  const begin = beginRequest(id, role, keepConn ? KEEP_CONN : 0);
  const names = params(id, requestParameters(fields), { ...streams, end: paramsEnd });
  if (!paramsEnd) return concat(begin, names);
  return concat(begin, names, stream(STDIN, id, fields.body ?? '', { ...streams, end: stdinEnd }));
}

export interface ResponseFields {
  /** Request id. Default 1. */
  readonly id?: number;
  /** HTTP status; written as a Status header unless it is 200. */
  readonly status?: number;
  /** Default a Content-Type. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Bytes;
  /** Sent before the response. */
  readonly stderr?: Bytes;
  readonly appStatus?: number;
  readonly protocolStatus?: number;
  /** Whether the empty STDOUT record follows (php-fpm leaves it out). Default true. */
  readonly stdoutEnd?: boolean;
  /** Whether END_REQUEST follows. Default true. */
  readonly end?: boolean;
  readonly streams?: Pick<StreamOptions, 'recordSize' | 'padding'>;
}

/** A CGI response: head, empty line, body. */
export function cgiResponse(fields: Pick<ResponseFields, 'status' | 'headers' | 'body'> = {}): Uint8Array {
  const { status = 200, headers = { 'Content-Type': 'text/html; charset=UTF-8' }, body = '' } = fields;
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  if (status !== 200) lines.unshift(`Status: ${status} ${REASONS[status] ?? 'Unknown'}\r\n`);
  return concat(lines.join(''), '\r\n', body);
}

/** STDERR (if any), STDOUT and END_REQUEST of a response. */
export function response(fields: ResponseFields = {}): Uint8Array {
  const { id = 1, appStatus, protocolStatus, stdoutEnd = true, end = true, streams } = fields;
  return concat(
    fields.stderr === undefined ? '' : stderr(fields.stderr, { id, ...streams }),
    stdout(cgiResponse(fields), { id, ...streams, end: stdoutEnd }),
    end ? endRequest(id, appStatus, protocolStatus) : '',
  );
}

/** A piece of STDOUT; the stream goes on unless `end` is true. */
export function stdout(content: Bytes, options: StreamOptions & { readonly id?: number } = {}): Uint8Array {
  return stream(STDOUT, options.id ?? 1, content, { end: false, ...options });
}

export function stderr(content: Bytes, options: StreamOptions & { readonly id?: number } = {}): Uint8Array {
  return stream(STDERR, options.id ?? 1, content, { end: false, ...options });
}

/** A piece of a request body. */
export function stdin(content: Bytes, options: StreamOptions & { readonly id?: number } = {}): Uint8Array {
  return stream(STDIN, options.id ?? 1, content, { end: false, ...options });
}

const REASONS: Readonly<Record<number, string>> = {
  201: 'Created',
  204: 'No Content',
  302: 'Found',
  304: 'Not Modified',
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};
