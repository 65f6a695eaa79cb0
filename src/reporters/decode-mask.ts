// Secrets in the bytes of a record: which stretches of its content may not be shown.

import type { DecodedRecord } from '../analysis/decoded-record.js';
import { decodeBytes, latin1Text } from '../model/byte-strings.js';
import { isSecretName } from '../model/secret-names.js';

/** Stands for each byte that is not shown. */
const MASK = 0x58; // X

/** The content with every byte of a secret replaced by `X`; the length stays. */
export function maskedContent(record: DecodedRecord): Uint8Array {
  const masked = record.content.slice();
  if (record.pairs.length > 0 || record.name === 'PARAMS') maskPairs(record, masked);
  else maskLines(masked);
  return masked;
}

function maskPairs({ pairs, beginsInPair }: DecodedRecord, masked: Uint8Array): void {
  const here = pairs.filter((pair) => pair.valueAt >= 0);
  // Of a pair that is cut by a record's end the name is not known here: all of it is left out.
  if (beginsInPair) masked.fill(MASK, 0, here.length > 0 ? here[0].nameAt : masked.length);
  for (const { name, value, valueAt } of here) {
    if (isSecretName(decodeBytes(name))) masked.fill(MASK, valueAt, valueAt + value.length);
  }
  const last = here[here.length - 1];
  if (last) masked.fill(MASK, last.valueAt + last.value.length);
  else if (!beginsInPair) masked.fill(MASK);
}

/** `Name: value` and `name=value` in the text of a stream: the rest of the line after a secret name. */
function maskLines(masked: Uint8Array): void {
  // Latin-1 has one character for every byte, so places in the text are places in the bytes.
  const text = latin1Text(masked);
  const names = /([A-Za-z][A-Za-z0-9_-]{0,63})[ \t]*[:=][ \t]?/g;
  for (let match = names.exec(text); match !== null; match = names.exec(text)) {
    if (!isSecretName(match[1])) continue;
    const start = match.index + match[0].length;
    const lineEnd = text.indexOf('\n', start);
    masked.fill(MASK, start, lineEnd === -1 ? masked.length : lineEnd);
    if (lineEnd === -1) return;
    names.lastIndex = lineEnd;
  }
}
