// Files of a folder: GET and HEAD, index.html, conditional requests. Nothing outside of the folder is ever opened, also not
// through symbolic links.
import { constants, type Stats } from 'node:fs';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { UserError } from '../../model/errors.js';
import type { RequestHandler } from '../server/options.js';
import type { ServerRequest } from '../server/request.js';
import { contentType } from './content-type.js';
import { headOf } from './demo.js';
import { requestTarget } from './request-target.js';
import { staticPath } from './static-path.js';

/** @throws UserError if there is no such folder */
export async function staticFolder(folder: string): Promise<RequestHandler> {
  let root: string;
  try {
    root = await realpath(folder);
    const handle = await open(root, constants.O_RDONLY | constants.O_DIRECTORY);
    await handle.close();
  } catch {
    throw new UserError(`${folder} is no folder that can be read`);
  }
  return (request) => serveFile(request, root);
}

async function serveFile(request: ServerRequest, root: string): Promise<void> {
  const method = request.params.get('REQUEST_METHOD') ?? 'GET';
  if (method !== 'GET' && method !== 'HEAD') {
    refuse(request, 405, 'Allow: GET, HEAD\r\n');
    return;
  }
  const { path } = requestTarget(request.params);
  const parts = staticPath(path);
  if (typeof parts === 'string') {
    refuse(request, parts === 'bad' ? 400 : 404);
    return;
  }
  const found = await find(root, parts, path.endsWith('/'));
  if (typeof found === 'number') {
    refuse(request, found);
    return;
  }
  const { file, name, stats } = found;
  try {
    if (stats.isDirectory()) {
      // Relative links of its index.html count from the slash.
      refuse(request, 301, `Location: ${path.replace(/^\/+/, '/')}/\r\n`);
      return;
    }
    await send(request, file, name, stats, method === 'GET');
  } finally {
    await file.close().catch(() => {});
  }
}

interface Found {
  readonly file: FileHandle;
  readonly name: string;
  readonly stats: Stats;
}

/** The opened file, or the status that says why there is none. A folder is given only where its name lacks the slash. */
async function find(root: string, parts: readonly string[], slash: boolean): Promise<Found | number> {
  const first = await openBelow(root, parts);
  if (typeof first === 'number' || !first.stats.isDirectory() || !slash) return first;
  await first.file.close();
  return await openBelow(root, [...parts, 'index.html']);
}

async function openBelow(root: string, parts: readonly string[]): Promise<Found | number> {
  let file: FileHandle | undefined;
  try {
    const path = await realpath(join(root, ...parts));
    if (path !== root && !path.startsWith(root === sep ? sep : root + sep)) return 404;
    // What realpath found has no links in it: one that comes there now is not followed. A FIFO does not make us wait.
    file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const stats = await file.stat();
    if (stats.isFile() || stats.isDirectory()) return { file, name: path, stats };
    await file.close();
    return 403;
  } catch (error) {
    await file?.close().catch(() => {});
    return statusOf(error as NodeJS.ErrnoException);
  }
}

function statusOf({ code }: NodeJS.ErrnoException): number {
  if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP' || code === 'ENAMETOOLONG') return 404;
  return code === 'EACCES' || code === 'EPERM' || code === 'ENXIO' ? 403 : 500;
}

async function send(
  request: ServerRequest,
  file: FileHandle,
  name: string,
  stats: Stats,
  whole: boolean,
): Promise<void> {
  const tag = `"${stats.size.toString(16)}-${Math.floor(stats.mtimeMs).toString(16)}"`;
  const validators = `Last-Modified: ${stats.mtime.toUTCString()}\r\nETag: ${tag}\r\n`;
  if (isUnchanged(request, tag, stats)) {
    request.write(`Status: 304 Not Modified\r\n${validators}\r\n`);
    return;
  }
  request.write(validators + headOf(200, contentType(name), stats.size));
  if (!whole || stats.size === 0) return;
  // No more than was announced, if the file grows meanwhile.
  await pipeline(file.createReadStream({ autoClose: false, start: 0, end: stats.size - 1 }), request.stdout, {
    signal: request.signal,
  });
}

function isUnchanged(request: ServerRequest, tag: string, stats: Stats): boolean {
  const tags = request.params.get('HTTP_IF_NONE_MATCH');
  if (tags !== undefined)
    return tags.split(',').some((each) => each.trim().replace(/^W\//, '') === tag || each.trim() === '*');
  const since = Date.parse(request.params.get('HTTP_IF_MODIFIED_SINCE') ?? '');
  return Math.floor(stats.mtimeMs / 1000) * 1000 <= since;
}

function refuse(request: ServerRequest, status: number, headers = ''): void {
  const body = `${status}\n`;
  request.end(headers + headOf(status, 'text/plain; charset=utf-8', body.length) + body);
}
