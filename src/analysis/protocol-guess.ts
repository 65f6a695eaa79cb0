// What protocol a connection speaks, from its first bytes. FastCGI and SCGI are found on any port this way; the others
// are told apart only to say what was sent to a FastCGI listener instead.
import {
  BEGIN_REQUEST,
  END_REQUEST,
  GET_VALUES_RESULT,
  HEADER_LENGTH,
  MAX_TYPE,
  STDERR,
  STDOUT,
  UNKNOWN_ROLE,
  VERSION_1,
} from '../fastcgi/constants.js';
import { decodeBytes } from '../model/byte-strings.js';

export const UNDECIDED = 0;
export const IS_FASTCGI = 1;
export const IS_SCGI = 2;
export const IS_OTHER = 3;

/** Bytes that settle it: BEGIN_REQUEST with its body, or the start of an SCGI netstring. */
export const ENOUGH = 24;

const SCGI_FIRST = 'CONTENT_LENGTH\0';

/** Judges the first bytes a web server sent. UNDECIDED asks for more. */
export function guessWebServer(bytes: Uint8Array, length: number): number {
  if (length === 0) return UNDECIDED;
  const first = bytes[0];
  if (first === 1) return guessFastcgi(bytes, length);
  if (first >= 0x31 && first <= 0x39) return guessScgi(bytes, length);
  return IS_OTHER;
}

/** Judges first bytes that a snapshot length cut: a whole BEGIN_REQUEST header and its role must do. */
export function guessCut(bytes: Uint8Array, length: number): number {
  return length >= 10 && bytes[0] === VERSION_1 && guessFastcgi(bytes, length) !== IS_OTHER ? IS_FASTCGI : IS_OTHER;
}

function guessFastcgi(b: Uint8Array, length: number): number {
  if (length < 2) return UNDECIDED;
  if (b[1] === 1) {
    // BEGIN_REQUEST: 8 bytes of content; a role that exists; flags of which one bit is known; zeros.
    if (length > 4 && b[4] !== 0) return IS_OTHER;
    if (length > 5 && b[5] !== 8) return IS_OTHER;
    if (length > 7 && b[7] !== 0) return IS_OTHER;
    if (length > 8 && b[8] !== 0) return IS_OTHER;
    if (length > 9 && (b[9] < 1 || b[9] > 3)) return IS_OTHER;
    if (length > 10 && b[10] > 1) return IS_OTHER;
    return length >= 16 ? IS_FASTCGI : UNDECIDED;
  }
  if (b[1] === 9) {
    // GET_VALUES: a management record, and its first name begins FCGI_.
    if ((length > 2 && b[2] !== 0) || (length > 3 && b[3] !== 0)) return IS_OTHER;
    if (length > 7 && b[7] !== 0) return IS_OTHER;
    if (length < 15) return UNDECIDED;
    return b[10] === 0x46 && b[11] === 0x43 && b[12] === 0x47 && b[13] === 0x49 && b[14] === 0x5f
      ? IS_FASTCGI
      : IS_OTHER;
  }
  return IS_OTHER;
}

function guessScgi(b: Uint8Array, length: number): number {
  let at = 0;
  while (at < length && at < 7 && b[at] >= 48 && b[at] <= 57) at++;
  if (at === length) return at < 7 ? UNDECIDED : IS_OTHER;
  if (b[at] !== 58) return IS_OTHER;
  at++;
  for (let i = 0; i < SCGI_FIRST.length; i++) {
    if (at + i >= length) return UNDECIDED;
    if (b[at + i] !== SCGI_FIRST.charCodeAt(i)) return IS_OTHER;
  }
  return IS_SCGI;
}

export const TURN_UNDECIDED = 0;
/** FastCGI records of a web server. */
export const TURN_OF_WEB_SERVER = 1;
/** FastCGI records of an application. */
export const TURN_OF_APPLICATION = 2;
/** An SCGI request. */
export const TURN_OF_SCGI = 3;

/**
 * Judges what one side said in a turn (until the other spoke) of a connection whose beginning is not known: b[0..length)
 * is its beginning, or all of it when `complete`. More bytes never take back what fewer bytes told, so that it does not
 * matter in which pieces they come.
 */
export function guessTurn(b: Uint8Array, length: number, complete: boolean): number {
  const opening = guessWebServer(b, length);
  if (opening === IS_FASTCGI) return TURN_OF_WEB_SERVER;
  if (opening === IS_SCGI) return TURN_OF_SCGI;
  // A whole record and the header of another, or records that fill the turn: chance does not make those.
  let at = 0;
  let sender = TURN_UNDECIDED;
  while (at + HEADER_LENGTH <= length) {
    const next = recordSender(b, at);
    if (next === TURN_UNDECIDED || (sender !== TURN_UNDECIDED && next !== sender)) break;
    if (sender !== TURN_UNDECIDED) return sender;
    sender = next;
    at += HEADER_LENGTH + ((b[at + 4] << 8) | b[at + 5]) + b[at + 6];
    if (complete && at === length) return sender;
  }
  return complete && endsRequest(b, length) ? TURN_OF_APPLICATION : TURN_UNDECIDED;
}

/** Who would send the record whose header stands at `at`; TURN_UNDECIDED for what is hardly a header. */
function recordSender(b: Uint8Array, at: number): number {
  const type = b[at + 1];
  const content = (b[at + 4] << 8) | b[at + 5];
  if (b[at] !== VERSION_1 || type < BEGIN_REQUEST || type > MAX_TYPE || b[at + 2] !== 0) return TURN_UNDECIDED;
  if ((type === BEGIN_REQUEST || type === END_REQUEST) && content !== 8) return TURN_UNDECIDED;
  const ofApplication = type === END_REQUEST || type === STDOUT || type === STDERR || type >= GET_VALUES_RESULT;
  return ofApplication ? TURN_OF_APPLICATION : TURN_OF_WEB_SERVER;
}

/** Whether the last bytes are an END_REQUEST record: its status is one of four, its padding and reserved bytes zero. */
function endsRequest(b: Uint8Array, length: number): boolean {
  const at = length - HEADER_LENGTH - 8;
  if (at < 0 || b[at] !== VERSION_1 || b[at + 1] !== END_REQUEST || b[at + 4] !== 0 || b[at + 5] !== 8) return false;
  if (b[at + 6] !== 0 || b[at + 7] !== 0 || b[at + 12] > UNKNOWN_ROLE) return false;
  return b[at + 13] === 0 && b[at + 14] === 0 && b[at + 15] === 0;
}

/** What the first bytes look like, in words for a report; '' when nothing is recognised. */
export function describeForeign(bytes: Uint8Array): string {
  if (bytes.length === 0) return '';
  const text = decodeBytes(bytes.subarray(0, Math.min(bytes.length, 32)));
  if (/^(GET|POST|HEAD|PUT|DELETE|OPTIONS|PATCH|CONNECT|TRACE) ?/.test(text) || text.startsWith('HTTP/')) return 'HTTP';
  if (text.startsWith('PRI * HTTP/2')) return 'HTTP/2';
  if (bytes[0] === 0x16 && bytes[1] === 3) return 'TLS';
  if (/^\d{1,7}:/.test(text)) return 'SCGI';
  if (/^(Status|Content-Type|Content-type|Location|X-[A-Za-z-]+): /.test(text)) return 'plain CGI output';
  if (text.startsWith('SSH-')) return 'SSH';
  if (bytes.every((byte) => (byte >= 32 && byte < 127) || byte === 10 || byte === 13 || byte === 9)) return 'text';
  return 'unknown binary data';
}
