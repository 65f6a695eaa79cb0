// Which responses may be kept, under which key and for how long. Pure. A cache of all workers gives to everybody what it
// got for one, so in doubt nothing is kept.
import type { Params } from '../../protocol/application-params.js';

/** The key of a request whose response may be kept; undefined where it may not be. */
export function cacheKey(params: Params): string | undefined {
  const method = params.get('REQUEST_METHOD');
  if (method !== 'GET' && method !== 'HEAD') return undefined;
  // What somebody gets who has shown who they are is theirs.
  if (params.has('HTTP_AUTHORIZATION') || params.has('HTTP_COOKIE') || params.has('HTTP_RANGE')) return undefined;
  const path = params.get('REQUEST_URI') ?? `${params.get('SCRIPT_NAME') ?? ''}${params.get('PATH_INFO') ?? ''}`;
  if (path === '') return undefined;
  const query = params.has('REQUEST_URI') ? '' : `?${params.get('QUERY_STRING') ?? ''}`;
  return [
    method,
    params.get('HTTPS') ?? '',
    params.get('HTTP_HOST') ?? params.get('SERVER_NAME') ?? '',
    path + query,
  ].join(' ');
}

/** Of a head, as much as is looked at. */
const LONGEST_HEAD = 16_384;
const KEPT_STATUS = new Set(['200', '203', '301', '404', '410']);

/**
 * Milliseconds for which a response may be kept: what its Cache-Control says, else `standard`. 0: not at all.
 * @param content STDOUT from its beginning: a CGI response.
 */
export function timeToLive(content: Uint8Array, standard: number): number {
  const text = Buffer.from(content.buffer, content.byteOffset, Math.min(content.length, LONGEST_HEAD)).toString(
    'latin1',
  );
  const end = /\r?\n\r?\n/.exec(text);
  if (!end) return 0;
  let time = standard;
  for (const line of text.slice(0, end.index).split(/\r?\n/)) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).trim().toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (name === 'set-cookie' || name === 'vary') return 0;
    if (name === 'status' && !KEPT_STATUS.has(value.slice(0, 3))) return 0;
    if (name === 'location' && !/^status:/im.test(text.slice(0, end.index))) return 0;
    if (name === 'cache-control') {
      if (/\b(?:no-store|no-cache|private)\b/i.test(value)) return 0;
      const age = /\bs-maxage\s*=\s*"?(\d{1,9})/i.exec(value) ?? /\bmax-age\s*=\s*"?(\d{1,9})/i.exec(value);
      if (age) time = Number(age[1]) * 1000;
    }
  }
  return time;
}
