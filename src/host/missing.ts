// What may keep a look at the host from being complete: the codes that scripts match on, and what each means.
import type { Missing } from '../model/host-sample.js';

export const MISSING_CODES = {
  'socket-table': 'the table of TCP sockets cannot be read',
  'too-many-sockets': 'there are more sockets of the watched ports than are looked at',
  'queue-limits': 'ss is not there or may not run: limits of accept queues, drops, and times before the first look',
  'socket-owners': 'descriptors of processes of other users cannot be read: which processes hold the sockets',
  settings: 'the settings of another network namespace cannot be read without entering it',
} as const;

export type MissingCode = keyof typeof MISSING_CODES;

/** @param text what is not known because of it, in one sentence. @param hint what to do about it */
export function unseen(code: MissingCode, text: string, hint?: string): Missing {
  return hint === undefined ? { code, text } : { code, text, hint };
}
