// The whole screen: title, tabs, the view's body, what is selected, the filter bar, the footer. From the state alone.
import { formatBytes, formatCount } from '../reporters/format-count.js';
import { findingCounts } from '../reporters/text-findings.js';
import { cutTo, textWidth } from '../reporters/text-layout.js';
import { quoted } from '../reporters/text-next.js';
import { EMPTY, fitLine, type Line, line, lineWidth, overlay, span, spread } from './drawing/spans.js';
import { footerLine } from './keys/key-words.js';
import { isTooSmall, LEAST_COLUMNS, LEAST_ROWS, layoutOf } from './layout.js';
import { focusedPane, panesOf } from './panes.js';
import { type State, screenOf, VIEWS } from './state.js';
import { connectionStatus, connectionsView } from './views/connections.js';
import { eventStatus, eventsView } from './views/events.js';
import { helpPanel } from './views/help.js';
import { overview } from './views/overview.js';
import { processesView } from './views/processes.js';
import { queueStatus, queueView } from './views/queue.js';
import { requestHead, requestStatusLines, requestView } from './views/request.js';
import { requestStatus, requestsView } from './views/requests.js';
import { timelineHead, timelineStatus, timelineView } from './views/timeline.js';
import { wordsOf } from './words.js';

/** Exactly as many lines as the terminal has rows, each as wide as it is. */
export function drawScreen(state: State): Line[] {
  const { columns, rows } = state.size;
  const { symbols } = wordsOf(state);
  const lines = isTooSmall(state) ? tooSmall(state) : bands(state);
  return Array.from({ length: rows }, (_, row) => fitLine(lines[row] ?? EMPTY, columns, symbols.ellipsis));
}

function bands(state: State): Line[] {
  const layout = layoutOf(state);
  const detail = state.details.length > 0;
  const head = [...(layout.head === 2 ? [titleLine(state)] : []), detail ? detailHead(state) : tabsLine(state)];
  const body = bodyOf(state).slice(0, layout.body);
  while (body.length < layout.body) body.push(EMPTY);
  const status = statusOf(state).slice(0, layout.status);
  while (status.length < layout.status) status.push(EMPTY);
  const lines = [
    ...head,
    ...body,
    ...status,
    bar(state),
    footerLine(screenOf(state), layout.width, wordsOf(state).symbols, {
      count: panesOf(state).length,
      focused: focusedPane(state)?.list,
    }),
  ];
  if (!state.help) return lines;
  const help = helpPanel(state);
  const width = lineWidth(help[0]);
  const padded = lines.map((each) => fitLine(each, layout.width, ''));
  return overlay(
    padded,
    help,
    Math.floor((layout.width - width) / 2),
    Math.max(1, Math.floor((lines.length - help.length) / 2)),
  );
}

function bodyOf(state: State): Line[] {
  switch (screenOf(state)) {
    case 'overview':
      return overview(state);
    case 'connections':
      return connectionsView(state);
    case 'requests':
      return requestsView(state);
    case 'processes':
      return processesView(state);
    case 'queue':
      return queueView(state);
    case 'events':
      return eventsView(state);
    case 'timeline':
      return timelineView(state);
    case 'request':
      return requestView(state);
  }
}

function statusOf(state: State): Line[] {
  switch (screenOf(state)) {
    case 'overview':
      return [warningLine(state)];
    case 'connections':
      return connectionStatus(state);
    case 'requests':
      return requestStatus(state);
    case 'processes':
      return [];
    case 'queue':
      return queueStatus(state);
    case 'events':
      return eventStatus(state);
    case 'timeline':
      return timelineStatus(state);
    case 'request':
      return requestStatusLines(state);
  }
}

/** What could not be read, or not to its end. */
function warningLine(state: State): Line {
  const [first] = state.data.warnings;
  const folded = state.data.shown?.snapshot.folded;
  if (first === undefined && folded !== undefined)
    return line(
      span(` The oldest ${formatCount(folded.connections)} connections are counted, but no longer listed.`, 'dim'),
    );
  if (first === undefined) return leftOutLine(state);
  const more = state.data.warnings.length > 1 ? ` (and ${state.data.warnings.length - 1} more)` : '';
  return line(span(` ${wordsOf(state).safe(first)}${more}`, 'warning'));
}

