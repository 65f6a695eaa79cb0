// `decode` for people: a line for each record, and below it what the record says.
import type { DecodedRecord } from '../analysis/decoded-record.js';
import * as type from '../fastcgi/constants.js';
import type { Anomaly } from '../model/anomaly-log.js';
import { PROBLEM_CODES } from '../model/problem-codes.js';
import { APPLICATION, SIDE_NAMES, WEB_SERVER } from '../model/side.js';
import { maskedContent } from './decode-mask.js';
import { beginBody, contentText, endBody, endsStream, hasStreamContent, pairText } from './decode-record.js';
import { formatCount } from './format-count.js';
import { safeText } from './safe-text.js';
import { type Style, styleFor } from './style.js';
import { asciiText, type Symbols, symbolsFor } from './symbols.js';
import { cutTo } from './text-layout.js';

export interface DecodeTextOptions {
  readonly width?: number;
  readonly colour?: boolean;
  readonly ascii?: boolean;
  readonly showSecrets?: boolean;
  /** The whole content as hexadecimal digits. */
  readonly hex?: boolean;
  /** A moment of the capture, in nanoseconds since the first packet. */
  readonly time: (nanoseconds: number) => string;
  /** `host:port` of both ends of a connection. */
  readonly endpoints: (connection: number) => { readonly webServer: string; readonly application: string };
  /** What a line begins with in place of packet, time and endpoints: records that are not from a capture. */
  readonly lead?: (time: number, connection: number, side: number) => string;
}

const INDENT = ' '.repeat(8);
/** Of a stream's content at most this much is shown in a record. */
const PREVIEW_BYTES = 1024;
const PREVIEW_LINES = 8;
const MAX_PAIR_TEXT = 4096;

export class DecodeText {
  private readonly style: Style;
  private readonly symbols: Symbols;
  private readonly width: number;

  constructor(private readonly options: DecodeTextOptions) {
    this.style = styleFor(options.colour ?? false);
    this.symbols = symbolsFor(options.ascii ?? false);
    this.width = Math.max(40, options.width ?? 100);
  }

  /** The lines of a record, each with its line break. */
  record(record: DecodedRecord): string {
    const lines = [this.headLine(record), ...this.body(record)];
    for (const anomaly of record.problems) lines.push(INDENT + this.style.warning(`! ${this.problemText(anomaly)}`));
    return `${lines.join('\n')}\n`;
  }

  /** A problem that stands by itself. */
  problem(anomaly: Anomaly): string {
    const start = this.start(anomaly.packet, anomaly.time, anomaly.connection, anomaly.side);
    const place = `at byte ${formatCount(anomaly.offset)} of what the ${SIDE_NAMES[anomaly.side].replace('-', ' ')} sent`;
    return `${start}  ${this.style.warning(`! ${this.problemText(anomaly)}`)} ${place}\n`;
  }

  private headLine(record: DecodedRecord): string {
    const { connection, side, packet, time, request, name } = record;
    const id = record.protocol === 'scgi' ? '' : `  id ${record.requestId}`;
    const padding = record.paddingLength > 0 ? ` + ${record.paddingLength} padding` : '';
    const missing = record.missingLength > 0 ? `, ${formatCount(record.missingLength)} of them not captured` : '';
    const length = `${formatCount(record.contentLength)} ${record.contentLength === 1 ? 'byte' : 'bytes'}${padding}${missing}`;
    const label = side === APPLICATION ? this.style.application(name) : this.style.strong(name);
    const row = request >= 0 ? this.style.dim(`  request ${request}`) : '';
    const said = this.said(record);
    return `${this.start(packet, time, connection, side)}  ${label}${id}  ${length}${said ? `  ${said}` : ''}${row}`;
  }

