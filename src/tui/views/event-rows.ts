// The events that the filter lets through.
import { matchesConnection } from '../../analysis/filter/filter.js';
import { filterRows } from '../../analysis/filter-values.js';
import type { Shown } from '../data.js';
import type { EventRow } from '../events.js';
import { perValue } from '../memo.js';
import { readFilter } from '../rows/filter-text.js';
import type { State } from '../state.js';

/** The last answer, as it depends on little of the state. */
const answers = perValue((shown: Shown) => new Map<string, readonly EventRow[]>([['', shown.derived.events]]));

/** Connections that one event after the other is looked up for, at most: what is slow to filter is shown whole. */
const MOST = 20_000;

export const visibleEvents = perValue((state: State): readonly EventRow[] => {
  const { shown } = state.data;
  if (!shown) return [];
  const known = answers(shown);
  const text = state.filter.applied.trim();
  const before = known.get(text);
  if (before) return before;
  const reading = readFilter(text);
  const events = shown.derived.events;
  if (reading.kind !== 'filter' || events.length > MOST) return events;
  const values = filterRows(shown.snapshot.facts, shown.histories);
  const matching = events.filter(
    ({ connection }) => connection >= 0 && matchesConnection(reading.filter, connection, values),
  );
  known.set(text, matching);
  return matching;
});
