// What real web servers sent to a FastCGI application that wrote everything down, record by record: a GET, a small POST,
// a POST of 100,000 bytes, repeated headers and large headers, asked with curl 7.88.1 on 2026-11-21.
// A record is `[type, id, content length, padding]`; PARAMS are names and values in their order.
import type { ClientRequest } from '../../../src/endpoints/client/index.js';

export type RecordedRecord = readonly [type: number, id: number, length: number, padding: number];

export interface Recording {
  /** The policy that is to do the same. */
  readonly policy: string;
  readonly version: string;
  /** What is asked, with what the web server knew. */
  readonly request: ClientRequest;
  /** BEGIN_REQUEST's flags. */
  readonly flags: number;
  /** PARAMS of the GET. */
  readonly get: readonly (readonly [string, string])[];
  /** PARAMS of the small POST: its body is `hello`. */
  readonly post: readonly (readonly [string, string])[];
  readonly postRecords: readonly RecordedRecord[];
  /** STDIN records of the POST of 100,000 bytes; where the web server's first read made a shorter one, it is left out. */
  readonly bigStdin: readonly RecordedRecord[];
  /** What became of `X-Foo: 1`, `X-Foo: 2`, `Cookie: a=1`, `Cookie: b=2`, `X_Under: 1`. */
  readonly headers: readonly (readonly [string, string])[];
  /** Content lengths of PARAMS for ten headers of 7000 bytes; `refused` where nothing was sent. */
  readonly large: readonly number[] | 'refused' | 'not asked';
}

const CURL = { host: '', 'user-agent': 'curl/7.88.1', accept: '*/*' };
const FORM = 'application/x-www-form-urlencoded';

const nginx = (policy: string, path: string, flags: number): Recording => {
  const get = (query: string): [string, string][] => [
    ['SCRIPT_FILENAME', `/srv/www${path}`],
    ['QUERY_STRING', query],
    ['REQUEST_METHOD', 'GET'],
    ['CONTENT_TYPE', ''],
    ['CONTENT_LENGTH', ''],
    ['SCRIPT_NAME', path],
    ['REQUEST_URI', query === '' ? path : `${path}?${query}`],
    ['DOCUMENT_URI', path],
    ['DOCUMENT_ROOT', '/srv/www'],
    ['SERVER_PROTOCOL', 'HTTP/1.1'],
    ['REQUEST_SCHEME', 'http'],
    ['GATEWAY_INTERFACE', 'CGI/1.1'],
    ['SERVER_SOFTWARE', 'nginx/1.22.1'],
    ['REMOTE_ADDR', '127.0.0.1'],
    ['REMOTE_PORT', '56144'],
    ['REMOTE_USER', ''],
    ['SERVER_ADDR', '127.0.0.1'],
    ['SERVER_PORT', '29080'],
    ['SERVER_NAME', ''],
    ['REDIRECT_STATUS', '200'],
    ['HTTP_HOST', '127.0.0.1:29080'],
    ['HTTP_USER_AGENT', 'curl/7.88.1'],
    ['HTTP_ACCEPT', '*/*'],
  ];
  const change: Record<string, string> = { REQUEST_METHOD: 'POST', CONTENT_TYPE: FORM, CONTENT_LENGTH: '5' };
  return {
    policy,
    version: 'nginx 1.22.1',
    request: {
      uri: `${path}?q=1`,
      root: '/srv/www',
      serverPort: 29_080,
      serverName: '',
      remotePort: 56_144,
      headers: { ...CURL, host: '127.0.0.1:29080' },
    },
    flags,
    get: get('q=1'),
    post: [
      ...get('').map(([name, value]): [string, string] => [name, change[name] ?? value]),
      ['HTTP_CONTENT_LENGTH', '5'],
      ['HTTP_CONTENT_TYPE', FORM],
    ],
    postRecords: [
      [1, 1, 8, 0],
      // 596 and 4 for /off/a.php and the port 55004.
      [4, 1, -1, -1],
      [4, 1, 0, 0],
      [5, 1, 5, 3],
      [5, 1, 0, 0],
    ],
    bigStdin: [
      [5, 1, 32_768, 0],
      [5, 1, 32_768, 0],
      [5, 1, 32_768, 0],
      [5, 1, 1696, 0],
      [5, 1, 0, 0],
    ],
    headers: [
      ['HTTP_X_FOO', '1'],
      ['HTTP_X_FOO', '2'],
      ['HTTP_COOKIE', 'a=1'],
      ['HTTP_COOKIE', 'b=2'],
    ],
    // "fastcgi request record is too big: 70655"
    large: 'refused',
  };
};

