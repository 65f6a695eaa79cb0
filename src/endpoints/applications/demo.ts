// The application that `serve` is without further options: answers as it is told.
import { AUTHORIZER, roleName } from '../../fastcgi/constants.js';
import { type Clock, systemClock } from '../clock.js';
import type { RequestHandler } from '../server/options.js';
import type { ServerRequest } from '../server/request.js';
import { type Answer, answerTo } from './answer.js';
import { pause } from './pause.js';
import { requestTarget } from './request-target.js';

const REASONS: Readonly<Record<number, string>> = {
  200: 'OK',
  204: 'No Content',
  301: 'Moved Permanently',
  302: 'Found',
  304: 'Not Modified',
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};
const HELLO = 'hello\n';

/**
 * @param base the answer to every request, where its path and query say nothing else
 * @param byPath whether path and query are looked at
 */
export function demoApplication(base: Answer, byPath: boolean, clock: Clock = systemClock): RequestHandler {
  return (request) => {
    const target = requestTarget(request.params);
    const answer = byPath ? answerTo(target, base) : base;
    if (answer.sleep === 0 && (answer.kind === 'page' || answer.kind === 'hello')) {
      begin(request, answer);
      short(request, answer, target.uri);
      request.end();
      return undefined;
    }
    return slow(request, answer, target.uri, clock);
  };
}

async function slow(request: ServerRequest, answer: Answer, uri: string, clock: Clock): Promise<void> {
  if (answer.sleep > 0) await pause(clock, answer.sleep, request);
  begin(request, answer);
  if (answer.kind === 'echo') await echo(request, answer);
  else if (answer.kind === 'stream') await stream(request, answer, clock);
  else short(request, answer, uri);
}

function begin(request: ServerRequest, answer: Answer): void {
  request.appStatus = answer.exit;
  if (answer.stderr !== '') request.writeError(`${answer.stderr}\n`);
}

function short(request: ServerRequest, answer: Answer, uri: string): void {
  const body = answer.kind === 'hello' ? HELLO : page(request, uri);
  const head = headOf(answer.status, 'text/plain; charset=utf-8', Buffer.byteLength(body));
  request.write(hasBody(request, answer.status) ? head + body : head);
}

async function echo(request: ServerRequest, answer: Answer): Promise<void> {
  const { params } = request;
  request.write(headOf(answer.status, params.get('CONTENT_TYPE') || 'application/octet-stream', undefined));
  if (!hasBody(request, answer.status)) return;
  for await (const piece of request.stdin) if (!request.write(piece as Uint8Array)) await request.drained();
}

async function stream(request: ServerRequest, answer: Answer, clock: Clock): Promise<void> {
  request.write(headOf(answer.status, 'application/octet-stream', answer.bytes));
  if (!hasBody(request, answer.status)) return;
  const piece = Buffer.alloc(Math.min(answer.chunk, Math.max(1, answer.bytes)), 'fcgi-inspect\n');
  for (let left = answer.bytes; left > 0 && !request.aborted; left -= piece.length) {
    const more = request.write(left < piece.length ? piece.subarray(0, left) : piece);
    // Nobody waits for the last piece to be taken: the handler is done.
    if (!more && left > piece.length) await request.drained();
    if (answer.delay > 0 && left > piece.length) await pause(clock, answer.delay, request);
  }
}

/** What was asked, for people who want to see that it arrived. */
function page(request: ServerRequest, uri: string): string {
  const { params, role, protocol } = request;
  const of = (name: string): string => params.get(name) || '-';
  const lines = [
    `${of('REQUEST_METHOD')} ${uri}`,
    '',
    `answered by fcgi-inspect serve, process ${process.pid}`,
    `asked through ${protocol === 'fastcgi' ? `FastCGI, ${roleName(role)}, request id ${request.id}` : protocol.toUpperCase()}`,
    `by ${of('REMOTE_ADDR')} through ${of('SERVER_SOFTWARE')}`,
    `SCRIPT_FILENAME ${of('SCRIPT_FILENAME')}`,
    `${params.size} params, body of ${of('CONTENT_LENGTH')} bytes`,
  ];
  return `${lines.join('\n')}\n`;
}

function hasBody(request: ServerRequest, status: number): boolean {
  return request.params.get('REQUEST_METHOD') !== 'HEAD' && status !== 204 && status !== 304 && status >= 200;
}

/** A CGI response head (RFC 3875, section 6.3). */
export function headOf(status: number, contentType: string, length: number | undefined): string {
  const reason = REASONS[status];
  const first = status === 200 ? '' : `Status: ${status}${reason ? ` ${reason}` : ''}\r\n`;
  return `${first}Content-Type: ${contentType}\r\n${length === undefined ? '' : `Content-Length: ${length}\r\n`}\r\n`;
}

/** Lets everybody in who sends no `deny` in the query; for trying out Authorizers (section 6.3). */
export const demoAuthorizer: RequestHandler = (request) => {
  const { query } = requestTarget(request.params);
  const denied = new URLSearchParams(query).has('deny');
  request.end(
    denied
      ? `${headOf(403, 'text/plain; charset=utf-8', 7)}denied\n`
      : `Status: 200 OK\r\nVariable-FCGI_INSPECT: ${roleName(AUTHORIZER)}\r\n\r\n`,
  );
};

/** Gives the file back with its letters in upper case; for trying out Filters (section 6.4). */
export const demoFilter: RequestHandler = async (request) => {
  request.write(headOf(200, 'text/plain; charset=utf-8', undefined));
  // STDIN comes before DATA and has to be taken, or DATA would never come.
  request.stdin.resume();
  for await (const piece of request.data) {
    if (!request.write((piece as Buffer).toString('latin1').toUpperCase())) await request.drained();
  }
};
