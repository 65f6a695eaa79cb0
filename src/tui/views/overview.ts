// View 1: the findings first, what is behind the selected one, and below them the figures they come from.
import type { Snapshot } from '../../analysis/snapshot.js';
import { formatCount } from '../../reporters/format-count.js';
import { cutTo } from '../../reporters/text-layout.js';
import { counted } from '../../reporters/text-words.js';
import { panel } from '../drawing/panel.js';
import { beside, EMPTY, type Line, line, span, spread } from '../drawing/spans.js';
import { layoutOf } from '../layout.js';
import { focusedPane } from '../panes.js';
import { cursorOf, type State } from '../state.js';
import { wordsOf } from '../words.js';
import { connectionFigures, endpointFigures, figureLines, requestFigures, trafficFigures } from './figures.js';
import { briefLines, findingsHeights, SEVERITY_ROLES, severityLabel, sinceOf, whyLines } from './finding-lines.js';

export function overview(state: State): Line[] {
  const { width, tall } = layoutOf(state);
  const { symbols } = wordsOf(state);
  const heights = findingsHeights(state);
  if (focusedPane(state)?.list === 'figures') {
    const { body } = layoutOf(state);
    const { top, index } = cursorOf(state, 'figures');
    return panel(figureLines(state, top, body - 2, index), {
      title: 'Figures',
      note: `${symbols.enter} the rows behind a number   Tab: findings`,
      width,
      height: body,
      symbols,
    });
  }
  const findings = panel(findingsContent(state), {
    title: 'Findings',
    note: countsNote(state),
    width,
    height: heights.panel,
    symbols,
  });
  return heights.bottom === 0
    ? findings
    : [...findings, ...(tall && width >= 100 ? threePanels(state) : twoPanels(state))];
}

function countsNote(state: State): string {
  const findings = state.data.shown?.snapshot.findings ?? [];
  const count = (severity: string) => findings.filter((finding) => finding.severity === severity).length;
  const wide = layoutOf(state).wide;
  const words: [number, string, string][] = [
    [count('error'), 'error', 'E'],
    [count('warning'), 'warn', 'W'],
    [count('note'), 'note', 'N'],
  ];
  return words
    .map(([number, word, letter]) => (wide ? `${number} ${word}` : `${number}${letter}`))
    .join(wide ? '  ' : ' ');
}

function findingsContent(state: State): Line[] {
  const { shown, phase } = state.data;
  const heights = findingsHeights(state);
  if (!shown) return [EMPTY, line(phase === 'live' ? ' Waiting for packets.' : ' Reading.')];
  const { findings } = shown.snapshot;
  if (findings.length === 0) return nothingLines(state);
  const { top } = cursorOf(state, 'findings');
  const lines: Line[] = [];
  for (let place = top; place < top + heights.list; place++)
    lines.push(place < findings.length ? findingLine(state, place) : EMPTY);
  const why = whyLines(state);
  const from = cursorOf(state, 'why').index;
  lines.push(moreLine(state, why.length, from, heights.why));
  const reads = focusedPane(state)?.list === 'why';
  lines.push(...(reads ? why.slice(from, from + heights.why) : briefLines(state, heights.why)).map(indented));
  return lines;
}

/** The line between list and explanation: how to see the rest of it. */
function moreLine(state: State, count: number, from: number, height: number): Line {
  const { symbols } = wordsOf(state);
  const { width } = layoutOf(state);
  const focused = focusedPane(state)?.list === 'why';
  const words = focused
    ? `${symbols.upDown} PgDn: lines ${from + 1}-${Math.min(count, from + height)} of ${count}, Tab: figures`
    : `Tab: read on (${count} lines), again: figures`;
  return spread(EMPTY, line(span(`${words} `, 'dim')), width - 2, symbols.ellipsis);
}

