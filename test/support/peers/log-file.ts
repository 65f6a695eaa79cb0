// Reads the log of a daemon, which may write its last lines a moment after the answer.
import { readFileSync } from 'node:fs';
import { eventually } from './eventually.js';

/** All whole lines, as soon as there are at least so many. */
export async function logLines(path: string, count: number): Promise<string[]> {
  const lines = () => readFileSync(path, 'utf8').split('\n').slice(0, -1);
  await eventually(`${count} lines in ${path}`, () => lines().length >= count);
  return lines();
}

/** One request as every web server's access log has it. */
export interface LoggedRequest {
  readonly method: string;
  readonly uri: string;
  readonly status: number;
}

/** Reads `GET /path HTTP/1.1 200`. */
export function plainRequest(line: string): LoggedRequest {
  const [method, uri, , status] = line.split(' ');
  return { method, uri, status: Number(status) };
}
