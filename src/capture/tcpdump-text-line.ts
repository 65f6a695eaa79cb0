// One line of text printed by tcpdump: what kind of line it is and, of a TCP packet, its numbers as they are printed.
// Old versions (up to 4.0) print `S 1:1(0) ack 2 win 3 <...>`, later ones `Flags [S.], seq 1, ack 2, win 3, ...`.
import { ACK, FIN, PSH, RST, SYN, URG } from '../model/segment.js';
import { isPortOrService } from './tcpdump-text-names.js';
import { LineScanner } from './tcpdump-text-scanner.js';
import { PrintedTime, TIME_NONE } from './tcpdump-text-time.js';

/** Prose, hex dumps, payload, tcpdump's own messages. */
export const LINE_OTHER = 0;
export const LINE_TCP = 1;
/** A packet that is not TCP. */
export const LINE_PACKET = 2;
/** The first line of the two that -v prints of an IPv4 packet. */
export const LINE_HEADER = 3;
/** The beginning of a TCP packet whose line is broken off: the rest may stand in the next line. */
export const LINE_INCOMPLETE = 4;
/** A TCP packet printed with -q: without flags and numbers. */
export const LINE_QUIET = 5;
/** tcpdump begins: what it remembers of connections begins anew. */
export const LINE_START = 6;

const ECE = 0x40;
const CWR = 0x80;
/** Longer lines are cut: a packet's line has a few hundred characters. */
export const MAX_LINE = 4096;

export class PrintedPacket {
  readonly time = new PrintedTime();
  sourceHost = '';
  sourcePort = '';
  destinationHost = '';
  destinationPort = '';
  /** The line says IP6: tells which localhost is meant. */
  ipv6 = false;
  /** Captured on `any`: the interface's name stands in the line. */
  onAny = false;
  flags = 0;
  hasSequence = false;
  sequence = 0;
  /** Payload bytes. */
  length = 0;
  acknowledgment = 0;
  window = 0;
  windowScale = -1;
  timestampValue = -1;
  /** -1 where the line has none (they are printed with -v). */
  identification = -1;
  checksum = -1;
  private readonly scanner = new LineScanner();

  /** Reads a line; returns its kind, one of LINE_*. Never throws. */
  read(line: string): number {
    let text = line.length > MAX_LINE ? line.slice(0, MAX_LINE) : line;
    if (text.includes('&gt;')) text = text.replaceAll('&gt;', '>').replaceAll('&lt;', '<');
    text = withoutIndent(text);
    this.clear();
    const timed = this.time.read(text);
    if (!timed && isStart(text)) return LINE_START;
    const from = this.time.length;
    for (let arrow = text.indexOf(' > ', from); arrow !== -1; arrow = text.indexOf(' > ', arrow + 3)) {
      const space = text.indexOf(' ', arrow + 3);
      const end = space === -1 ? text.length : space;
      if (text.charCodeAt(end - 1) !== 0x3a) continue;
      if (!this.readEndpoints(text, arrow, end - 1)) continue;
      this.readPrefix(text.slice(from, arrow));
      this.scanner.reset(text, end);
      const kind = this.readPacket();
      if (kind !== LINE_OTHER) return kind;
    }
    return this.kindWithoutTcp(text, timed);
  }

  private clear(): void {
    this.ipv6 = false;
    this.onAny = false;
    this.flags = 0;
    this.hasSequence = false;
    this.sequence = 0;
    this.length = 0;
    this.acknowledgment = 0;
    this.window = 0;
    this.windowScale = -1;
    this.timestampValue = -1;
    this.identification = -1;
    this.checksum = -1;
  }

  private kindWithoutTcp(text: string, timed: boolean): number {
    if (text.includes('(tos 0x') && text.endsWith(')')) {
      this.readPrefix(text);
      return LINE_HEADER;
    }
    if (!timed) return LINE_OTHER;
    const rest = text.slice(this.time.length).trimStart();
    if (/^(?:IP6? |ARP[, ]|arp )/.test(rest) || rest.includes(' > ') || rest.includes(' ethertype '))
      return LINE_PACKET;
    return LINE_OTHER;
  }

