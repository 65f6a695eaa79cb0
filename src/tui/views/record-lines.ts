// The pane beside the ladder: the selected record, its fields, and the beginning of its content.
import { decodeBytes } from '../../model/byte-strings.js';
import { hexLines } from '../../reporters/decode-text.js';
import { formatCount } from '../../reporters/format-count.js';
import { redactText, redactValue } from '../../reporters/redact.js';
import { wrap } from '../../reporters/text-layout.js';
import { EMPTY, type Line, line, span } from '../drawing/spans.js';
import type { LadderEntry, LadderRecord } from '../ladder/contents.js';
import { ladderLines } from '../ladder/ladder.js';
import { layoutOf } from '../layout.js';
import { perValue } from '../memo.js';
import { maskedText } from '../secret-bytes.js';
import { cursorOf, type State } from '../state.js';
import { wordsOf } from '../words.js';

export interface TimelineSizes {
  /** Lines of the ladder. */
  readonly list: number;
  /** Cells of the ladder's panel, and of the pane beside it; 0 where there is none. */
  readonly ladder: number;
  readonly pane: number;
  readonly paneHeight: number;
}

export function timelineSizes(state: State): TimelineSizes {
  const { width, body, wide } = layoutOf(state);
  const pane = wide && state.detailPane ? Math.max(34, Math.floor(width * 0.34)) : 0;
  return { list: body - 3, ladder: width - pane, pane, paneHeight: body - 2 };
}

export function selectedEntry(state: State): LadderEntry | undefined {
  return ladderLines(state)[cursorOf(state, 'ladder').index];
}

export const recordLines = perValue((state: State): Line[] => {
  const entry = selectedEntry(state);
  if (!entry) return [];
  const width = Math.max(20, timelineSizes(state).pane - 4);
  const { clock, safe } = wordsOf(state);
  const lines: Line[] = [];
  const field = (name: string, text: string) => {
    for (const [i, part] of wrap(text, width - 9).entries())
      lines.push(line(span((i === 0 ? name : '').padEnd(9), 'dim'), part));
  };
  if (entry.kind === 'note') return wrap(safe(entry.label), width).map((text) => line(text));
  const { record } = entry;
  if (!record) field(entry.kind === 'segment' ? 'segment' : 'record', safe(entry.label));
  if (record) {
    field('type', record.type === 0 ? record.name : `${record.name} (${record.type})`);
    if (record.protocol === 'fastcgi') field('id', String(record.requestId));
    field('content', `${formatCount(record.contentLength)} B   padding ${record.paddingLength}`);
    field('stream', `from byte ${formatCount(record.offset)}`);
    if (record.missingLength > 0) field('missing', `${formatCount(record.missingLength)} B are not in the capture`);
  }
  if (entry.packet > 0) field('packet', formatCount(entry.packet));
  field('time', clock(entry.time));
  for (const problem of record?.problems ?? []) field('problem', safe(problem));
  if (record) lines.push(EMPTY, ...contentLines(state, record, width));
  return lines;
});

function contentLines(state: State, record: LadderRecord, width: number): Line[] {
  const { safe } = wordsOf(state);
  if (record.pairs.length > 0 && !state.hex) {
    return record.pairs.flatMap(({ name, value }) => {
      const text = decodeBytes(name);
      const shown = state.secrets ? value : redactValue(text, value);
      return wrap(`${safe(text)} = ${safe(typeof shown === 'string' ? shown : decodeBytes(shown))}`, width).map(
        (part) => line(part),
      );
    });
  }
  if (record.content.length === 0) return [];
  return bytesLines(state, record.content, width, record.pairs.length > 0);
}

/** Bytes as text or as hexadecimal digits, as `x` has it. */
export function bytesLines(state: State, bytes: Uint8Array, width: number, arePairs = false): Line[] {
  const { safe } = wordsOf(state);
  if (state.hex) {
    // Names and values of PARAMS cannot be told apart in digits, so all of it is left out unless secrets are shown.
    const shown = state.secrets ? bytes : arePairs ? new Uint8Array(bytes.length).fill(0x58) : maskedText(bytes);
    return hexRows(shown, width).map((text) => line(text));
  }
  const text = decodeBytes(bytes);
  const shown = state.secrets ? text : redactText(text);
  const rows = shown.replace(/\r?\n$/, '').split(/\r?\n/);
  return rows.slice(0, MOST_ROWS).flatMap((row) => wrap(safe(row), width).map((part) => line(part)));
}

const MOST_ROWS = 2_000;

/** As many bytes a line as there is room for: 16, or 8. */
function hexRows(bytes: Uint8Array, width: number): string[] {
  if (width >= 74) return hexLines(bytes);
  const rows: string[] = [];
  const each = width >= 38 ? 8 : 4;
  for (let at = 0; at < bytes.length; at += each) {
    const part = [...bytes.subarray(at, at + each)];
    const digits = part.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const text = part.map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '.')).join('');
    rows.push(`${at.toString(16).padStart(4, '0')} ${digits.padEnd(each * 3 - 1)} ${text}`);
  }
  return rows;
}
