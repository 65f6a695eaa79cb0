// The head of a CGI response (RFC 3875, section 6) from a status and headers, as a web server wants it.
import { STATUS_CODES } from 'node:http';
import { RequestError } from './errors.js';

export type HeaderValue = string | number | readonly string[];

const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;
const NOT_IN_VALUE = /[^\t\x20-\x7e\x80-\xff]/;
/** Headers about a hop of HTTP, which are the web server's business with its client. */
const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'trailer', 'te']);

/** Headers in the order they were set, found by names of any capitals. */
export class HttpHead {
  private readonly fields = new Map<string, { name: string; value: string | readonly string[] }>();

  /** @throws RequestError ERR_INVALID_HEADER */
  set(name: string, value: HeaderValue): void {
    checkName(name);
    this.fields.set(name.toLowerCase(), { name, value: checked(name, value) });
  }

  /** Adds a line of that name. @throws RequestError ERR_INVALID_HEADER */
  append(name: string, value: HeaderValue): void {
    const before = this.fields.get(name.toLowerCase());
    if (!before) {
      this.set(name, value);
      return;
    }
    const list = [before.value, checked(name, value)].flat();
    this.fields.set(name.toLowerCase(), { name: before.name, value: list });
  }

  get(name: string): string | readonly string[] | undefined {
    return this.fields.get(name.toLowerCase())?.value;
  }

  has(name: string): boolean {
    return this.fields.has(name.toLowerCase());
  }

  remove(name: string): void {
    this.fields.delete(name.toLowerCase());
  }

  /** In lower case. */
  names(): string[] {
    return [...this.fields.keys()];
  }

  entries(): [string, string | readonly string[]][] {
    return [...this.fields].map(([key, { value }]) => [key, value]);
  }

  /** The head with its empty line. */
  text(status: number, message: string): string {
    let text = '';
    if ((status !== 200 || this.fields.size === 0) && !this.fields.has('status'))
      text = `Status: ${status} ${message || STATUS_CODES[status] || 'Unknown'}\r\n`;
    for (const [key, { name, value }] of this.fields) {
      if (HOP_BY_HOP.has(key)) continue;
      if (typeof value === 'string') text += `${name}: ${value}\r\n`;
      else for (const one of value) text += `${name}: ${one}\r\n`;
    }
    return `${text}\r\n`;
  }
}

function checkName(name: string): void {
  if (!TOKEN.test(name)) throw new RequestError('ERR_INVALID_HEADER', `${JSON.stringify(name)} is no name of a header`);
}

function checked(name: string, value: HeaderValue): string | readonly string[] {
  if (Array.isArray(value)) return value.map((one: string) => checkedOne(name, one));
  return checkedOne(name, value as string | number);
}

function checkedOne(name: string, value: string | number): string {
  const text = String(value);
  if (NOT_IN_VALUE.test(text))
    throw new RequestError('ERR_INVALID_HEADER', `the value of the header ${name} has characters that can't be in one`);
  return text;
}
