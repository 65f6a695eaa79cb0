// Brings the `state` column of a connection up to date from the states of its endpoints.
import { connectionState, RESET } from './endpoint-state.js';
import {
  ACKED,
  END,
  FIN_SEEN,
  FLAGS,
  MISCELLANY,
  ORIGINATOR_IS_HIGH,
  RECORD_WORDS,
  START,
  STATE_MASK,
} from './live-table.js';
import type { TrackerStore } from './tracker-store.js';

export function updateState(store: TrackerStore, row: number): void {
  const words = store.live.words;
  const high = words[row * RECORD_WORDS + MISCELLANY] & ORIGINATOR_IS_HIGH;
  const originator = store.endpointAt(row, high);
  const responder = store.endpointAt(row, 1 - high);
  const bothReset =
    (words[originator + FLAGS] & STATE_MASK) === RESET && (words[responder + FLAGS] & STATE_MASK) === RESET;
  const connections = store.connections;
  connections.state[row] = connectionState(
    words[originator + FLAGS],
    words[responder + FLAGS],
    bothReset && sentNothing(words, originator) && sentNothing(words, responder),
    store.histories.synThenReset(connections.history[row]),
  );
}

function sentNothing(words: Uint32Array, at: number): boolean {
  const control = (words[at + FLAGS] & FIN_SEEN) !== 0 ? 2 : 1;
  const sent = (words[at + END] - words[at + START]) | 0;
  const acknowledged = (words[at + ACKED] - words[at + START]) | 0;
  return sent <= control && acknowledged <= control;
}
