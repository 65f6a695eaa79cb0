// Rows of the Accept queue view: listeners, and the connections that wait at the selected one.
import type { Listener } from '../../analysis/facts.js';
import { BY_APPLICATION } from '../../model/side.js';
import { layoutOf } from '../layout.js';
import { perValue } from '../memo.js';
import { connectionFilter } from '../rows/row-set.js';
import { cursorOf, type State } from '../state.js';

export interface ListenerRow {
  readonly listener: Listener;
  readonly endpoint: string;
  /** Connections that queued for over 100 ms. */
  readonly waiting: number;
  readonly maxDepth: number;
  /** Nanoseconds. */
  readonly longest: number;
  readonly since: number;
  /** Requests served at a time, where it is known. */
  readonly slots: number | null;
  readonly synsRepeated: number;
  readonly refused: number;
}

export interface WaitingRow {
  readonly row: number;
  readonly from: number;
  readonly until: number;
}

export const listenerRows = perValue((state: State): ListenerRow[] => {
  const snapshot = state.data.shown?.snapshot;
  return snapshot ? rowsOfFacts(snapshot.facts) : [];
});

const rowsOfFacts = perValue((facts: NonNullable<State['data']['shown']>['snapshot']['facts']): ListenerRow[] =>
  facts.listeners
    .map((listener) => {
      const queue = facts.queues[listener.index];
      const { syns, synAcks, firstReset, bytes1 } = facts.connections;
      let synsRepeated = 0;
      let refused = 0;
      for (const row of listener.connections) {
        synsRepeated += Math.max(0, syns[row] - 1) + Math.max(0, synAcks[row] - 1);
        if (firstReset[row] === BY_APPLICATION && bytes1[row] === 0) refused++;
      }
      return {
        listener,
        endpoint: listener.endpoint,
        waiting: queue?.waiting.length ?? 0,
        maxDepth: queue?.maxDepth ?? 0,
        longest: queue?.longest.wait ?? 0,
        since: queue?.since ?? NaN,
        slots: queue?.slots ?? null,
        synsRepeated,
        refused,
      };
    })
    .sort((a, b) => b.waiting - a.waiting || b.synsRepeated - a.synsRepeated || a.listener.index - b.listener.index),
);

export function selectedListener(state: State): Listener | undefined {
  return listenerRows(state)[cursorOf(state, 'listeners').index]?.listener;
}

/** Who waits at the selected listener, in the order of arrival, as far as the filter lets them through. */
export const waitingRows = perValue((state: State): readonly WaitingRow[] => {
  const { shown } = state.data;
  const listener = selectedListener(state);
  const waiting = (listener && shown?.snapshot.facts.queues[listener.index]?.waiting) ?? [];
  const passes = connectionFilter(state);
  return passes ? waiting.filter(({ row }) => passes(row)) : waiting;
});

export interface QueueHeights {
  /** Panels with their frames; chart 0 where there is no room. */
  readonly listenerPanel: number;
  readonly chart: number;
  readonly waitingPanel: number;
  readonly listeners: number;
  readonly waiting: number;
}

export function queueHeights(state: State): QueueHeights {
  const { body, low, tall } = layoutOf(state);
  const count = listenerRows(state).length;
  const chart = low ? 0 : tall ? 8 : 6;
  const listeners = Math.max(1, Math.min(count, tall ? 5 : low ? 2 : 3));
  const listenerPanel = listeners + 3;
  const waitingPanel = body - listenerPanel - chart;
  return { listenerPanel, chart, waitingPanel, listeners, waiting: Math.max(1, waitingPanel - 3) };
}
