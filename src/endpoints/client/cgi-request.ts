// An HTTP request as CGI variables (RFC 3875, section 4), the way web servers make PARAMS of one: which variables there
// are, and in what order, is a matter of the web server; nginx's fastcgi.conf is the default.
import type { Bytes } from '../../fastcgi/encode.js';
import { UserError } from '../../model/errors.js';

/** Names repeat where the same header is given several times. */
export type RequestHeaders = Iterable<readonly [string, string]> | Readonly<Record<string, string | readonly string[]>>;

/** Variables to set or replace; undefined leaves one out. */
export type ParamChanges = Iterable<readonly [string, Bytes]> | Readonly<Record<string, Bytes | undefined>>;

/** What is asked, as a web server sees it. */
export interface CgiRequestOptions {
  /** Default GET, or POST where there is a body. */
  readonly method?: string;
  /** `/path?query`, or a whole `http://host/path?query`. Default `/`. */
  readonly uri?: string | URL;
  readonly headers?: RequestHeaders;
  /** DOCUMENT_ROOT: where scripts are, in the application's file system. Default ''. */
  readonly root?: string;
  /**
   * The script: SCRIPT_FILENAME is `root` + script where it begins with `/` and `root` is given, else script as it is.
   * Default: the path of the URI.
   */
  readonly script?: string;
  /** SCRIPT_NAME, where it is not the URI's path. */
  readonly scriptName?: string;
  /** PATH_INFO; the URI's path ends with it. */
  readonly pathInfo?: string;
  /** Default HTTP/1.1. */
  readonly protocol?: string;
  /** Default 127.0.0.1 and 0. */
  readonly remoteAddress?: string;
  readonly remotePort?: number;
  /** Default 127.0.0.1 and 80 (443 for https). */
  readonly serverAddress?: string;
  readonly serverPort?: number;
  /** SERVER_NAME. Default: the host of the URI or of the Host header, else `localhost`. */
  readonly serverName?: string;
  /** SERVER_SOFTWARE. Default `fcgi-inspect`, or what a policy's web server says. */
  readonly serverSoftware?: string;
  /** Set after all the others; in their place where the name is known. */
  readonly params?: ParamChanges;
}

/** The same with everything decided; what a policy makes its PARAMS of. */
export interface CgiRequest {
  readonly method: string;
  /** Path and query as they are written in the request line. */
  readonly uri: string;
  readonly path: string;
  readonly query: string;
  readonly scheme: 'http' | 'https';
  /** Lower-case names to values, in order. */
  readonly headers: readonly (readonly [string, string])[];
  readonly contentType: string;
  /** Bytes of the body; undefined where there is none or its length is not known. */
  readonly contentLength: number | undefined;
  readonly root: string;
  readonly scriptFilename: string;
  readonly scriptName: string;
  readonly pathInfo: string | undefined;
  readonly protocol: string;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly serverAddress: string;
  readonly serverPort: number;
  readonly serverName: string;
  readonly serverSoftware: string | undefined;
  /** Where the application is: `127.0.0.1:9000`, `unix:/path`. */
  readonly endpoint: string;
}

export type ParamList = [string, Bytes][];

const NO_HEADERS: readonly (readonly [string, string])[] = [];

