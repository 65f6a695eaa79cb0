// Times during which a side announced a receive window of zero: its peer could not send.
import { RST, type Segment } from '../model/segment.js';
import { MARK_ZERO_WINDOW_0 } from './connection-table.js';
import { CLOSED, RESET } from './endpoint-state.js';
import { LETTER_ZERO_WINDOW } from './history-table.js';
import { FLAGS, STATE_MASK, WINDOW_CLOSED } from './live-table.js';
import type { TrackerStore } from './tracker-store.js';
import { isPowerOfTen } from './trouble-table.js';

export class ZeroWindow {
  constructor(private readonly store: TrackerStore) {}

  /** A segment with a window of zero, or one of an endpoint whose window was zero. */
  note(row: number, endpoint: number, s: Segment): void {
    const store = this.store;
    const words = store.live.words;
    const own = store.endpointAt(row, endpoint);
    const flags = words[own + FLAGS];
    if (s.window !== 0) {
      this.end(row, endpoint, own, s.time);
      return;
    }
    // Nothing more is to be received after a RST or after the peer's FIN: a window of zero means nothing then.
    const peerState = words[store.endpointAt(row, 1 - endpoint) + FLAGS] & STATE_MASK;
    if ((s.flags & RST) !== 0 || peerState === CLOSED || (flags & STATE_MASK) === RESET) return;
    const stream = store.stream(row, endpoint);
    if (isPowerOfTen(++store.troubles.zeroWindows[stream])) store.letter(row, endpoint, LETTER_ZERO_WINDOW);
    if ((flags & WINDOW_CLOSED) !== 0) return;
    words[own + FLAGS] = flags | WINDOW_CLOSED;
    store.troubles.zeroWindowSince[stream] = s.time;
    store.mark(row, MARK_ZERO_WINDOW_0 << store.live.side(row, endpoint));
  }

  /** At the end of a connection: a window that never opened again was closed up to the last packet. */
  close(row: number): void {
    for (let endpoint = 0; endpoint < 2; endpoint++) {
      const own = this.store.endpointAt(row, endpoint);
      if ((this.store.live.words[own + FLAGS] & WINDOW_CLOSED) !== 0) {
        this.end(row, endpoint, own, this.store.connections.end[row]);
      }
    }
  }

  private end(row: number, endpoint: number, own: number, time: number): void {
    const store = this.store;
    store.live.words[own + FLAGS] &= ~WINDOW_CLOSED;
    const length = Math.max(0, time - store.troubles.zeroWindowSince[store.stream(row, endpoint)]);
    if (store.live.side(row, endpoint) === 0) store.connections.zeroWindow0[row] += length;
    else store.connections.zeroWindow1[row] += length;
  }
}
