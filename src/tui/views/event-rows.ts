// The events that the filter lets through: those of connections in the filtered list.
import type { EventRow } from '../events.js';
import { perValue } from '../memo.js';
import { connectionFilter } from '../rows/row-set.js';
import type { State } from '../state.js';

export const visibleEvents = perValue((state: State): readonly EventRow[] => {
  const events = state.data.shown?.derived.events ?? [];
  const passes = connectionFilter(state);
  return passes ? events.filter(({ connection }) => connection >= 0 && passes(connection)) : events;
});
