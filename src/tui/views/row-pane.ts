// On very wide terminals: the selected connection or request, beside the list.
import { connectionRow, requestRow } from '../../analysis/rows.js';
import { WEB_SERVER } from '../../model/side.js';
import { formatCount } from '../../reporters/format-count.js';
import { wrap } from '../../reporters/text-layout.js';
import { panel } from '../drawing/panel.js';
import { EMPTY, type Line, line, span } from '../drawing/spans.js';
import { outline } from '../ladder/outline.js';
import { layoutOf } from '../layout.js';
import { requestsIn } from '../rows/select.js';
import type { State } from '../state.js';
import { wordsOf } from '../words.js';
import { connectionSentence } from './connection-words.js';
import { timeSplit } from './request-time.js';

/** Cells of the pane; 0 where there is no room, or it is not wanted. */
export function rowPaneWidth(state: State): number {
  const { width, veryWide } = layoutOf(state);
  return veryWide && state.detailPane ? Math.floor(width * 0.34) : 0;
}

export function connectionPane(state: State): Line[] {
  const { shown } = state.data;
  const row = state.tables.connections.selected;
  const width = rowPaneWidth(state);
  const lines: Line[] = [];
  if (shown && row >= 0 && row < shown.snapshot.facts.listenerOf.length) {
    const { facts, findings } = shown.snapshot;
    const { captured, symbols, clock } = wordsOf(state);
    const connection = connectionRow(facts, shown.histories, row);
    lines.push(line(connection.webServer), line(`${symbols.toApplication} ${connection.application}`), EMPTY);
    lines.push(...wrapped(captured(connectionSentence(state, row)), width - 4));
    for (const place of shown.derived.evidence.get(row) ?? []) {
      lines.push(...wrapped(`proves ${findings[place]?.id ?? ''}`, width - 4));
    }
    lines.push(EMPTY);
    for (const entry of outline(facts, row).slice(0, layoutOf(state).body)) {
      const arrow =
        entry.side === undefined ? ' ' : entry.side === WEB_SERVER ? symbols.toApplication : symbols.toWebServer;
      lines.push(line(span(`${clock(entry.time)} `, 'dim'), `${arrow} ${captured(entry.label)}`));
    }
  }
  return framed(state, 'Connection', lines);
}

export function requestPane(state: State): Line[] {
  const { shown } = state.data;
  const row = state.tables.requests.selected;
  const width = rowPaneWidth(state);
  const lines: Line[] = [];
  if (shown && row >= 0 && row < requestsIn(shown.snapshot.facts)) {
    const { facts, findings } = shown.snapshot;
    const { captured, duration } = wordsOf(state);
    const request = requestRow(facts, row);
    lines.push(...wrapped(captured(`${request.method ?? '-'} ${request.uri ?? '-'}`), width - 4));
    if (request.script !== null) lines.push(...wrapped(captured(request.script), width - 4));
    lines.push(EMPTY);
    const field = (name: string, text: string) => lines.push(line(span(name.padEnd(13), 'dim'), text));
    field('role', `${request.role}, KEEP_CONN ${request.keepConn ? 'set' : 'unset'}`);
    field('http status', request.httpStatus === null ? 'none' : String(request.httpStatus));
    field('app status', request.appStatus === null ? 'no END_REQUEST' : String(request.appStatus));
    field('STDIN', `${formatCount(request.stdinBytes)} B`);
    field('STDOUT', `${formatCount(request.stdoutBytes)} B`);
    field('STDERR', `${formatCount(request.stderrBytes)} B`);
    lines.push(EMPTY);
    for (const { name, time } of timeSplit(state, row)) field(name, duration(time));
    for (const place of shown.derived.requestEvidence.get(row) ?? []) {
      lines.push(...wrapped(`proves ${findings[place]?.id ?? ''}`, width - 4));
    }
  }
  return framed(state, 'Request', lines);
}

function wrapped(text: string, width: number): Line[] {
  return wrap(text, width).map((part) => line(part));
}

function framed(state: State, title: string, lines: readonly Line[]): Line[] {
  return panel(
    lines.map((each) => [span(' '), ...each]),
    {
      title,
      note: 'd hides',
      width: rowPaneWidth(state),
      height: layoutOf(state).body,
      symbols: wordsOf(state).symbols,
      focused: false,
    },
  );
}
