// The panes of a request's detail: its PARAMS, its streams, and how the screen is divided.

import { decodeBytes } from '../../model/byte-strings.js';
import { formatCount } from '../../reporters/format-count.js';
import { redactValue } from '../../reporters/redact.js';
import { fit } from '../../reporters/text-layout.js';
import { EMPTY, type Line, line, span } from '../drawing/spans.js';
import type { RequestContents, StreamName } from '../ladder/contents.js';
import { STREAM_NAMES } from '../ladder/contents.js';
import { layoutOf } from '../layout.js';
import { perValue } from '../memo.js';
import { type State, topDetail } from '../state.js';
import { wordsOf } from '../words.js';
import { bytesLines } from './record-lines.js';

export interface RequestSizes {
  /** Panels with their frames. */
  readonly summaryPanel: number;
  readonly paramsPanel: number;
  readonly bodyPanel: number;
  /** Lines of the panes that scroll. */
  readonly params: number;
  readonly body: number;
  /** PARAMS and figures stand side by side. */
  readonly sideBySide: boolean;
}

export function requestSizes(state: State): RequestSizes {
  const { body, wide, low } = layoutOf(state);
  const sideBySide = wide;
  const summaryPanel = sideBySide ? 0 : low ? 4 : 6;
  const rest = body - summaryPanel;
  const bodyPanel = Math.max(4, Math.floor(rest * (sideBySide ? 0.36 : 0.42)));
  const paramsPanel = rest - bodyPanel;
  return {
    summaryPanel,
    paramsPanel,
    bodyPanel,
    params: Math.max(1, paramsPanel - 2),
    body: Math.max(1, bodyPanel - 2),
    sideBySide,
  };
}

/** Contents of the opened request, once they have been read. */
export function contentsOf(state: State): RequestContents | undefined {
  const detail = topDetail(state);
  return detail?.kind === 'request' && state.requestContents?.request === detail.row
    ? state.requestContents
    : undefined;
}

export const paramLines = perValue((state: State): Line[] => {
  const contents = contentsOf(state);
  if (!contents) return [line(span(waitWords(state), 'dim'))];
  const { safe, symbols } = wordsOf(state);
  if (contents.pairs.length === 0) return [line(span('none came', 'dim'))];
  const names = contents.pairs.map(({ name }) => safe(decodeBytes(name)));
  const cells = Math.min(24, Math.max(...names.map((name) => name.length)));
  return contents.pairs.map(({ name, value }, i) => {
    const shown = state.secrets ? value : redactValue(decodeBytes(name), value);
    return line(
      span(`${fit(names[i], cells, symbols.ellipsis)}  `, 'dim'),
      safe(typeof shown === 'string' ? shown : decodeBytes(shown)),
    );
  });
});

const TITLES: Readonly<Record<StreamName, string>> = {
  stdin: 'STDIN',
  data: 'DATA',
  stdout: 'STDOUT',
  stderr: 'STDERR',
};

/** All streams below each other, each under its name. */
export const bodyLines = perValue((state: State): Line[] => {
  const contents = contentsOf(state);
  if (!contents) return [line(span(waitWords(state), 'dim'))];
  const width = layoutOf(state).width - 4;
  const lines: Line[] = [];
  // What the application complained about stands first.
  for (const name of [...STREAM_NAMES].reverse()) {
    const { bytes, length } = contents.streams[name];
    if (length === 0) continue;
    const part = bytes.length < length ? `, the first ${formatCount(bytes.length)}` : '';
    if (lines.length > 0) lines.push(EMPTY);
    lines.push(line(span(`${TITLES[name]}  ${formatCount(length)} B${part}`, 'strong')));
    lines.push(...bytesLines(state, bytes, width));
  }
  if (contents.missing > 0)
    lines.push(line(span(`${formatCount(contents.missing)} B of it are not in the capture`, 'warning')));
  if (contents.limit !== undefined) lines.push(line(span(contents.limit, 'dim')));
  return lines.length > 0 ? lines : [line(span('no byte in any stream', 'dim'))];
});

function waitWords(state: State): string {
  const { source, phase } = state.data;
  if (!source.rereadable) return 'not kept: a stream cannot be read twice';
  if (phase !== 'done') return 'when the capture has been read';
  return state.busy?.what === 'reading' ? `reading ${Math.round(state.busy.share * 100)}%` : 'reading';
}
