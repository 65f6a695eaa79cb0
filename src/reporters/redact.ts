// Secrets in captured requests and responses: passwords, tokens and cookies are replaced by their length before anything
// is shown, unless the user asks for them.

import { isSecretName } from '../model/secret-names.js';

/** What is shown in place of a secret value of so many bytes. */
export function redactedValue(byteLength: number): string {
  return `[redacted ${byteLength} byte${byteLength === 1 ? '' : 's'}]`;
}

/** The value, or what is shown in its place when its name says that it is secret. An empty value is no secret. */
export function redactValue<T extends string | Uint8Array>(name: string, value: T): T | string {
  return value.length > 0 && isSecretName(name) ? redactedValue(byteLength(value)) : value;
}

/**
 * Text with the secrets of its `Name: value` lines and `NAME=value` words replaced: response heads, and what
 * applications write to STDERR. Continuation lines (RFC 9112, 5.2) belong to the value before.
 */
export function redactText(text: string): string {
  let secret = false;
  return text
    .split('\n')
    .map((line) => {
      const end = line.endsWith('\r') ? '\r' : '';
      const content = end === '' ? line : line.slice(0, -1);
      if (secret && /^[ \t]/.test(content)) return ` ${redactedValue(byteLength(content.trimStart()))}${end}`;
      const header = /^([A-Za-z0-9_-]{1,64})([ \t]*:[ \t]*)(.*)$/s.exec(content);
      secret = header !== null && isSecretName(header[1]);
      if (header !== null && secret) return header[1] + header[2] + redactValue(header[1], header[3]) + end;
      return redactWords(content) + end;
    })
    .join('\n');
}

// `HTTP_COOKIE=...`, `"HTTP_COOKIE":"..."`, `[HTTP_COOKIE] => ...` or a header quoted in the middle of a line: redacted to
// the end of the line, as cookies have spaces.
function redactWords(line: string): string {
  const names = /([A-Za-z][A-Za-z0-9_-]{0,63})["'\]]{0,2}[ \t]{0,4}(?:=>|[=:])[ \t]{0,4}(?=\S)/g;
  for (let match = names.exec(line); match !== null; match = names.exec(line)) {
    if (!isSecretName(match[1])) continue;
    const start = match.index + match[0].length;
    return line.slice(0, start) + redactedValue(byteLength(line.slice(start)));
  }
  return line;
}

// In UTF-8, without depending on an encoder.
function byteLength(value: string | Uint8Array): number {
  if (typeof value !== 'string') return value.length;
  let length = 0;
  for (const character of value) {
    const code = character.codePointAt(0)!;
    length += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return length;
}
