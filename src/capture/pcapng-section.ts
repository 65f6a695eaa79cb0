// Section Header Block (draft-ietf-opsawg-pcapng, section 4.1): byte order and version.
import type { ByteWindow } from './byte-window.js';
import { u16, u32 } from './pcapng-bytes.js';

/** Smallest block length of a section header. */
export const SMALLEST_SECTION_HEADER = 28;
/** Bytes of a section header that must be there for `checkSection`. */
export const SECTION_CHECK_LENGTH = 16;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;

/** What is wrong with a section header, or its byte order. */
export type SectionCheck = 'little' | 'big' | { readonly code: string; readonly detail: string };

/** Checks the section header at `at`, whose type has been seen. */
export function checkSection(bytes: Uint8Array, at: number, offset: number): SectionCheck {
  let little: boolean;
  if (u32(bytes, at + 8, true) === BYTE_ORDER_MAGIC) little = true;
  else if (u32(bytes, at + 8, false) === BYTE_ORDER_MAGIC) little = false;
  else {
    const found = u32(bytes, at + 8, false)
      .toString(16)
      .padStart(8, '0');
    const detail = `the section header at offset ${offset} has the byte-order magic 0x${found}, which is none`;
    return { code: 'bad-byte-order-magic', detail };
  }
  const major = u16(bytes, at + 12, little);
  const minor = u16(bytes, at + 14, little);
  // Version 1.2 is what some programs write and means the same as 1.0.
  if (major !== 1 || (minor !== 0 && minor !== 2)) {
    const detail = `pcapng version ${major}.${minor} of the section at offset ${offset} is not supported`;
    return { code: 'bad-version', detail };
  }
  return little ? 'little' : 'big';
}

/**
 * Looks at the first section header of a file without consuming it: `more` when it is not there yet, `ok`, or why the
 * file cannot be read.
 */
export function checkFirstSection(window: ByteWindow): 'more' | 'ok' | { readonly reason: string } {
  if (window.length < SECTION_CHECK_LENGTH) {
    if (!window.finished) return 'more';
    return { reason: `the file ends inside its header, after ${window.length} bytes` };
  }
  const check = checkSection(window.bytes, window.start, window.position);
  return typeof check === 'string' ? 'ok' : { reason: check.detail };
}
