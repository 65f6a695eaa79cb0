// The comments of a tap's recording: how they begin, and what those of packets say.
import { CONNECT_ERRORS } from '../model/connect-errors.js';
import { findOption, optionLength } from './pcapng-options.js';

/** How comments of interfaces and packets begin that a tap wrote. */
export const TAP_COMMENT = 'fcgi-inspect tap: ';
const CONNECT = `${TAP_COMMENT}connect `;
const OPTION_COMMENT = 1;
/** Longer ones are none of ours. */
const LONGEST = 64;

const utf8 = new TextDecoder();

/** The comment of a packet that stands for a connection that could not be opened: an index of CONNECT_ERRORS. */
export function connectErrorComment(connectError: number): string {
  return CONNECT + CONNECT_ERRORS[connectError];
}

/** What the options of a packet's block say: an index of CONNECT_ERRORS, 0 for nothing. */
export function connectErrorOf(bytes: Uint8Array, options: number, end: number, little: boolean): number {
  const at = findOption(bytes, options, end, little, OPTION_COMMENT, -1);
  if (at < 0) return 0;
  const length = optionLength(bytes, at, little);
  if (length > LONGEST) return 0;
  const comment = utf8.decode(bytes.subarray(at, at + length));
  if (!comment.startsWith(CONNECT)) return 0;
  return Math.max(0, (CONNECT_ERRORS as readonly string[]).indexOf(comment.slice(CONNECT.length)));
}
