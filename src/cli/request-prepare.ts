// The request that the command line asks for.
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import type { ClientRequest } from '../endpoints/client/client.js';
import type { RequestBody } from '../endpoints/client/request-body.js';
import { UserError } from '../model/errors.js';
import type { RequestCommandOptions } from './request-options.js';

export type PreparedRequest = ClientRequest & { readonly contentLength?: number };

/** Standard input is read once and kept. */
const MOST_INPUT = 1 << 30;
let standardInput: Promise<Buffer> | undefined;

/** @throws UserError if a file cannot be read */
export async function prepareRequest(
  uri: string,
  options: RequestCommandOptions,
  signal: AbortSignal,
): Promise<PreparedRequest> {
  const body = options.data === undefined ? undefined : await bodyOf(options.data);
  const method = options.request ?? (options.head ? 'HEAD' : undefined);
  const headers = [...(options.header ?? [])];
  if (body && !headers.some(([name]) => name.toLowerCase() === 'content-type')) {
    headers.push(['Content-Type', 'application/x-www-form-urlencoded']);
  }
  return {
    uri,
    headers,
    signal,
    role: options.role,
    ...(method === undefined ? {} : { method }),
    ...(body ?? {}),
    ...(options.root === undefined ? {} : { root: options.root }),
    ...(options.script === undefined ? {} : { script: options.script }),
    ...(options.pathInfo === undefined ? {} : { pathInfo: options.pathInfo }),
    // An object would put names that are numbers first.
    ...(options.param === undefined ? {} : { params: options.param as Iterable<readonly [string, string]> }),
    ...(options.filterData === undefined ? {} : { data: await filterData(options.filterData) }),
  };
}

async function bodyOf(data: string): Promise<{ body: RequestBody; contentLength?: number }> {
  if (data === '-' || data === '@-') return { body: await (standardInput ??= readInput()) };
  if (!data.startsWith('@')) return { body: data };
  const { size, stream } = await fileOf(data.slice(1), '-d');
  return { body: stream, contentLength: size };
}

async function filterData(path: string): Promise<NonNullable<ClientRequest['data']>> {
  const { size, stream, modified } = await fileOf(path, '--filter-data');
  return { content: stream, length: size, lastModified: modified };
}

async function fileOf(path: string, option: string): Promise<{ size: number; stream: RequestBody; modified: Date }> {
  try {
    const { size, mtime } = await stat(path);
    const handle = await open(path);
    const stats = await handle.stat();
    if (stats.isDirectory()) {
      await handle.close();
      throw new Error('it is a folder');
    }
    // No more than was declared, if it grows meanwhile.
    const stream = size === 0 ? createReadStream('/dev/null') : handle.createReadStream({ end: size - 1 });
    if (size === 0) await handle.close();
    return { size, stream, modified: mtime };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'no such file' : code === 'EACCES' ? 'no permission' : message;
    throw new UserError(`${option}: cannot read ${path}: ${why}`);
  }
}

async function readInput(): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of process.stdin) {
    chunks.push(chunk as Buffer);
    length += (chunk as Buffer).length;
    if (length > MOST_INPUT) throw new UserError('-d -: standard input is longer than 1 GiB', 'use -d @file');
  }
  return Buffer.concat(chunks);
}
