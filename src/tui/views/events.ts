// View 6: what went wrong when.
import { formatCount } from '../../reporters/format-count.js';
import { wrap } from '../../reporters/text-layout.js';
import { panel } from '../drawing/panel.js';
import { EMPTY, type Line, line } from '../drawing/spans.js';
import type { EventRow } from '../events.js';
import { layoutOf } from '../layout.js';
import { cursorOf, type State } from '../state.js';
import { wordsOf } from '../words.js';
import { type ListColumn, listLines } from './columns.js';
import { emptyWords } from './connections.js';
import { visibleEvents } from './event-rows.js';
import { SEVERITY_ROLES, severityLabel } from './finding-lines.js';

export function eventsView(state: State): Line[] {
  const { width, body } = layoutOf(state);
  const { symbols } = wordsOf(state);
  const events = visibleEvents(state);
  const { index, top } = cursorOf(state, 'events');
  const visible = events.slice(top, top + body - 3);
  const content = listLines(columns(state), visible, {
    width: width - 2,
    selected: index - top,
    focused: true,
    symbols,
  });
  if (visible.length === 0)
    content.push(
      EMPTY,
      line(
        `  ${state.data.shown && state.filter.applied === '' ? 'Nothing happened that stands out.' : emptyWords(state)}`,
      ),
    );
  const note = events.length === 0 ? 'none' : `${formatCount(index + 1)} of ${formatCount(events.length)}`;
  return panel(content, { title: 'Events', note, width, height: body, symbols });
}

function columns(state: State): ListColumn<EventRow>[] {
  const { clock, captured } = wordsOf(state);
  return [
    { title: 'time', width: state.time === 'clock' ? 12 : 9, align: 'right', text: ({ time }) => clock(time) },
    {
      title: '',
      width: 5,
      text: ({ severity }) => severityLabel(severity).trimEnd(),
      role: ({ severity }) => SEVERITY_ROLES[severity],
    },
    { title: 'what', width: 20, expendable: 2, text: ({ kind }) => kind },
    { title: 'conn', width: 7, align: 'right', text: ({ connection }) => (connection < 0 ? '-' : String(connection)) },
    {
      title: 'packet',
      width: 9,
      align: 'right',
      expendable: 1,
      text: ({ packet }) => (packet === 0 ? '-' : formatCount(packet)),
    },
    { title: 'text', width: 20, flexible: true, text: ({ text }) => captured(text) },
  ];
}

/** The selected event whole, as far as two lines hold it. */
export function eventStatus(state: State): Line[] {
  const event = visibleEvents(state)[cursorOf(state, 'events').index];
  if (!event) return [];
  const { captured } = wordsOf(state);
  return wrap(captured(event.text), layoutOf(state).width - 2).map((text) => line(` ${text}`));
}
