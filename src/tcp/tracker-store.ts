// The tables that the parts of the tracker share, and the few operations on a row that all of them need.
import type { ConnectionObserver } from '../model/observations.js';
import { ConnectionTable } from './connection-table.js';
import { TrackerCounters } from './counters.js';
import { FragmentStore } from './fragment-store.js';
import { HistoryTable } from './history-table.js';
import type { TrackerLimits } from './limits.js';
import { ENDPOINT_WORDS, ENDPOINTS, LiveTable, RECORD_WORDS } from './live-table.js';
import { TroubleTable } from './trouble-table.js';

export class TrackerStore {
  readonly connections = new ConnectionTable();
  readonly histories = new HistoryTable();
  readonly live = new LiveTable();
  readonly troubles = new TroubleTable();
  readonly fragments: FragmentStore;
  readonly counters = new TrackerCounters();

  constructor(
    readonly observer: ConnectionObserver,
    readonly limits: Readonly<TrackerLimits>,
  ) {
    this.fragments = new FragmentStore(limits.totalBuffer);
  }

  /** First word of an endpoint's part of the live record. */
  endpointAt(row: number, endpoint: number): number {
    return row * RECORD_WORDS + ENDPOINTS + endpoint * ENDPOINT_WORDS;
  }

  mark(row: number, bits: number): void {
    this.connections.marks[row] |= bits;
  }

  /** Adds a letter to the connection's history, in the case of the endpoint's side. */
  letter(row: number, endpoint: number, letter: number): void {
    const history = this.connections.history;
    history[row] = this.histories.append(history[row], letter + this.live.side(row, endpoint));
  }

  /** The endpoint's index into the stream columns of the trouble table; makes the connection's row if there is none. */
  stream(row: number, endpoint: number): number {
    let trouble = this.live.trouble(row);
    if (trouble < 0) {
      trouble = this.troubles.add(row);
      this.live.setTrouble(row, trouble);
    }
    return trouble * 2 + endpoint;
  }
}