  /** `  12  0.041235  #3 127.0.0.1:40001 → 127.0.0.1:9000`. */
  private start(packet: number, time: number, connection: number, side: number): string {
    if (this.options.lead) return this.options.lead(time, connection, side);
    const { webServer, application } = this.options.endpoints(connection);
    const arrow = side === WEB_SERVER ? this.symbols.toApplication : this.symbols.toWebServer;
    const ends = `${webServer} ${arrow} ${application}`;
    return `${String(packet).padStart(6)}  ${this.options.time(time)}  #${connection} ${ends}`;
  }

  /** What fits on the head line. */
  private said(record: DecodedRecord): string {
    if (record.type === type.BEGIN_REQUEST) {
      const begin = beginBody(record);
      if (!begin) return '';
      const others = begin.flags & ~type.KEEP_CONN;
      const flags = [
        begin.keepConn ? 'KEEP_CONN' : 'no KEEP_CONN',
        others ? `flags 0x${begin.flags.toString(16)}` : '',
      ];
      return [begin.role, ...flags].filter((word) => word !== '').join(', ');
    }
    if (record.type === type.END_REQUEST) {
      const end = endBody(record);
      return end ? `appStatus ${end.appStatus}, ${type.protocolStatusName(end.protocolStatus)}` : '';
    }
    if (record.type === type.UNKNOWN_TYPE && record.content.length > 0)
      return `for ${type.typeName(record.content[0])}`;
    return endsStream(record) ? `end of ${record.name}` : '';
  }

  private body(record: DecodedRecord): string[] {
    const lines: string[] = [];
    const showSecrets = this.options.showSecrets ?? false;
    for (const pair of record.pairs) {
      const { name, value } = pairText(pair, showSecrets);
      lines.push(
        `${INDENT}${this.printable(name, 256)} =${value === '' ? '' : ` ${this.printable(value, MAX_PAIR_TEXT)}`}`,
      );
    }
    if (this.options.hex) {
      if (record.content.length > 0)
        lines.push(...hexLines(showSecrets ? record.content : maskedContent(record), INDENT));
    } else if (hasStreamContent(record)) {
      lines.push(...this.preview(record, showSecrets));
    }
    return lines;
  }

  private preview(record: DecodedRecord, showSecrets: boolean): string[] {
    const text = contentText(record, PREVIEW_BYTES, showSecrets);
    if (text === '') return [];
    const all = text.replace(/\r?\n$/, '').split(/\r?\n/);
    const lines = all
      .slice(0, PREVIEW_LINES)
      .map((line) =>
        line === '' ? '' : `${INDENT}${cutTo(this.printable(line), this.width - INDENT.length, this.symbols.ellipsis)}`,
      );
    const more = record.content.length > PREVIEW_BYTES || all.length > PREVIEW_LINES;
    if (more)
      lines.push(
        `${INDENT}${this.style.dim(`${this.symbols.ellipsis} ${formatCount(record.content.length)} bytes in all`)}`,
      );
    return lines;
  }

  private problemText({ code, detail }: Anomaly): string {
    const problem = PROBLEM_CODES.find((candidate) => candidate.code === code);
    return `${code}: ${problem?.sentence ?? ''} (${this.printable(detail)})`;
  }

  private printable(text: string, most?: number): string {
    const safe = safeText(text, most, this.symbols.ellipsis);
    return this.options.ascii ? asciiText(safe) : safe;
  }
}

/** Sixteen bytes a line: offset, digits, and the characters that are ASCII. */
export function hexLines(bytes: Uint8Array, indent = ''): string[] {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    let digits = '';
    let characters = '';
    for (let i = at; i < at + 16; i++) {
      digits += `${i === at + 8 ? ' ' : ''} ${i < bytes.length ? bytes[i].toString(16).padStart(2, '0') : '  '}`;
      if (i < bytes.length) characters += bytes[i] >= 32 && bytes[i] < 127 ? String.fromCharCode(bytes[i]) : '.';
    }
    lines.push(`${indent}${at.toString(16).padStart(4, '0')} ${digits}  ${characters}`);
  }
  return lines;
}
