// Text printed by tcpdump as a capture: lines of old and new versions, also inside other prose, become segments without
// payload bytes. There is no payload to decode, but connections, their closes and their times are all there.
import type { AddressTable } from '../model/address.js';
import type { CaptureProblem } from '../model/problem.js';
import type { Segment } from '../model/segment.js';
import {
  LINE_HEADER,
  LINE_INCOMPLETE,
  LINE_PACKET,
  LINE_QUIET,
  LINE_START,
  LINE_TCP,
  MAX_LINE,
  PrintedPacket,
} from './tcpdump-text-line.js';
import { hostId, portNumber } from './tcpdump-text-names.js';
import { SequenceNumbers } from './tcpdump-text-sequence.js';
import { PrintedClock, TIME_DATED, TIME_EPOCH, TIME_NONE, TIME_OF_DAY, timesAreDeltas } from './tcpdump-text-time.js';

/**
 * What the printed times are: `none` (-t), `relative` (-ttt, -ttttt), `time-of-day` (the default: no date),
 * `local-date` (-tttt: of the zone of the host that captured, which the text does not name), `epoch` (-tt).
 */
export type TcpdumpTextClock = 'none' | 'relative' | 'time-of-day' | 'local-date' | 'epoch';

/** Whether this beginning of an input has a TCP packet as tcpdump prints it, in any line. */
export function looksLikeTcpdumpText(firstBytes: Uint8Array): boolean {
  if (firstBytes.includes(0)) return false;
  const packet = new PrintedPacket();
  let pending = '';
  for (const line of latin1(firstBytes).split('\n')) {
    const kind = packet.read(line);
    if (kind === LINE_TCP || kind === LINE_QUIET) return true;
    if (pending !== '' && packet.read(`${pending} ${line.trim()}`) === LINE_TCP) return true;
    pending = kind === LINE_INCOMPLETE ? line.trimEnd().slice(0, MAX_LINE) : '';
  }
  return false;
}

/** Reads lines, pushed one by one, and fills segments. Never throws. */
export class TcpdumpTextReader {
  readonly problems: CaptureProblem[] = [];
  /** Lines pushed. */
  lines = 0;
  /** Packets of any protocol, those that could not be used included. */
  packets = 0;
  /** TCP packets that became segments. */
  tcpPackets = 0;
  /** Lines that are no packets: prose, messages, hex dumps, blank lines. */
  skippedLines = 0;
  private readonly printed = new PrintedPacket();
  private readonly header = new PrintedPacket();
  private hasHeader = false;
  /** The header in the last line is of a packet quoted in an ICMP message, not of one that was captured. */
  private quoted = false;
  private incomplete = '';
  private readonly clock: PrintedClock;
  private readonly numbers = new SequenceNumbers();

  /**
   * @param preview the beginning of the input, if it is at hand: only needed to tell the times of -ttt (since the
   * packet before) from those of -ttttt (since the first) from the first packet on
   */
  constructor(
    private readonly addresses: AddressTable,
    preview = '',
  ) {
    this.clock = new PrintedClock(timesAreDeltas(preview));
  }

  /** The times have a date: `originSeconds` is a time since 1970. */
  get dated(): boolean {
    return this.clock.kind === TIME_DATED || this.clock.kind === TIME_EPOCH;
  }

  get clockKind(): TcpdumpTextClock {
    if (this.clock.kind === TIME_NONE) return 'none';
    if (this.clock.kind === TIME_DATED) return 'local-date';
    if (this.clock.kind === TIME_EPOCH) return 'epoch';
    return this.clock.kind === TIME_OF_DAY && !this.clock.relative ? 'time-of-day' : 'relative';
  }

  /**
   * Whole seconds of the first packet: since 1970 when `dated` (`local-date`: as though its zone were UTC), since
   * midnight for `time-of-day`, else 0.
   */
  get originSeconds(): number {
    return this.clock.originSeconds;
  }

  get originNanoseconds(): number {
    return this.clock.originNanoseconds;
  }