const apache = (policy: string, path: string, flags: number, host: string): Recording => {
  const tail = (method: string, query: string): [string, string][] => [
    ['PATH', '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
    ['SERVER_SIGNATURE', ''],
    ['SERVER_SOFTWARE', 'Apache/2.4.71 (Debian)'],
    ['SERVER_NAME', '127.0.0.1'],
    ['SERVER_ADDR', '127.0.0.1'],
    ['SERVER_PORT', '29082'],
    ['REMOTE_ADDR', '127.0.0.1'],
    ['DOCUMENT_ROOT', '/srv/htdocs'],
    ['REQUEST_SCHEME', 'http'],
    ['CONTEXT_PREFIX', ''],
    ['CONTEXT_DOCUMENT_ROOT', '/srv/htdocs'],
    ['SERVER_ADMIN', '[no address given]'],
    ['SCRIPT_FILENAME', `proxy:fcgi://${host}/srv/www/a.php`],
    ['REMOTE_PORT', '60406'],
    ['GATEWAY_INTERFACE', 'CGI/1.1'],
    ['SERVER_PROTOCOL', 'HTTP/1.1'],
    ['REQUEST_METHOD', method],
    ['QUERY_STRING', query],
    ['REQUEST_URI', query === '' ? path : `${path}?${query}`],
    ['SCRIPT_NAME', path],
  ];
  const head: [string, string][] = [
    ['HTTP_HOST', '127.0.0.1:29082'],
    ['HTTP_USER_AGENT', 'curl/7.88.1'],
    ['HTTP_ACCEPT', '*/*'],
  ];
  return {
    policy,
    version: 'Apache 2.4.71',
    request: {
      uri: `${path}?q=1`,
      root: '/srv/www',
      script: 'a.php',
      params: { DOCUMENT_ROOT: '/srv/htdocs', CONTEXT_DOCUMENT_ROOT: '/srv/htdocs' },
      serverPort: 29_082,
      remotePort: 60_406,
      headers: { ...CURL, host: '127.0.0.1:29082' },
    },
    flags,
    get: [...head, ...tail('GET', 'q=1')],
    post: [...head, ['CONTENT_LENGTH', '5'], ['CONTENT_TYPE', FORM], ...tail('POST', '')],
    postRecords: [
      [1, 1, 8, 0],
      [4, 1, -1, 0],
      [4, 1, 0, 0],
      [5, 1, 5, 0],
      [5, 1, 0, 0],
    ],
    bigStdin: [...Array.from({ length: 12 }, (): RecordedRecord => [5, 1, 8192, 0]), [5, 1, 1696, 0], [5, 1, 0, 0]],
    headers: [
      ['HTTP_X_FOO', '1, 2'],
      ['HTTP_COOKIE', 'a=1, b=2'],
    ],
    // Each with as many pairs as fit into 16 KiB: two of the headers, the first with the three short ones before them.
    large: [14_102, 14_032, 14_032, 14_032],
  };
};

const haproxy = (policy: string): Recording => {
  const tail = (method: string, query: string, length: [string, string][]): [string, string][] => [
    ['GATEWAY_INTERFACE', 'CGI/1.1'],
    ['DOCUMENT_ROOT', '/srv/www'],
    ['SCRIPT_NAME', '/app/a.php'],
    ['REQUEST_URI', query === '' ? '/app/a.php' : `/app/a.php?${query}`],
    ['REQUEST_METHOD', method],
    ...(query === '' ? [] : [['QUERY_STRING', query] as [string, string]]),
    ['SERVER_NAME', '127.0.0.1:29083'],
    ['SERVER_PORT', '29083'],
    ['SERVER_PROTOCOL', 'HTTP/1.1'],
    ['REMOTE_ADDR', '127.0.0.1'],
    ['REMOTE_PORT', '45644'],
    ['SCRIPT_FILENAME', '/srv/www/app/a.php'],
    ...length,
    ['SERVER_SOFTWARE', 'HAProxy 2.6.12-1+deb12u4'],
  ];
  const head: [string, string][] = [
    ['HTTP_HOST', '127.0.0.1:29083'],
    ['HTTP_USER_AGENT', 'curl/7.88.1'],
    ['HTTP_ACCEPT', '*/*'],
  ];
  return {
    policy,
    version: 'HAProxy 2.6.12',
    request: {
      uri: '/app/a.php?q=1',
      root: '/srv/www',
      serverPort: 29_083,
      remotePort: 45_644,
      serverSoftware: 'HAProxy 2.6.12-1+deb12u4',
      headers: { ...CURL, host: '127.0.0.1:29083' },
    },
    flags: 1,
    get: [...head, ...tail('GET', 'q=1', [['CONTENT_LENGTH', '0']])],
    post: [...head, ['CONTENT_LENGTH', '5'], ['CONTENT_TYPE', FORM], ...tail('POST', '', [])],
    postRecords: [
      [1, 3, 8, 0],
      [4, 3, 436, 0],
      [4, 3, 0, 0],
      [5, 3, 5, 0],
      [5, 3, 0, 0],
    ],
    // After a first one of 15,091, which is what its buffer had.
    bigStdin: [...Array.from({ length: 6 }, (): RecordedRecord => [5, 5, 16_320, 0]), [5, 5, 2080, 0], [5, 5, 0, 0]],
    headers: [
      ['HTTP_X_FOO', '1'],
      ['HTTP_X_FOO', '2'],
      ['HTTP_COOKIE', 'a=1'],
      ['HTTP_COOKIE', 'b=2'],
    ],
    large: 'not asked',
  };
};

const LIGHTTPD_ROOT = '/srv/www';
const lighttpdTail = (method: string, query: string, length: string): [string, string][] => [
  ['CONTENT_LENGTH', length],
  ['QUERY_STRING', query],
  ['REQUEST_URI', query === '' ? '/app/a.php' : `/app/a.php?${query}`],
  ['REDIRECT_STATUS', '200'],
  ['SCRIPT_NAME', '/app'],
  ['PATH_INFO', '/a.php'],
  ['PATH_TRANSLATED', `${LIGHTTPD_ROOT}/a.php`],
  ['SCRIPT_FILENAME', `${LIGHTTPD_ROOT}/app`],
  ['DOCUMENT_ROOT', LIGHTTPD_ROOT],
  ['REQUEST_METHOD', method],
  ['SERVER_PROTOCOL', 'HTTP/1.1'],
  ['SERVER_SOFTWARE', 'lighttpd/1.4.69'],
  ['GATEWAY_INTERFACE', 'CGI/1.1'],
  ['REQUEST_SCHEME', 'http'],
  ['SERVER_PORT', '29081'],
  ['SERVER_ADDR', '127.0.0.1'],
  ['SERVER_NAME', '127.0.0.1'],
  ['REMOTE_ADDR', '127.0.0.1'],
  ['REMOTE_PORT', '48910'],
  ['HTTP_HOST', '127.0.0.1:29081'],
  ['HTTP_USER_AGENT', 'curl/7.88.1'],
  ['HTTP_ACCEPT', '*/*'],
];

const lighttpd: Recording = {
  policy: 'lighttpd',
  version: 'lighttpd 1.4.69',
  request: {
    uri: '/app/a.php?q=1',
    root: LIGHTTPD_ROOT,
    pathInfo: '/a.php',
    serverPort: 29_081,
    remotePort: 48_910,
    headers: { ...CURL, host: '127.0.0.1:29081' },
  },
  flags: 0,
  get: lighttpdTail('GET', 'q=1', '0'),
  post: [...lighttpdTail('POST', '', '5'), ['HTTP_CONTENT_LENGTH', '5'], ['CONTENT_TYPE', FORM]],
  postRecords: [
    [1, 1, 8, 0],
    [4, 1, -1, 0],
    [4, 1, 0, 0],
    [5, 1, 5, 0],
    [5, 1, 0, 0],
  ],
  bigStdin: [
    [5, 1, 65_535, 0],
    [5, 1, 34_465, 0],
    [5, 1, 0, 0],
  ],
  headers: [
    ['HTTP_X_FOO', '1, 2'],
    ['HTTP_COOKIE', 'a=1; b=2'],
    ['HTTP_X_UNDER', '1'],
  ],
  large: 'refused',
};

/** `host`: how the application's address shows in Apache's SCRIPT_FILENAME. */
export function recordings(host: string): readonly Recording[] {
  return [
    nginx('nginx', '/off/a.php', 0),
    nginx('nginx-keep-conn', '/keep/a.php', 1),
    nginx('nginx-keepalive', '/pool/a.php', 1),
    lighttpd,
    apache('apache', '/off/a.php', 0, host),
    apache('apache-reuse', '/reuse/a.php', 1, host),
    haproxy('haproxy'),
  ];
}