  // `SOURCE.PORT > DESTINATION.PORT:` around the arrow.
  private readEndpoints(text: string, arrow: number, end: number): boolean {
    const start = text.lastIndexOf(' ', arrow - 1) + 1;
    const sourceDot = text.lastIndexOf('.', arrow - 1);
    const destinationDot = text.lastIndexOf('.', end - 1);
    if (sourceDot <= start || destinationDot <= arrow + 3) return false;
    this.sourceHost = text.slice(start, sourceDot);
    this.sourcePort = text.slice(sourceDot + 1, arrow);
    this.destinationHost = text.slice(arrow + 3, destinationDot);
    this.destinationPort = text.slice(destinationDot + 1, end);
    return isPortOrService(this.sourcePort) && isPortOrService(this.destinationPort);
  }

  // What stands between the time and the addresses: link layer, interface, IP header.
  private readPrefix(prefix: string): void {
    this.ipv6 = prefix.includes('IP6') || prefix.includes('IPv6');
    this.onAny = prefix.includes(' In ') || prefix.includes(' Out ');
    const id = prefix.indexOf(', id ');
    if (id === -1) return;
    this.scanner.reset(prefix, id + 5);
    if (this.scanner.number()) this.identification = this.scanner.value & 0xffff;
  }

  private readPacket(): number {
    const scanner = this.scanner;
    scanner.skipSpaces();
    if (scanner.ended) return LINE_INCOMPLETE;
    if (scanner.take('Flags [')) return this.readNewStyle();
    if (scanner.take('Flags')) return scanner.ended ? LINE_INCOMPLETE : LINE_OTHER;
    if (scanner.take('tcp ')) return scanner.number() ? LINE_QUIET : LINE_OTHER;
    return this.readOldStyle();
  }

  private readNewStyle(): number {
    const scanner = this.scanner;
    if (!scanner.take('none')) {
      while (!scanner.ended && scanner.text[scanner.at] !== ']') {
        const flag = flagBit(scanner.text.charCodeAt(scanner.at++), ACK);
        if (flag === -1) return LINE_OTHER;
        this.flags |= flag;
      }
    }
    if (!scanner.take(']')) return LINE_INCOMPLETE;
    let range = -1;
    let length = -1;
    let complete = false;
    while (scanner.take(', ')) {
      if (scanner.take('cksum ')) {
        if (scanner.hex()) this.checksum = scanner.value & 0xffff;
        if (scanner.take(' (')) scanner.skipPast(')');
      } else if (scanner.take('seq ')) range = this.readRange();
      else if (scanner.take('ack ')) this.readAcknowledgment();
      else if (scanner.take('win ')) complete = this.readWindow();
      else if (scanner.take('options [')) this.readOptions('], length');
      else if (scanner.take('length ')) {
        if (!scanner.number()) break;
        length = scanner.value;
        complete = true;
        break;
      } else {
        const comma = scanner.text.indexOf(', ', scanner.at);
        if (comma === -1) break;
        scanner.at = comma;
      }
    }
    this.length = length !== -1 ? length : Math.max(range, 0);
    return complete ? LINE_TCP : LINE_INCOMPLETE;
  }

  private readOldStyle(): number {
    const scanner = this.scanner;
    const start = scanner.at;
    while (!scanner.ended && scanner.at - start < 8) {
      const flag = flagBit(scanner.text.charCodeAt(scanner.at), 0);
      if (flag === -1) break;
      this.flags |= flag;
      scanner.at++;
    }
    if (scanner.at === start) return LINE_OTHER;
    scanner.take(',');
    if (!scanner.ended && scanner.text[scanner.at] !== ' ') return LINE_OTHER;
    let complete = false;
    let known = true;
    while (known && !scanner.ended) {
      scanner.skipSpaces();
      if (scanner.take('ack ')) this.readAcknowledgment();
      else if (scanner.take('win ')) complete = this.readWindow();
      else if (scanner.take('cksum ')) {
        if (scanner.hex()) this.checksum = scanner.value & 0xffff;
        scanner.skipPast(',');
      } else if (scanner.take('[')) scanner.skipPast(']');
      else if (scanner.take('<')) this.readOptions('>');
      else if (scanner.take('urg ')) known = scanner.number();
      else known = scanner.ended || this.readOldRange();
    }
    if (complete) return LINE_TCP;
    return known ? LINE_INCOMPLETE : LINE_OTHER;
  }

