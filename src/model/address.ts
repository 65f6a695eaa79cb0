// IP addresses as small numbers: each address that occurs is stored once and named by its id, so that a connection's
// key is a few integers and comparing two addresses is comparing two numbers.
import { grown } from './columns.js';

const WORDS = 5; // family (4, 6 or NAMED), then four 32-bit words; IPv4 uses the first
const NAMED = 1; // a host known by name only: the first word is an index into `names`

export class AddressTable {
  /** Number of addresses seen. */
  size = 0;
  private words = new Uint32Array(WORDS * 256);
  private slots = new Int32Array(1024).fill(-1);
  private mask = 1023;
  private readonly names: string[] = [];
  private readonly nameNumbers = new Map<string, number>();
  private readonly standIns = new Map<number, { readonly name: string; readonly numbered: boolean }>();
  // The last two addresses: two packets in a row nearly always belong to the same pair.
  private lastV4a = -1;
  private lastIdA = 0;
  private lastV4b = -1;
  private lastIdB = 0;

  /** The id of an IPv4 address, given as an unsigned 32-bit number. */
  ipv4(address: number): number {
    if (address === this.lastV4a) return this.lastIdA;
    if (address === this.lastV4b) return this.lastIdB;
    this.lastV4b = this.lastV4a;
    this.lastIdB = this.lastIdA;
    this.lastV4a = address;
    this.lastIdA = this.find(4, address, 0, 0, 0);
    return this.lastIdA;
  }

  /** The id of an IPv6 address, given as four unsigned 32-bit numbers, most significant first. */
  ipv6(a: number, b: number, c: number, d: number): number {
    return this.find(6, a, b, c, d);
  }

  /** The id of a host of which only the name is known: text printed by tcpdump without -n. */
  named(name: string): number {
    let number = this.nameNumbers.get(name);
    if (number === undefined) {
      number = this.names.push(name) - 1;
      this.nameNumbers.set(name, number);
    }
    return this.find(NAMED, number, 0, 0, 0);
  }

  /** The address as text: dotted IPv4, or IPv6 as RFC 5952 writes it (without brackets), or the name of a named host. */
  text(id: number): string {
    const at = id * WORDS;
    const w = this.words;
    if (w[at] === 4) {
      const v = w[at + 1];
      return `${v >>> 24}.${(v >>> 16) & 255}.${(v >>> 8) & 255}.${v & 255}`;
    }
    if (w[at] === NAMED) return this.names[w[at + 1]];
    return ipv6Text(w[at + 1], w[at + 2], w[at + 3], w[at + 4]);
  }

  /**
   * Makes an address stand for an AF_UNIX path: `name` is shown in its place (`unix:/run/php.sock`), with the port behind
   * it where ends without a name are told apart by number.
   */
  standFor(id: number, name: string, numbered: boolean): void {
    this.standIns.set(id, { name, numbered });
  }

  /** Whether the address stands for an AF_UNIX path. */
  isStandIn(id: number): boolean {
    return this.standIns.size > 0 && this.standIns.has(id);
  }

  /** Whether any address stands for an AF_UNIX path. */
  get hasStandIns(): boolean {
    return this.standIns.size > 0;
  }

  /** `host:port`, with brackets around an IPv6 host; the path of an AF_UNIX socket. */
  endpoint(id: number, port: number): string {
    if (this.standIns.size > 0) {
      const unix = this.standIns.get(id);
      if (unix !== undefined) return unix.numbered ? `${unix.name}#${port}` : unix.name;
    }
    return this.words[id * WORDS] !== 6 ? `${this.text(id)}:${port}` : `[${this.text(id)}]:${port}`;
  }

  private find(family: number, a: number, b: number, c: number, d: number): number {
    let hash =
      Math.imul(a ^ family, 0x9e3779b1) ^
      Math.imul(b, 0x85ebca6b) ^
      Math.imul(c, 0xc2b2ae35) ^
      Math.imul(d, 0x27d4eb2f);
    hash ^= hash >>> 15;
    let slot = hash & this.mask;
    for (let id = this.slots[slot]; id !== -1; id = this.slots[slot]) {
      const at = id * WORDS;
      const w = this.words;
      if (w[at + 1] === a && w[at] === family && w[at + 2] === b && w[at + 3] === c && w[at + 4] === d) return id;
      slot = (slot + 1) & this.mask;
    }
    return this.add(family, a, b, c, d, slot);
  }

  private add(family: number, a: number, b: number, c: number, d: number, slot: number): number {
    const id = this.size++;
    if ((id + 1) * WORDS > this.words.length) this.words = grown(this.words, this.words.length * 2);
    this.words.set([family, a, b, c, d], id * WORDS);
    this.slots[slot] = id;
    if (this.size * 2 > this.slots.length) this.rehash();
    return id;
  }

  private rehash(): void {
    this.slots = new Int32Array(this.slots.length * 2).fill(-1);
    this.mask = this.slots.length - 1;
    const count = this.size;
    for (let id = 0; id < count; id++) {
      const [family, a, b, c, d] = this.words.subarray(id * WORDS, id * WORDS + WORDS);
      let hash =
        Math.imul(a ^ family, 0x9e3779b1) ^
        Math.imul(b, 0x85ebca6b) ^
        Math.imul(c, 0xc2b2ae35) ^
        Math.imul(d, 0x27d4eb2f);
      hash ^= hash >>> 15;
      let slot = hash & this.mask;
      while (this.slots[slot] !== -1) slot = (slot + 1) & this.mask;
      this.slots[slot] = id;
    }
  }
}

function ipv6Text(a: number, b: number, c: number, d: number): string {
  const groups = [a >>> 16, a & 0xffff, b >>> 16, b & 0xffff, c >>> 16, c & 0xffff, d >>> 16, d & 0xffff];
  let bestStart = -1;
  let bestLength = 1; // a single zero group is not shortened (RFC 5952, 4.2.2)
  for (let i = 0; i < 8; i++) {
    let length = 0;
    while (i + length < 8 && groups[i + length] === 0) length++;
    if (length > bestLength) {
      bestStart = i;
      bestLength = length;
    }
    i += length;
  }
  const hex = (part: number[]) => part.map((group) => group.toString(16)).join(':');
  if (bestStart === -1) return hex(groups);
  return `${hex(groups.slice(0, bestStart))}::${hex(groups.slice(bestStart + bestLength))}`;
}
