// Makes an opened connection's ladder, or an opened request's contents, from the packets and records that are read
// again. Pure and bounded, whatever the capture holds.
import type { DecodedRecord } from '../../analysis/decoded-record.js';
import * as type from '../../fastcgi/constants.js';
import type { Anomaly } from '../../model/anomaly-log.js';
import { PROBLEM_CODES } from '../../model/problem-codes.js';
import { ACK, FIN, RST, type Segment, SYN } from '../../model/segment.js';
import { otherSide, type Side } from '../../model/side.js';
import { beginBody, endBody, endsStream } from '../../reporters/decode-record.js';
import { formatCount } from '../../reporters/format-count.js';
import type { ConnectionContents, LadderEntry, LadderRecord, Pair } from './contents.js';

/** Lines of a ladder at most. */
const MOST_ENTRIES = 5_000;
/** Bytes of content kept of one record, and of all of them. */
const MOST_CONTENT = 4_096;
const MOST_BYTES = 8 << 20;

export class LadderCollector {
  private readonly entries: LadderEntry[] = [];
  private bytes = 0;
  private segment:
    | { flags: number; length: number; time: number; packet: number; side: Side; label: string }
    | undefined;
  private recordsBefore = 0;
  /** Sequence numbers: the first one seen of each side, and the one expected next. */
  private readonly first: [number, number] = [-1, -1];
  private readonly next: [number, number] = [-1, -1];

  /** Sides that sent FIN; a reset is the end of both. */
  private finished = 0;

  constructor(private readonly connection: number) {}

  /** Both sides have closed. */
  get ended(): boolean {
    return this.finished === 3;
  }

  get done(): boolean {
    return this.entries.length >= MOST_ENTRIES;
  }

  contents(): ConnectionContents {
    return {
      connection: this.connection,
      entries: this.entries,
      limit: this.done ? `the first ${formatCount(MOST_ENTRIES)} lines; fcgi-inspect decode shows all` : undefined,
    };
  }

  packet(segment: Segment, side: Side): void {
    const { flags, time, packet, wireLength, sequence } = segment;
    if (flags & RST) this.finished = 3;
    else if (flags & FIN) this.finished |= 1 << side;
    if (this.first[side] < 0) this.first[side] = sequence;
    const counts = wireLength > 0 || (flags & (SYN | FIN)) !== 0;
    const isAgain = counts && this.next[side] >= 0 && ((sequence - this.next[side]) | 0) < 0;
    const after = (sequence + wireLength + (flags & SYN ? 1 : 0) + (flags & FIN ? 1 : 0)) >>> 0;
    if (this.next[side] < 0 || ((after - this.next[side]) | 0) > 0) this.next[side] = after;
    this.segment = { flags, length: wireLength, time, packet, side, label: this.segmentLabel(segment, side, isAgain) };
    this.recordsBefore = this.entries.length;
  }

  /** Records come between. */
  packetEnd(isDuplicate: boolean): void {
    const { segment } = this;
    if (!segment || isDuplicate) return;
    const gaveRecords = this.entries.length > this.recordsBefore;
    const { flags, length, time, packet, side, label } = segment;
    const entry: LadderEntry = { time, packet, kind: 'segment', side, label };
    // What opens or breaks off stands before the records that came with it, what closes behind them.
    if (flags & (SYN | RST)) this.entries.splice(this.recordsBefore, 0, entry);
    else if (flags & FIN || length === 0 || !gaveRecords) this.entries.push(entry);
  }

  record(record: DecodedRecord): void {
    const room = Math.min(MOST_CONTENT, Math.max(0, MOST_BYTES - this.bytes));
    const kept = keptRecord(record, room);
    this.bytes +=
      kept.content.length + kept.pairs.reduce((sum, { name, value }) => sum + name.length + value.length, 0);
    this.entries.push({
      time: record.time,
      packet: record.packet,
      kind: 'record',
      side: record.side,
      label: recordLabel(record),
      record: kept,
    });
  }

  problem(anomaly: Anomaly): void {
    this.entries.push({
      time: anomaly.time,
      packet: anomaly.packet,
      kind: 'note',
      side: anomaly.side,
      label: problemWords(anomaly),
    });
  }

  private segmentLabel(segment: Segment, side: Side, isAgain: boolean): string {
    const { flags, wireLength, acknowledgment, window } = segment;
    const words: string[] = [];
    if (flags & SYN) words.push('SYN');
    if (flags & FIN) words.push('FIN');
    if (flags & RST) words.push('RST');
    if (flags & ACK && !(flags & RST))
      words.push(wireLength === 0 && !(flags & (SYN | FIN)) ? this.ackWord(side, acknowledgment) : 'ACK');
    if (wireLength > 0) words.push(`${formatCount(wireLength)} B of data`);
    if (isAgain) words.push('again');
    if (flags & ACK && !(flags & (SYN | RST)) && window === 0) words.push('window 0');
    return words.join(' ');
  }

  /** How many bytes of the other side's stream are acknowledged. */
  private ackWord(side: Side, acknowledgment: number): string {
    const first = this.first[otherSide(side)];
    if (first < 0) return 'ACK';
    const bytes = ((acknowledgment - first) >>> 0) - 1;
    return bytes > 0 && bytes < 2 ** 31 ? `ACK ${formatCount(bytes)}` : 'ACK';
  }
}

function keptRecord(record: DecodedRecord, room: number): LadderRecord {
  return {
    protocol: record.protocol,
    type: record.type,
    name: record.name,
    requestId: record.requestId,
    ordinal: record.request,
    contentLength: record.contentLength,
    paddingLength: record.paddingLength,
    missingLength: record.missingLength,
    offset: record.offset,
    content: record.content.slice(0, room),
    pairs: room > 0 ? record.pairs.map(copiedPair) : [],
    problems: record.problems.map(problemWords),
  };
}

const MOST_VALUE = 8_192;

export function copiedPair({ name, value }: { name: Uint8Array; value: Uint8Array }): Pair {
  return { name: name.slice(0, MOST_VALUE), value: value.slice(0, MOST_VALUE) };
}

function problemWords({ code, detail }: Anomaly): string {
  const sentence = PROBLEM_CODES.find((candidate) => candidate.code === code)?.sentence ?? '';
  return `${code}: ${sentence} (${detail})`;
}

/** `BEGIN_REQUEST id 1  responder`, `STDOUT id 1  8,192 B`, `END_REQUEST id 1  appStatus 0`. */
function recordLabel(record: DecodedRecord): string {
  const id = record.protocol === 'fastcgi' ? ` id ${record.requestId}` : '';
  const head = `${record.name}${id}`;
  if (record.type === type.BEGIN_REQUEST) {
    const begin = beginBody(record);
    if (begin)
      return `${head}  ${begin.role === 'responder' ? '' : `${begin.role}, `}${begin.keepConn ? 'KEEP_CONN' : 'no KEEP_CONN'}`;
  }
  if (record.type === type.END_REQUEST) {
    const end = endBody(record);
    if (end)
      return `${head}  appStatus ${end.appStatus}${end.protocolStatus === 0 ? '' : `, ${type.protocolStatusName(end.protocolStatus)}`}`;
  }
  if (endsStream(record)) return `${head}  end`;
  const missing = record.missingLength > 0 ? `, ${formatCount(record.missingLength)} missing` : '';
  return `${head}  ${formatCount(record.contentLength)} B${missing}`;
}
