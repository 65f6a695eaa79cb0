// Secrets in bytes that are shown as hexadecimal digits.
import { latin1Text } from '../model/byte-strings.js';
import { redactText } from '../reporters/redact.js';

/** The bytes with every line that holds a secret replaced by `X`; the length stays. */
export function maskedText(bytes: Uint8Array): Uint8Array {
  const masked = bytes.slice();
  // Latin-1 has one character for every byte, so places in the text are places in the bytes.
  let at = 0;
  let inSecret = false;
  for (const text of latin1Text(bytes).split('\n')) {
    // A continuation line belongs to the value before it.
    const goesOn: boolean = inSecret && /^[ \t]/.test(text);
    inSecret = goesOn || redactText(text) !== text;
    if (inSecret) masked.fill(0x58, at, at + text.length);
    at += text.length + 1;
  }
  return masked;
}
