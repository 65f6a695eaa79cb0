// The one function that makes captured bytes safe to print: whatever a peer sent, the terminal, the log viewer and the
// reader see what it was, and nothing of it acts on them.
import { textWidth } from './text-layout.js';
import { madeOnce, unsafeCharacter } from './unsafe-characters.js';

const PLAIN = /^[\x20-\x7e]*$/;

/**
 * Text that is safe to print on one line. Controls and bytes that are no UTF-8 are shown as `\xNN` (line feed,
 * carriage return and tab as `\n`, `\r`, `\t`), other unsafe characters as `\u{...}`. Printable characters, the
 * backslash included, stay as they are, so the result of a result is the same.
 *
 * @param value bytes are read as UTF-8
 * @param maxWidth columns at most; what is cut off shows as the ellipsis, which counts. No escape is cut in two.
 */
export function safeText(value: string | Uint8Array, maxWidth = Number.POSITIVE_INFINITY, ellipsis = '…'): string {
  if (typeof value === 'string' && value.length <= maxWidth && PLAIN.test(value)) return value;
  const pieces = typeof value === 'string' ? piecesOfString(value) : piecesOfBytes(value);
  const room = maxWidth - textWidth(ellipsis);
  const output: string[] = [];
  let width = 0;
  let kept = 0; // pieces that would leave room for the ellipsis
  for (const piece of pieces) {
    width += textWidth(piece);
    if (width > maxWidth) return room < 0 ? '' : output.slice(0, kept).join('') + ellipsis;
    output.push(piece);
    if (width <= room) kept = output.length;
  }
  return output.join('');
}

/** Combining marks on one character: more would be drawn over the lines around. */
const MAX_MARKS = 4;
const mark = madeOnce(() => /\p{M}/u);

function* piecesOfString(text: string): Generator<string> {
  let marks = 0;
  for (const character of text) {
    marks = character > '\u02ff' && mark().test(character) ? marks + 1 : 0;
    yield piece(character, marks);
  }
}

function* piecesOfBytes(bytes: Uint8Array): Generator<string> {
  let marks = 0;
  for (let at = 0; at < bytes.length; ) {
    const length = sequenceLength(bytes, at);
    if (length === 0) {
      marks = 0;
      yield byteEscape(bytes[at++]);
      continue;
    }
    const character = String.fromCodePoint(codePoint(bytes, at, length));
    marks = length > 1 && mark().test(character) ? marks + 1 : 0;
    yield piece(character, marks);
    at += length;
  }
}

function piece(character: string, marks: number): string {
  if (marks <= MAX_MARKS && !unsafeCharacter().test(character)) return character;
  const code = character.codePointAt(0)!;
  if (code === 0x0a) return '\\n';
  if (code === 0x0d) return '\\r';
  if (code === 0x09) return '\\t';
  return code < 0x80 ? byteEscape(code) : `\\u{${code.toString(16)}}`;
}

function byteEscape(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, '0')}`;
}

/** Bytes of the well-formed UTF-8 sequence that begins here (RFC 3629, 4), or 0. */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at];
  if (first < 0x80) return 1;
  const second = bytes[at + 1] ?? 0;
  if (first >= 0xc2 && first <= 0xdf) return isContinuation(second) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    const least = first === 0xe0 ? 0xa0 : 0x80;
    const most = first === 0xed ? 0x9f : 0xbf; // surrogates have no encoding
    return second >= least && second <= most && isContinuation(bytes[at + 2]) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const least = first === 0xf0 ? 0x90 : 0x80;
    const most = first === 0xf4 ? 0x8f : 0xbf;
    const fits = second >= least && second <= most;
    return fits && isContinuation(bytes[at + 2]) && isContinuation(bytes[at + 3]) ? 4 : 0;
  }
  return 0;
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}

function codePoint(bytes: Uint8Array, at: number, length: number): number {
  if (length === 1) return bytes[at];
  let code = bytes[at] & (0xff >> (length + 1));
  for (let index = 1; index < length; index++) code = (code << 6) | (bytes[at + index] & 0x3f);
  return code;
}
