// What applications wrote to STDERR, grouped by text, so that a million equal lines are one entry with a count.
import { decodeBytes } from './byte-strings.js';

export interface StderrGroup {
  /** The message as captured (not yet safe to print), cut to MAX_MESSAGE bytes. */
  readonly text: string;
  count: number;
  /** Row of the first request with it, and the packet where that request's STDERR began. */
  readonly request: number;
  readonly packet: number;
  readonly time: number;
}

/** Bytes of a request's STDERR that are kept for the grouping. */
export const MAX_MESSAGE = 1024;
const MAX_GROUPS = 500;

export class StderrLog {
  readonly groups: StderrGroup[] = [];
  /** Requests with STDERR whose text fell into no kept group. */
  ungrouped = 0;
  private byKey = new Map<string, StderrGroup>();

  /** Keeps the groups whose first request has a new number. */
  retain(requests: Int32Array): void {
    const kept = this.groups.splice(0);
    this.byKey.clear();
    for (const group of kept) {
      const request = requests[group.request];
      if (request === -1) continue;
      const moved = { ...group, request };
      this.groups.push(moved);
      this.byKey.set(keyOf(group.text), moved);
    }
  }

  /** The STDERR text of one request. */
  add(bytes: Uint8Array, request: number, packet: number, time: number): void {
    const text = decodeBytes(bytes).trim();
    if (text === '') return;
    const key = keyOf(text);
    const group = this.byKey.get(key);
    if (group) {
      group.count++;
    } else if (this.groups.length >= MAX_GROUPS) {
      this.ungrouped++;
    } else {
      const added = { text, count: 1, request, packet, time };
      this.groups.push(added);
      this.byKey.set(key, added);
    }
  }
}

/** Texts that differ in numbers only are one group. */
function keyOf(text: string): string {
  return text.replace(/\d+/g, '#');
}
