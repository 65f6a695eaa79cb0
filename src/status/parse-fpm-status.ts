// Reads php-fpm's status page: JSON, and the plain text that old versions and proxies of the page give. What an
// application answers is foreign: nothing here throws.
import type { FpmProcess, FpmStatus } from './fpm-status.js';

/** Workers taken from a page; no pool has so many. */
const MOST_PROCESSES = 100_000;

type Fields = ReadonlyMap<string, string | number>;

/** The status, or undefined where the text is no status page. */
export function parseFpmStatus(text: string): FpmStatus | undefined {
  return fromJson(text) ?? fromText(text);
}

function fromJson(text: string): FpmStatus | undefined {
  let page: unknown;
  try {
    page = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (page === null || typeof page !== 'object' || Array.isArray(page)) return undefined;
  const { processes } = page as { processes?: unknown };
  const list = Array.isArray(processes)
    ? processes.slice(0, MOST_PROCESSES).filter((entry) => entry !== null && typeof entry === 'object')
    : undefined;
  return statusOf(
    fieldsOf(page),
    list?.map((entry) => processOf(fieldsOf(entry as object))),
  );
}

function fieldsOf(object: object): Fields {
  const fields = new Map<string, string | number>();
  for (const [name, value] of Object.entries(object)) {
    if (typeof value === 'string' || typeof value === 'number') fields.set(name.toLowerCase(), value);
  }
  return fields;
}

/** `name:   value` lines; with `full`, blocks after lines of asterisks. */
function fromText(text: string): FpmStatus | undefined {
  const [head, ...blocks] = text.split(/^\*{8,}\r?$/m);
  const fields = textFields(head);
  return statusOf(
    fields,
    blocks.length === 0 ? undefined : blocks.slice(0, MOST_PROCESSES).map((block) => processOf(textFields(block))),
  );
}

function textFields(text: string): Fields {
  const fields = new Map<string, string>();
  for (const line of text.split('\n')) {
    const match = /^([a-z][a-z ]{0,40}?)\s*:[ \t]*(.*?)\r?$/i.exec(line);
    // The first one counts: what follows may be part of a value.
    if (match && !fields.has(match[1].toLowerCase())) fields.set(match[1].toLowerCase(), match[2]);
  }
  return fields;
}

/** A page has at least a pool, its manager and a number of processes. */
function statusOf(fields: Fields, processes: readonly FpmProcess[] | undefined): FpmStatus | undefined {
  if (!fields.has('pool') || !fields.has('process manager') || numberOf(fields, 'total processes') === undefined) {
    return undefined;
  }
  return {
    pool: textOf(fields, 'pool'),
    processManager: textOf(fields, 'process manager'),
    startTime: timeOf(fields, 'start time'),
    startSince: numberOf(fields, 'start since'),
    acceptedConnections: numberOf(fields, 'accepted conn'),
    listenQueue: numberOf(fields, 'listen queue'),
    maxListenQueue: numberOf(fields, 'max listen queue'),
    listenQueueLength: numberOf(fields, 'listen queue len'),
    idle: numberOf(fields, 'idle processes'),
    active: numberOf(fields, 'active processes'),
    total: numberOf(fields, 'total processes'),
    maxActive: numberOf(fields, 'max active processes'),
    maxChildrenReached: numberOf(fields, 'max children reached'),
    slowRequests: numberOf(fields, 'slow requests'),
    memoryPeak: numberOf(fields, 'memory peak'),
    processes,
  };
}

function processOf(fields: Fields): FpmProcess {
  return {
    pid: numberOf(fields, 'pid') ?? 0,
    state: textOf(fields, 'state'),
    startTime: timeOf(fields, 'start time'),
    startSince: numberOf(fields, 'start since'),
    requests: numberOf(fields, 'requests'),
    requestDuration: numberOf(fields, 'request duration'),
    method: dashless(textOf(fields, 'request method')),
    uri: dashless(textOf(fields, 'request uri')),
    contentLength: numberOf(fields, 'content length'),
    user: dashless(textOf(fields, 'user')),
    script: dashless(textOf(fields, 'script')),
    lastCpu: numberOf(fields, 'last request cpu'),
    lastMemory: numberOf(fields, 'last request memory'),
  };
}

function textOf(fields: Fields, name: string): string {
  return String(fields.get(name) ?? '');
}

function numberOf(fields: Fields, name: string): number | undefined {
  const value = fields.get(name);
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  return value !== undefined && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : undefined;
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** A number in JSON; `21/Nov/2026:06:00:01 +0000` in text. */
function timeOf(fields: Fields, name: string): number | undefined {
  const value = fields.get(name);
  if (typeof value !== 'string') return numberOf(fields, name);
  const match = /^(\d\d)\/([A-Z][a-z]{2})\/(\d{4}):(\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)$/.exec(value);
  const month = match ? MONTHS.indexOf(match[2]) : -1;
  if (!match || month < 0) return numberOf(fields, name);
  const offset = (Number(match[8]) * 60 + Number(match[9])) * 60 * (match[7] === '-' ? -1 : 1);
  const utc = Date.UTC(Number(match[3]), month, Number(match[1]), Number(match[4]), Number(match[5]), Number(match[6]));
  return utc / 1000 - offset;
}

function dashless(text: string): string {
  return text === '-' ? '' : text;
}