/** @throws UserError if the URI cannot be read. */
export function cgiRequest(
  options: CgiRequestOptions,
  contentLength: number | undefined,
  hasBody: boolean,
  endpoint: string,
): CgiRequest {
  let uri = typeof options.uri === 'string' ? options.uri : options.uri ? options.uri.href : '/';
  let host: string | undefined;
  let port: number | undefined;
  let scheme: 'http' | 'https' = 'http';
  const absolute = /^(https?):\/\/([^/?#]*)([^#]*)/i.exec(uri);
  if (absolute) {
    scheme = absolute[1].toLowerCase() as 'http' | 'https';
    const authority = /^(?:.*@)?(\[[^\]]*\]|[^:]*)(?::(\d+))?$/.exec(absolute[2]);
    if (!authority) throw new UserError(`"${uri}" has no host that can be read`);
    host = absolute[2].replace(/^.*@/, '');
    port = authority[2] === undefined ? undefined : Number(authority[2]);
    uri = absolute[3].startsWith('/') ? absolute[3] : `/${absolute[3]}`;
  } else if (!uri.startsWith('/') && uri !== '*') {
    throw new UserError(`"${uri}" is no URI`, 'A URI begins with "/" or "http://".');
  }
  const mark = uri.indexOf('?');
  const path = mark === -1 ? uri : uri.slice(0, mark);
  const query = mark === -1 ? '' : uri.slice(mark + 1);
  const headers =
    options.headers === undefined && host === undefined && !hasBody
      ? NO_HEADERS
      : headerList(options.headers, host, hasBody ? contentLength : undefined);
  // A body whose length only its header tells.
  const declared = hasBody && contentLength === undefined ? headerOf(headers, 'content-length') : undefined;
  const named = host ?? headerOf(headers, 'host');
  const { root = '', pathInfo } = options;
  const scriptName =
    options.scriptName ?? (pathInfo && path.endsWith(pathInfo) ? path.slice(0, -pathInfo.length) : path);
  const script = options.script ?? scriptName;
  return {
    method: options.method ?? (hasBody ? 'POST' : 'GET'),
    uri,
    path,
    query,
    scheme,
    headers,
    contentType: headers.length === 0 ? '' : (headerOf(headers, 'content-type') ?? ''),
    contentLength: declared !== undefined && /^\d{1,15}$/.test(declared) ? Number(declared) : contentLength,
    root,
    scriptFilename: filename(root, script, options.script !== undefined),
    scriptName,
    pathInfo,
    protocol: options.protocol ?? 'HTTP/1.1',
    remoteAddress: options.remoteAddress ?? '127.0.0.1',
    remotePort: options.remotePort ?? 0,
    serverAddress: options.serverAddress ?? '127.0.0.1',
    serverPort: options.serverPort ?? port ?? (scheme === 'https' ? 443 : 80),
    serverName: options.serverName ?? (named === undefined ? 'localhost' : named.replace(/:\d+$/, '')),
    serverSoftware: options.serverSoftware,
    endpoint,
  };
}

/** A script that already lies below the root is not put below it again. */
function filename(root: string, script: string, given: boolean): string {
  const base = root.replace(/\/+$/, '');
  if (given && (base === '' || script.startsWith(`${base}/`))) return script;
  return script.startsWith('/') || base === '' ? base + script : `${base}/${script}`;
}

function headerList(
  given: RequestHeaders | undefined,
  host: string | undefined,
  contentLength: number | undefined,
): readonly (readonly [string, string])[] {
  const list: [string, string][] = [];
  if (given !== undefined) {
    if (Symbol.iterator in given) {
      for (const [name, value] of given as Iterable<readonly [string, string]>) list.push([name.toLowerCase(), value]);
    } else {
      for (const [name, value] of Object.entries(given as Record<string, string | readonly string[]>)) {
        for (const one of typeof value === 'string' ? [value] : value) list.push([name.toLowerCase(), one]);
      }
    }
  }
  if (host !== undefined && headerOf(list, 'host') === undefined) list.unshift(['host', host]);
  if (contentLength !== undefined && headerOf(list, 'content-length') === undefined)
    list.push(['content-length', String(contentLength)]);
  return list;
}

function headerOf(headers: readonly (readonly [string, string])[], name: string): string | undefined {
  for (const header of headers) if (header[0] === name) return header[1];
  return undefined;
}

/** How a web server writes headers as variables. */
export interface HeaderStyle {
  /** Headers of one name: each its own variable (nginx before 1.23), or one with the values joined by ", ". */
  readonly repeated: 'apart' | 'joined';
  /** What joins several Cookie headers. Default "; ". */
  readonly cookieJoint?: string;
  /** Headers with an underscore: left out (nginx, Apache) or taken (lighttpd, HAProxy). Default left out. */
  readonly underscores?: boolean;
  /** Names of headers that have a variable without HTTP_. */
  readonly bare?: readonly string[];
  /** Headers that are not passed on. */
  readonly without?: readonly string[];
}

/** Headers as HTTP_ variables, appended in their order; names with characters that no variable has are left out. */
export function headerVariables(request: CgiRequest, style: HeaderStyle, into: ParamList): void {
  const { headers } = request;
  const places = headers.length > 1 && style.repeated === 'joined' ? new Map<string, number>() : undefined;
  const name = style.underscores ? /^[a-z0-9_-]+$/ : /^[a-z0-9-]+$/;
  for (const [header, value] of headers) {
    if (!name.test(header) || style.without?.includes(header)) continue;
    const variable = style.bare?.includes(header) ? variableName(header).slice(5) : variableName(header);
    const place = places?.get(variable);
    if (place !== undefined) {
      into[place][1] = `${into[place][1]}${header === 'cookie' ? (style.cookieJoint ?? '; ') : ', '}${value}`;
      continue;
    }
    places?.set(variable, into.length);
    into.push([variable, value]);
  }
}

const VARIABLE_NAMES = new Map<string, string>();

/** Remembers the names that were asked for, up to a bound: they are nearly always the same. */
function variableName(header: string): string {
  let name = VARIABLE_NAMES.get(header);
  if (name === undefined) {
    name = `HTTP_${header.toUpperCase().replaceAll('-', '_')}`;
    if (VARIABLE_NAMES.size < 1000) VARIABLE_NAMES.set(header, name);
  }
  return name;
}

/** PARAMS as nginx makes them with the fastcgi.conf it comes with, in its order. */
export function nginxParams(request: CgiRequest, headers: HeaderStyle = NGINX_HEADERS): ParamList {
  const list: ParamList = [
    ['SCRIPT_FILENAME', request.scriptFilename],
    ['QUERY_STRING', request.query],
    ['REQUEST_METHOD', request.method],
    ['CONTENT_TYPE', request.contentType],
    ['CONTENT_LENGTH', request.contentLength === undefined ? '' : String(request.contentLength)],
    ['SCRIPT_NAME', request.scriptName],
    ['REQUEST_URI', request.uri],
    ['DOCUMENT_URI', request.path],
    ['DOCUMENT_ROOT', request.root],
    ['SERVER_PROTOCOL', request.protocol],
    ['REQUEST_SCHEME', request.scheme],
  ];
  if (request.scheme === 'https') list.push(['HTTPS', 'on']);
  list.push(
    ['GATEWAY_INTERFACE', 'CGI/1.1'],
    ['SERVER_SOFTWARE', request.serverSoftware ?? 'fcgi-inspect'],
    ['REMOTE_ADDR', request.remoteAddress],
    ['REMOTE_PORT', String(request.remotePort)],
    ['REMOTE_USER', ''],
    ['SERVER_ADDR', request.serverAddress],
    ['SERVER_PORT', String(request.serverPort)],
    ['SERVER_NAME', request.serverName],
    ['REDIRECT_STATUS', '200'],
  );
  if (request.pathInfo !== undefined) list.push(['PATH_INFO', request.pathInfo]);
  headerVariables(request, headers, list);
  return list;
}

const NGINX_HEADERS: HeaderStyle = { repeated: 'joined' };

/** Sets, replaces or takes away variables. */
export function changeParams(list: ParamList, changes: ParamChanges): void {
  const all: Iterable<readonly [string, Bytes | undefined]> =
    Symbol.iterator in changes ? (changes as Iterable<readonly [string, Bytes]>) : Object.entries(changes);
  for (const [name, value] of all) {
    const place = list.findIndex((pair) => pair[0] === name);
    if (value === undefined) {
      if (place !== -1) list.splice(place, 1);
    } else if (place === -1) {
      list.push([name, value]);
    } else {
      list[place][1] = value;
    }
  }
}

/** Section 6.3: an Authorizer is not sent these. */
const NOT_FOR_AUTHORIZERS = ['CONTENT_LENGTH', 'PATH_INFO', 'PATH_TRANSLATED', 'SCRIPT_NAME'];

export function withoutAuthorizerNames(list: ParamList): ParamList {
  return list.filter(([name]) => !NOT_FOR_AUTHORIZERS.includes(name));
}