/** Listeners that are listed and not counted: the figures say less than the lists. */
function leftOutLine(state: State): Line {
  const others = state.data.shown?.snapshot.facts.listeners.filter(({ inSummary }) => !inSummary) ?? [];
  if (others.length === 0) return EMPTY;
  const [one] = others;
  const more = others.length > 1 ? ` and ${others.length - 1} more` : '';
  const { port, protocol } = one;
  const { safe } = wordsOf(state);
  const text = ` Listed, not counted: ${protocol} at ${safe(one.endpoint)}${more}; -d tcp.port==${port},${protocol} counts it.`;
  return line(span(text, 'dim'));
}

function detailHead(state: State): Line {
  return screenOf(state) === 'timeline' ? timelineHead(state) : requestHead(state);
}

function titleLine(state: State): Line {
  const { width } = layoutOf(state);
  const { safe, symbols } = wordsOf(state);
  const right = [...figuresWords(state), badge(state), span(' ')];
  const name = safe(state.data.source.name);
  const room = width - lineWidth(right) - 17;
  // The end of a path says more than its beginning.
  const shown =
    textWidth(name) <= room ? name : symbols.ellipsis + name.slice(-Math.max(1, room - textWidth(symbols.ellipsis)));
  return spread(
    line(' ', span('fcgi-inspect', 'strong'), `  ${room > 3 ? shown : ''}`),
    right,
    width,
    symbols.ellipsis,
  );
}

function figuresWords(state: State): Line {
  const { data } = state;
  const { wide, narrow } = layoutOf(state);
  const { packets, bytes, size, looks } = data.progress;
  if (looks !== undefined && packets === 0) return line(`${formatCount(looks)} ${looks === 1 ? 'look' : 'looks'}  `);
  if (data.phase === 'reading') {
    const part = size !== undefined && size > 0 ? `${Math.min(100, Math.floor((bytes / size) * 100))}%  ` : '';
    const of = wide && size !== undefined ? `  ${formatBytes(bytes)} of ${formatBytes(size)}` : '';
    return line(`${part}${formatCount(packets)} ${narrow ? 'pkts' : 'packets'}${of}  `);
  }
  const snapshot = data.shown?.snapshot;
  if (!snapshot) return line(`${formatCount(packets)} packets  `);
  const { summary, input } = snapshot;
  const words = [`${formatCount(summary.connections)} conns`, `${formatCount(summary.requests)} reqs`];
  if (wide) {
    words.unshift(`${formatCount(input.packets)} pkts`);
    words.push(wordsOf(state).duration(input.duration));
  }
  return line(`${words.join('  ')}  `);
}

function badge(state: State) {
  const { data, paused } = state;
  const clock = timeOf(paused ? (data.shown?.at ?? 0) : data.progress.elapsed);
  const fresh = data.progress.packets - (data.shown?.packets ?? 0);
  if (paused && data.phase !== 'done' && data.progress.looks !== undefined && data.progress.packets === 0)
    return span(`PAUSED at ${clock}`, 'paused');
  if (paused && data.phase !== 'done')
    return span(`PAUSED at ${clock}  +${formatCount(Math.max(0, fresh))} packets`, 'paused');
  if (paused) return span('PAUSED', 'paused');
  if (data.phase === 'live') return span(`LIVE ${clock}`, 'live');
  if (data.phase === 'reading') return span('reading', 'live');
  return span(data.source.live ? 'ended' : 'done', 'dim');
}