function findingLine(state: State, place: number): Line {
  const { captured, moment, symbols } = wordsOf(state);
  const finding = state.data.shown!.snapshot.findings[place];
  const selected = cursorOf(state, 'findings').index === place;
  const focused = focusedPane(state)?.list === 'findings';
  const inside = layoutOf(state).width - 2;
  const since = sinceOf(finding);
  const right = Number.isNaN(since) ? '' : `since ${moment(since)} `;
  const title = cutTo(captured(finding.title), inside - 9 - right.length, symbols.ellipsis);
  const marker = selected ? symbols.marker : ' ';
  const left = line(
    span(marker, selected ? 'strong' : 'plain'),
    span(severityLabel(finding.severity), SEVERITY_ROLES[finding.severity]),
    ' ',
    span(title, selected && focused ? 'selected' : 'plain'),
  );
  return spread(left, line(span(right, 'dim')), inside, symbols.ellipsis);
}

/** Nothing was found, and no traffic has come: how a live source stands there. */
function quietLines(state: State, { host, tap }: Snapshot): Line[] {
  const { safe } = wordsOf(state);
  const lines: Line[] = [EMPTY, line(span(' Nothing wrong so far.', 'strong'))];
  if (host) {
    const { listeners, processes } = host;
    const what = `${counted(listeners.length, 'listener')} and ${counted(processes.length, 'process', 'processes')}`;
    lines.push(line(` Looked ${counted(host.looks, 'time')} at ${what} of this host: views 4 and 5.`));
  }
  for (const { listen, to } of tap?.pairs ?? [])
    lines.push(line(` No traffic yet: point the web server at ${safe(listen)} in place of ${safe(to)}.`));
  return lines;
}

function nothingLines(state: State): Line[] {
  const { snapshot } = state.data.shown!;
  const { summary, facts } = snapshot;
  if (facts.listeners.length === 0 && (snapshot.host || snapshot.tap)) return quietLines(state, snapshot);
  if (facts.listeners.length === 0) {
    return [
      EMPTY,
      line(
        span(
          state.data.phase === 'done' ? ' No FastCGI or SCGI was found in it.' : ' No FastCGI or SCGI so far.',
          'strong',
        ),
      ),
      line(` ${counted(snapshot.input.tcpPackets, 'TCP packet')} in ${counted(snapshot.input.packets, 'packet')}.`),
      line(' A listener can be named: -d tcp.port==9000,fcgi (or ,scgi); --format text says what else is in it.'),
    ];
  }
  return [
    EMPTY,
    line(span(state.data.phase === 'done' ? ' Nothing wrong was found.' : ' Nothing wrong so far.', 'strong')),
    line(` Looked at ${counted(summary.connections, 'connection')} and ${counted(summary.requests, 'request')}.`),
    line(' A capture does not show the listen backlog and the ports of the hosts, and names no processes.'),
  ];
}

function indented(content: Line): Line {
  return [span(' '), ...content];
}

function threePanels(state: State): Line[] {
  const { width } = layoutOf(state);
  const { symbols } = wordsOf(state);
  const { bottom } = findingsHeights(state);
  const left = Math.floor(width * 0.36);
  const middle = Math.floor(width * 0.32);
  const right = width - left - middle;
  const box = (title: string, content: readonly Line[], own: number) => ({
    lines: panel(content.map(indented), { title, width: own, height: bottom, symbols, focused: false }),
    width: own,
  });
  return beside([
    box('Connections', connectionFigures(state, left - 4), left),
    box('Requests', requestFigures(state, middle - 4), middle),
    box(endpointTitle(state), endpointFigures(state, right - 4, bottom - 2), right),
  ]);
}

function twoPanels(state: State): Line[] {
  const { width } = layoutOf(state);
  const { symbols } = wordsOf(state);
  const { bottom } = findingsHeights(state);
  const left = Math.floor(width * 0.53);
  const right = width - left;
  return beside([
    {
      lines: panel(trafficFigures(state, left - 4).map(indented), {
        title: 'Traffic',
        width: left,
        height: bottom,
        symbols,
        focused: false,
      }),
      width: left,
    },
    {
      lines: panel(endpointFigures(state, right - 4, bottom - 2).map(indented), {
        title: endpointTitle(state),
        width: right,
        height: bottom,
        symbols,
        focused: false,
      }),
      width: right,
    },
  ]);
}

function endpointTitle(state: State): string {
  const snapshot = state.data.shown?.snapshot;
  if (snapshot && snapshot.processes.length > 0) return `Processes ${formatCount(snapshot.processes.length)}`;
  return 'Load by endpoint';
}
