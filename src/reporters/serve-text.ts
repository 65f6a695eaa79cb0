// What `serve` prints: a line for each request, sums at the end.
import { protocolStatusName } from '../fastcgi/constants.js';
import type { ServedRequest } from '../model/served-request.js';
import { formatBytes, formatCount } from './format-count.js';
import { formatDuration } from './format-duration.js';
import { safeText } from './safe-text.js';
import { asciiText } from './symbols.js';

/** `10:00:01.123  #3 id 1  GET /x  200  1.23 kB  4.5 ms`, without a line break. */
export function requestLine(request: ServedRequest, time: string, worker: boolean, ascii: boolean): string {
  const where = `${worker ? `[${request.pid}] ` : ''}#${request.connection}${request.requestId > 0 ? ` id ${request.requestId}` : ''}`;
  const parts = [
    time,
    where,
    `${request.method || '-'} ${request.uri}`,
    request.status > 0 ? String(request.status) : '-',
    formatBytes(request.stdoutBytes),
    formatDuration(request.duration * 1e6, ascii),
  ];
  if (request.role !== 'responder') parts.push(request.role);
  if (request.stdinBytes > 0) parts.push(`body ${formatBytes(request.stdinBytes)}`);
  if (request.appStatus !== 0) parts.push(`appStatus ${request.appStatus >>> 0}`);
  if (request.protocolStatus !== 0) parts.push(protocolStatusName(request.protocolStatus));
  if (request.aborted !== undefined) parts.push(`aborted: ${request.aborted}`);
  const line = safeText(parts.join('  '));
  return ascii ? asciiText(line) : line;
}

/** What was served in all. */
export interface ServedTotals {
  readonly connections: number;
  readonly requests: number;
  readonly aborted: number;
  readonly failed: number;
  /** Answered by the protocol itself, by the name of the status. */
  readonly refused: Readonly<Record<string, number>>;
  readonly dropped: number;
  readonly bytesReceived: number;
  readonly bytesSent: number;
  /** Seconds. */
  readonly duration: number;
  /** What web servers did wrong, by code. */
  readonly problems: Readonly<Record<string, number>>;
  readonly faults: readonly { readonly text: string; readonly happened: number }[];
}

export function totalsText(totals: ServedTotals, ascii: boolean): string {
  const { connections, requests, aborted, failed, bytesReceived, bytesSent } = totals;
  const parts = [
    `${formatCount(requests)} ${requests === 1 ? 'request' : 'requests'} on ${formatCount(connections)} ${connections === 1 ? 'connection' : 'connections'}`,
  ];
  if (aborted > 0) parts.push(`${formatCount(aborted)} aborted`);
  if (failed > 0) parts.push(`${formatCount(failed)} failed`);
  for (const [name, count] of Object.entries(totals.refused))
    if (count > 0) parts.push(`${formatCount(count)} answered ${name}`);
  if (totals.dropped > 0) parts.push(`${formatCount(totals.dropped)} connections closed at once`);
  parts.push(`${formatBytes(bytesReceived)} received, ${formatBytes(bytesSent)} sent`);
  const lines = [`served for ${formatDuration(totals.duration * 1e9, ascii)}: ${parts.join(', ')}`];
  const problems = Object.entries(totals.problems);
  if (problems.length > 0)
    lines.push(`web servers did wrong: ${problems.map(([code, count]) => `${code} ${formatCount(count)}`).join(', ')}`);
  for (const { text, happened } of totals.faults)
    lines.push(`fault ${safeText(text)}: happened ${formatCount(happened)} times`);
  return `${lines.map((line) => (ascii ? asciiText(line) : line)).join('\n')}\n`;
}