/** `00:04:12` */
function timeOf(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  return [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
    .map((part) => String(part).padStart(2, '0'))
    .join(':');
}

const TABS: readonly (readonly [string, string])[] = [
  ['Overview', 'Overview'],
  ['Connections', 'Conns'],
  ['Requests', 'Reqs'],
  ['Processes', 'Procs'],
  ['Accept queue', 'Queue'],
  ['Events', 'Events'],
];

function tabsLine(state: State): Line {
  const { width, wide, narrow } = layoutOf(state);
  const { symbols } = wordsOf(state);
  const tabs = TABS.flatMap(([long, short], place): Line => {
    const name = `${place + 1} ${wide ? long : short}`;
    const current = VIEWS[place] === state.view;
    const gap = narrow ? '' : ' ';
    return current ? [span(`[${name}]`, 'strong'), span(gap)] : [span(` ${name} ${gap}`)];
  });
  return spread(
    [span(narrow ? '' : ' '), ...tabs],
    line(span(narrow ? '? ' : '? help ', 'dim')),
    width,
    symbols.ellipsis,
  );
}

/** The filter, a name that is asked for, or a message. */
function bar(state: State): Line {
  const { width } = layoutOf(state);
  const { symbols, safe } = wordsOf(state);
  const { prompt, filter, message } = state;
  if (prompt) {
    const what = layoutOf(state).narrow
      ? 'write to'
      : prompt.what === 'report'
        ? 'write report (.txt .json .ndjson) to'
        : `write packets of conn ${prompt.connection} to`;
    return spread(
      line(` ${what} ${symbols.prompt} `, ...fieldSpans(safe, prompt.field, symbols.cursor)),
      layoutOf(state).narrow ? [] : line(span(`${symbols.enter} writes, Esc cancels `, 'dim')),
      width,
      symbols.ellipsis,
    );
  }
  if (message) return line(span(` ${safe(message.text)}`, message.bad ? 'error' : 'strong'));
  const head = ` filter ${symbols.prompt} `;
  const text: Line = filter.field ? fieldSpans(safe, filter.field, symbols.cursor) : [span(safe(filter.applied))];
  const right = filterNote(state);
  const room = width - textWidth(head) - lineWidth(text);
  // What is typed is worth more than what is said about it.
  const shown = lineWidth(right) > room - 1 ? cutNote(right, Math.max(0, room - 1), symbols.ellipsis) : right;
  return spread([span(head, 'dim'), ...text], shown, width, symbols.ellipsis);
}

function cutNote(note: Line, cells: number, ellipsis: string): Line {
  const [first] = note;
  return first && cells > 8 ? [span(cutTo(first.text.trimEnd(), cells - 1, ellipsis), first.role), span(' ')] : [];
}

function fieldSpans(safe: (text: string) => string, { text, at }: { text: string; at: number }, cursor: string): Line {
  const characters = [...text];
  return [
    span(safe(characters.slice(0, at).join(''))),
    span(cursor, 'strong'),
    span(safe(characters.slice(at).join(''))),
  ];
}

function filterNote(state: State): Line {
  const { filter, busy } = state;
  const { reading } = filter;
  if (busy && busy.what !== 'reading') return line(span(`${busy.what} ${Math.round(busy.share * 100)}% `, 'dim'));
  if (filter.field) {
    if (reading.kind === 'none') return line(span('try  state == S1   dur > 100ms   uri ~ "cart"   or a word ', 'dim'));
    if (reading.kind === 'unfinished') return line(span(`${wordsOf(state).safe(reading.hint)} `, 'dim'));
    if (reading.kind === 'error') return line(span(`${wordsOf(state).safe(reading.message)} `, 'warning'));
  }
  const name = state.view === 'requests' ? 'requests' : 'connections';
  const { rows, total } = state.tables[name];
  if (!rows) return [];
  return line(`${formatCount(rows.length)}/${formatCount(total)} `);
}

function tooSmall(state: State): Line[] {
  const { columns, rows } = state.size;
  const { safe } = wordsOf(state);
  const findings = state.data.shown?.snapshot.findings ?? [];
  const soFar = state.data.phase === 'done' ? '' : ' so far';
  const command = state.data.source.command.map((word) => quoted(safe(word))).join(' ');
  return [
    line(` fcgi-inspect needs ${LEAST_COLUMNS}x${LEAST_ROWS}, this is ${columns}x${rows}.`),
    line(` ${findings.length > 0 ? findingCounts(findings) : 'No findings'}${soFar}.`),
    line(' Enlarge the terminal, or run'),
    line(`   fcgi-inspect ${command} --format text`),
    line(' q quit'),
  ];
}
