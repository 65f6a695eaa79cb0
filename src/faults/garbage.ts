// Bytes that are no FastCGI record.
import type { Random } from './random.js';

const HTTP = 'HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\nnot FastCGI\n';

/** `http`: an answer as of a web server; `zeros`; `random`: any bytes that do not begin like a record. */
export function garbageBytes(kind: string, length: number, random: Random): Uint8Array {
  if (kind === 'http') return new TextEncoder().encode(HTTP);
  const bytes = new Uint8Array(length);
  if (kind === 'zeros') return bytes;
  for (let i = 0; i < length; i++) bytes[i] = Math.floor(random() * 256);
  // Version 1 would be taken for one.
  if (bytes[0] === 1) bytes[0] = 0xff;
  return bytes;
}
