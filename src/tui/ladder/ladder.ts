// The lines of an opened connection's ladder: what was read again if it has come, else the outline, with the notes that
// no packet says.

import { perValue } from '../memo.js';
import { type State, topDetail } from '../state.js';
import { wordsOf } from '../words.js';
import type { LadderEntry } from './contents.js';
import { notesOf, outline } from './outline.js';

export const ladderLines = perValue((state: State): readonly LadderEntry[] => {
  const detail = topDetail(state);
  const { shown } = state.data;
  if (detail?.kind !== 'timeline' || !shown) return [];
  const { facts } = shown.snapshot;
  if (detail.row >= facts.listenerOf.length) return [];
  const contents = state.connectionContents?.connection === detail.row ? state.connectionContents : undefined;
  const entries = contents?.entries ?? outline(facts, detail.row);
  const limit: LadderEntry[] =
    contents?.limit === undefined
      ? []
      : [{ time: Infinity, packet: 0, kind: 'note', side: undefined, label: contents.limit }];
  const notes = notesOf(facts, detail.row, shown.derived.queued.get(detail.row), wordsOf(state).duration);
  const timed = notes.filter(({ time }) => time !== Infinity);
  const shownEntries = state.segments ? entries : entries.filter(({ kind }) => kind !== 'segment');
  return [...merged(shownEntries, timed), ...limit, ...notes.filter(({ time }) => time === Infinity)];
});

/** Both in the order of time; a note stands before what happened at its moment. */
function merged(entries: readonly LadderEntry[], notes: readonly LadderEntry[]): LadderEntry[] {
  const all = [...entries];
  for (const note of notes) {
    const place = all.findIndex(({ time }) => time >= note.time);
    all.splice(place < 0 ? all.length : place, 0, note);
  }
  return all;
}