  /**
   * Takes the next line, without or with its line end. True when it completed a TCP packet: the segment is filled then,
   * with payloadLength 0, wireLength the payload's length, position -1, and times that may run backwards, as printed.
   */
  line(text: string, segment: Segment): boolean {
    this.lines++;
    const kind = this.printed.read(text);
    if (this.incomplete !== '' && kind !== LINE_TCP) {
      const joined = `${this.incomplete} ${text.trim()}`;
      const joinedKind =
        joined.length < MAX_LINE && this.printed.time.kind === TIME_NONE ? this.printed.read(joined) : kind;
      if (joinedKind === LINE_TCP) {
        this.incomplete = '';
        return this.packet(segment);
      }
      if (joinedKind !== kind) this.printed.read(text);
    }
    this.dropIncomplete();
    const quoted = this.quoted;
    this.quoted = false;
    if (kind === LINE_TCP && quoted && this.printed.time.kind === TIME_NONE) {
      this.skippedLines++;
      return false;
    }
    if (kind === LINE_TCP) return this.packet(segment);
    if (kind === LINE_INCOMPLETE) {
      this.incomplete = text.trimEnd().slice(0, MAX_LINE);
      return false;
    }
    this.dropHeader();
    if (kind === LINE_HEADER && this.printed.time.kind === TIME_NONE && this.clock.kind !== TIME_NONE) {
      this.quoted = true;
      this.skippedLines++;
    } else if (kind === LINE_HEADER) {
      this.header.adopt(this.printed);
      this.hasHeader = true;
    } else if (kind === LINE_PACKET) this.otherPacket(this.printed);
    else if (kind === LINE_QUIET) {
      this.otherPacket(this.printed);
      this.problem('packet-without-flags', 'printed with -q, so without TCP flags: print again without it');
    } else {
      this.skippedLines++;
      if (kind === LINE_START) this.numbers.restart();
    }
    return false;
  }

  /** The input has ended: what is still held back is counted. */
  end(): void {
    this.dropIncomplete();
    this.dropHeader();
  }

  private packet(segment: Segment): boolean {
    const printed = this.printed;
    this.packets++;
    if (this.hasHeader) {
      printed.adoptHeader(this.header);
      this.hasHeader = false;
    }
    segment.time = this.time(printed);
    const sourcePort = this.port(printed.sourcePort);
    const destinationPort = this.port(printed.destinationPort);
    if (sourcePort === -1 || destinationPort === -1) return false;
    const source = this.host(printed.sourceHost);
    const destination = this.host(printed.destinationHost);
    if (source === -1 || destination === -1) return false;
    segment.source = source;
    segment.destination = destination;
    segment.sourcePort = sourcePort;
    segment.destinationPort = destinationPort;
    segment.flags = printed.flags;
    segment.sequence = printed.sequence;
    segment.acknowledgment = printed.acknowledgment;
    segment.window = printed.window;
    segment.windowScale = printed.windowScale;
    segment.timestampValue = printed.timestampValue;
    segment.checksum = Math.max(printed.checksum, 0);
    segment.identification = Math.max(printed.identification, 0);
    // Without the identification a packet captured twice cannot be told from one sent twice.
    segment.mayBeDuplicated = printed.onAny && printed.identification > 0;
    segment.payloadOffset = 0;
    segment.payloadLength = 0;
    segment.wireLength = printed.length;
    segment.position = -1;
    segment.packet = this.packets;
    this.numbers.restore(segment, printed.hasSequence);
    this.tcpPackets++;
    return true;
  }

  // Its time counts too: the next one may be relative to it.
  private otherPacket(printed: PrintedPacket): void {
    this.packets++;
    this.time(printed);
  }

  private time(printed: PrintedPacket): number {
    const changes = this.clock.changes;
    const time = this.clock.nanoseconds(printed.time);
    if (this.clock.changes !== changes) {
      this.problem(
        'time-format-changed',
        'times are printed in another way than before; they continue at the last one',
      );
    }
    return time;
  }

  private port(text: string): number {
    const port = portNumber(text);
    if (port === -1) {
      this.problem('unknown-service', `port name ${text.slice(0, 32)} is not known; print again with tcpdump -nn`);
    }
    return port;
  }

  private host(text: string): number {
    const id = hostId(text, this.printed.ipv6, this.addresses);
    if (id === -1) this.problem('unknown-host', `${text.slice(0, 48)} is neither an address nor a host name`);
    return id;
  }

  private dropIncomplete(): void {
    if (this.incomplete === '') return;
    this.incomplete = '';
    this.packets++;
    this.hasHeader = false;
    this.problem(
      'cut-line',
      'the line of a TCP packet is broken off, and the next one does not continue it',
      this.lines - 1,
    );
  }

  private dropHeader(): void {
    if (!this.hasHeader) return;
    this.hasHeader = false;
    this.otherPacket(this.header);
  }

  private problem(code: string, detail: string, line = this.lines): void {
    for (const problem of this.problems) {
      if (problem.code === code) {
        problem.count = (problem.count ?? 1) + 1;
        return;
      }
    }
    this.problems.push({ code, packet: this.packets, count: 1, detail: `line ${line}: ${detail}` });
  }
}

function latin1(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 8192) {
    text += String.fromCharCode(...bytes.subarray(at, Math.min(bytes.length, at + 8192)));
  }
  return text;
}
