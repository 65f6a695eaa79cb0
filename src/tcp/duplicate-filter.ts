// Captures of `-i any` and of several interfaces hold the same packet more than once (once for each interface that it
// passed). A fixed table of recent signatures finds the copies; a retransmission differs in its IP identification,
// its timestamp or its checksum, or comes later.
import type { Segment } from '../model/segment.js';

const ENTRIES = 1 << 14;
const WORDS = 9;

export class DuplicateFilter {
  private signatures = new Uint32Array(0);
  private times = new Float64Array(0);

  /** `window`: nanoseconds within which an equal packet is a copy. */
  constructor(private readonly window: number) {}

  /** Whether the same packet came a moment ago; remembers it otherwise. */
  isCopy(s: Segment): boolean {
    if (this.times.length === 0) {
      this.signatures = new Uint32Array(ENTRIES * WORDS);
      this.times = new Float64Array(ENTRIES).fill(Number.NEGATIVE_INFINITY);
    }
    const ports = ((s.sourcePort << 16) | s.destinationPort) >>> 0;
    const control = ((s.flags << 16) | s.window) >>> 0;
    const marks = ((s.checksum << 16) | s.identification) >>> 0;
    const stamp = s.timestampValue >>> 0;
    let hash =
      Math.imul(s.sequence ^ Math.imul(s.acknowledgment, 0x85ebca6b), 0x9e3779b1) ^ Math.imul(ports, 0xc2b2ae35);
    hash = Math.imul(hash ^ (hash >>> 15), 0x27d4eb2f) ^ control ^ Math.imul(marks, 0x165667b1) ^ s.wireLength;
    const entry = (hash ^ (hash >>> 16)) & (ENTRIES - 1);
    const w = this.signatures;
    const at = entry * WORDS;
    const age = s.time - this.times[entry];
    if (
      age <= this.window &&
      age >= -this.window &&
      w[at] === s.source &&
      w[at + 1] === s.destination &&
      w[at + 2] === ports &&
      w[at + 3] === s.sequence &&
      w[at + 4] === s.acknowledgment &&
      w[at + 5] === control &&
      w[at + 6] === s.wireLength &&
      w[at + 7] === marks &&
      w[at + 8] === stamp
    ) {
      return true;
    }
    this.times[entry] = s.time;
    w[at] = s.source;
    w[at + 1] = s.destination;
    w[at + 2] = ports;
    w[at + 3] = s.sequence;
    w[at + 4] = s.acknowledgment;
    w[at + 5] = control;
    w[at + 6] = s.wireLength;
    w[at + 7] = marks;
    w[at + 8] = stamp;
    return false;
  }
}