  // `1:1249(1248)`
  private readOldRange(): boolean {
    const range = this.readRange();
    if (range === -1) return false;
    this.length = range;
    const scanner = this.scanner;
    if (!scanner.take('(')) return true;
    if (scanner.number()) this.length = scanner.value;
    scanner.skipPast(')');
    return true;
  }

  // `1` or `1:495`; the number of bytes, or -1.
  private readRange(): number {
    const scanner = this.scanner;
    if (!scanner.number()) return -1;
    this.sequence = scanner.value >>> 0;
    this.hasSequence = true;
    if (!scanner.take(':') || !scanner.number()) return 0;
    const length = (scanner.value - this.sequence) >>> 0;
    return length > 0x7fffffff ? 0 : length;
  }

  private readAcknowledgment(): void {
    if (!this.scanner.number()) return;
    this.acknowledgment = this.scanner.value >>> 0;
    this.flags |= ACK;
  }

  private readWindow(): boolean {
    if (!this.scanner.number()) return false;
    this.window = this.scanner.value & 0xffff;
    return true;
  }

  private readOptions(end: string): void {
    const scanner = this.scanner;
    const { text, at } = scanner;
    let stop = text.indexOf(end, at);
    if (stop === -1) stop = text.indexOf(end[0], at);
    if (stop === -1) stop = text.length;
    const options = text.slice(at, stop);
    this.windowScale = this.option(options, 'wscale ');
    this.timestampValue = this.option(options, 'TS val ');
    if (this.timestampValue === -1) this.timestampValue = this.option(options, 'timestamp ');
    scanner.at = Math.min(stop + 1, text.length);
  }

  private option(options: string, name: string): number {
    const found = options.indexOf(name);
    if (found === -1) return -1;
    const { text, at } = this.scanner;
    this.scanner.reset(options, found + name.length);
    const value = this.scanner.number() ? this.scanner.value : -1;
    this.scanner.reset(text, at);
    return value;
  }

  /** Keeps what the first of two lines (-v) tells. */
  adopt(header: PrintedPacket): void {
    this.clear();
    this.time.kind = TIME_NONE;
    this.adoptHeader(header);
  }

  /** Takes the time and the IP header's facts of a packet's first line (-v) over to its second. */
  adoptHeader(header: PrintedPacket): void {
    if (this.time.kind === TIME_NONE) {
      this.time.kind = header.time.kind;
      this.time.seconds = header.time.seconds;
      this.time.nanoseconds = header.time.nanoseconds;
    }
    this.ipv6 ||= header.ipv6;
    this.onAny ||= header.onAny;
    if (this.identification === -1) this.identification = header.identification;
  }
}

// The dot is ACK in the new style, and "no flag of the others" in the old one.
function flagBit(code: number, dot: number): number {
  switch (code) {
    case 0x53: // S
      return SYN;
    case 0x46: // F
      return FIN;
    case 0x52: // R
      return RST;
    case 0x50: // P
      return PSH;
    case 0x55: // U
      return URG;
    case 0x45: // E
      return ECE;
    case 0x57: // W
      return CWR;
    case 0x65: // e: accurate ECN, above the low eight bits
      return 0;
    case 0x2e:
      return dot;
    default:
      return -1;
  }
}

// Indentation, quotation marks of mails, and the packet number that `tcpdump -#` prints.
function withoutIndent(line: string): string {
  let start = 0;
  let end = line.length;
  while (start < end && (line.charCodeAt(start) <= 0x20 || (line[start] === '>' && start < 16))) start++;
  while (end > start && line.charCodeAt(end - 1) <= 0x20) end--;
  const text = line.slice(start, end);
  const number = /^\d{1,12} {2}(?=\d)/.exec(text);
  return number === null ? text : text.slice(number[0].length);
}

function isStart(text: string): boolean {
  return /^(?:tcpdump: )?listening on \S+, |^reading from file \S/.test(text);
}
