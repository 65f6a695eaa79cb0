// /proc/net/tcp and /proc/net/tcp6, read in pieces: rows of the wanted ports are kept and all others passed over, because a host may
// have a hundred thousand sockets in TIME_WAIT and is looked at every second.
import type { TcpState } from '../model/host-sample.js';
import { ipv4FromHex, ipv6FromHex } from './host-address.js';

/** include/net/tcp_states.h; 12 is a request that is not established yet (NEW_SYN_RECV). */
export const TCP_STATES: readonly (TcpState | undefined)[] = [
  undefined,
  'ESTAB',
  'SYN-SENT',
  'SYN-RECV',
  'FIN-WAIT-1',
  'FIN-WAIT-2',
  'TIME-WAIT',
  'UNCONN',
  'CLOSE-WAIT',
  'LAST-ACK',
  'LISTEN',
  'CLOSING',
  'SYN-RECV',
];

/** Rows kept; the rest is counted in `leftOut`. */
const MOST_ROWS = 500_000;
/** No line of the kernel's is so long. */
const LONGEST_LINE = 1024;
/** What a clock tick in these tables is: USER_HZ, 100 a second on every common machine. */
const TICK = 1e7;

export interface TcpRow {
  readonly local: string;
  readonly localPort: number;
  readonly remote: string;
  readonly remotePort: number;
  readonly state: TcpState;
  readonly sendQueue: number;
  readonly receiveQueue: number;
  readonly uid: number;
  readonly inode: number;
  /** Nanoseconds until its timer runs out; of TIME_WAIT: what is left of its minute. */
  readonly timer: number;
}

const ROW =
  /^\s*\d+: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) ([0-9A-F]{2}) ([0-9A-F]{8}):([0-9A-F]{8}) [0-9A-F]{2}:([0-9A-F]{8}) [0-9A-F]{8}\s+(\d+)\s+\d+ (\d+)/;

export class TcpTable {
  /** Rows of other ports are passed over without being taken apart. */
  leftOut = 0;
  /** Lines that are none. */
  malformed = 0;
  private rest = '';
  private readonly kept: TcpRow[] = [];
  private readonly addresses = new Map<string, string>();

  /** @param ports local or remote port of the rows that are kept; undefined: only listening sockets, of every port */
  constructor(private readonly ports: ReadonlySet<number> | undefined) {}

  get rows(): readonly TcpRow[] {
    return this.kept;
  }

  /** The next piece of the file. */
  push(text: string): void {
    const whole = this.rest + text;
    let from = 0;
    for (let end = whole.indexOf('\n'); end >= 0; end = whole.indexOf('\n', from)) {
      this.line(whole.slice(from, end));
      from = end + 1;
    }
    this.rest = whole.slice(from);
    if (this.rest.length > LONGEST_LINE) {
      this.malformed++;
      this.rest = '';
    }
  }

  /** The file has ended; another one may follow. */
  end(): void {
    if (this.rest !== '') this.line(this.rest);
    this.rest = '';
  }

  private line(line: string): void {
    if (line.length > LONGEST_LINE) {
      this.malformed++;
      return;
    }
    // Both ports and the state stand at fixed places once the address's length is known.
    const colon = line.indexOf(':');
    const digits = line[colon + 10] === ':' ? 8 : 32;
    const localPort = Number.parseInt(line.slice(colon + digits + 3, colon + digits + 7), 16);
    const remotePort = Number.parseInt(line.slice(colon + 2 * digits + 9, colon + 2 * digits + 13), 16);
    const stateCode = Number.parseInt(line.slice(colon + 2 * digits + 14, colon + 2 * digits + 16), 16);
    if (this.ports ? !this.ports.has(localPort) && !this.ports.has(remotePort) : stateCode !== 10) {
      if (Number.isNaN(stateCode) && line.trim() !== '' && !line.includes('local_address')) this.malformed++;
      return;
    }
    const match = ROW.exec(line);
    const state = match ? TCP_STATES[Number.parseInt(match[5], 16)] : undefined;
    if (!match || state === undefined) {
      this.malformed++;
      return;
    }
    if (this.kept.length >= MOST_ROWS) {
      this.leftOut++;
      return;
    }
    this.kept.push({
      local: this.address(match[1]),
      localPort: Number.parseInt(match[2], 16),
      remote: this.address(match[3]),
      remotePort: Number.parseInt(match[4], 16),
      state,
      sendQueue: Number.parseInt(match[6], 16),
      receiveQueue: Number.parseInt(match[7], 16),
      timer: Number.parseInt(match[8], 16) * TICK,
      uid: Number(match[9]),
      inode: Number(match[10]),
    });
  }

  private address(hex: string): string {
    let text = this.addresses.get(hex);
    if (text === undefined) {
      text = hex.length === 8 ? ipv4FromHex(hex) : ipv6FromHex(hex);
      this.addresses.set(hex, text);
    }
    return text;
  }
}
