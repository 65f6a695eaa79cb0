// Finds the connection of a packet: open addressing over the pair of endpoints in address order, so that both
// directions have one key. The keys themselves stand in the live records, which are needed next anyway.
import { HIGH_ADDRESS, type LiveTable, LOW_ADDRESS, PORTS, RECORD_WORDS } from './live-table.js';

const EMPTY = -1;

export class FlowIndex {
  private slots = new Int32Array(4096).fill(EMPTY);
  private mask = 4095;
  private size = 0;
  /** Where the last search ended. */
  private last = 0;

  /** `seed` keeps a prepared capture from choosing addresses that all fall into one place. */
  constructor(
    private readonly live: LiveTable,
    private readonly seed: number,
  ) {}

  /** The newest connection of these endpoints, or -1. `ports` is unsigned: low endpoint's port * 65536 + the other's. */
  find(low: number, high: number, ports: number): number {
    const words = this.live.words;
    const slots = this.slots;
    let slot = this.hash(low, high, ports) & this.mask;
    for (let row = slots[slot]; row !== EMPTY; row = slots[slot]) {
      const at = row * RECORD_WORDS;
      if (words[at + PORTS] === ports && words[at + LOW_ADDRESS] === low && words[at + HIGH_ADDRESS] === high) {
        this.last = slot;
        return row;
      }
      slot = (slot + 1) & this.mask;
    }
    this.last = slot;
    return EMPTY;
  }

  /** Makes `row`, whose key is in its live record, the connection of the endpoints that were looked for last. */
  put(row: number): void {
    if (this.slots[this.last] === EMPTY) {
      if ((this.size + 1) * 2 > this.slots.length) {
        this.grow(this.slots.length * 2);
        this.last = this.slotOf(row);
      }
      this.size++;
    }
    this.slots[this.last] = row;
  }

  /** Makes room for `rows` pairs of endpoints. */
  reserve(rows: number): void {
    let length = this.slots.length;
    while (length < rows * 2) length *= 2;
    if (length > this.slots.length) this.grow(length);
  }

  /** Begins anew with the connections 0 .. count, whose keys are in their live records. */
  rebuild(count: number): void {
    this.slots.fill(EMPTY);
    this.size = 0;
    for (let row = 0; row < count; row++) {
      const slot = this.slotOf(row);
      if (this.slots[slot] === EMPTY) this.size++;
      this.slots[slot] = row;
    }
  }

  private slotOf(row: number): number {
    const words = this.live.words;
    const at = row * RECORD_WORDS;
    const low = words[at + LOW_ADDRESS];
    const high = words[at + HIGH_ADDRESS];
    const ports = words[at + PORTS];
    let slot = this.hash(low, high, ports) & this.mask;
    for (let other = this.slots[slot]; other !== EMPTY; other = this.slots[slot]) {
      const b = other * RECORD_WORDS;
      if (words[b + PORTS] === ports && words[b + LOW_ADDRESS] === low && words[b + HIGH_ADDRESS] === high) return slot;
      slot = (slot + 1) & this.mask;
    }
    return slot;
  }

  private grow(length: number): void {
    const old = this.slots;
    this.slots = new Int32Array(length).fill(EMPTY);
    this.mask = length - 1;
    for (let i = 0; i < old.length; i++) if (old[i] !== EMPTY) this.slots[this.slotOf(old[i])] = old[i];
  }

  private hash(low: number, high: number, ports: number): number {
    let h = this.seed ^ Math.imul(low, 0x9e3779b1);
    h = Math.imul(h ^ (h >>> 15), 0x85ebca6b) ^ Math.imul(high, 0xc2b2ae35);
    h = Math.imul(h ^ (h >>> 13), 0x27d4eb2f) ^ ports;
    h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    return h ^ (h >>> 16);
  }
}
