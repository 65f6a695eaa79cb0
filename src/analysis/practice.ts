// The loops over all rows run once, when everything is read, and are half over before they are machine code. So they are
// run over some of the first rows while packets are still being read: V8 compiles them on another thread meanwhile.
import { indexListeners } from './listeners.js';
import type { Pipeline } from './pipeline.js';

/** Requests after which they are run: at first the packet path itself is being compiled. */
const FIRST = 6000;
const APART = 1000;
/** So often, over so many rows: together a few more than V8 wants to have seen. */
const TIMES = 4;
const ROWS = 700;

export class Practice {
  private next = FIRST;
  private left = TIMES;

  /** To be called now and then while packets are read; nothing that was gathered changes. */
  turn({ session, lastTime }: Pipeline): void {
    if (this.left === 0 || session.log.requests.count < this.next) return;
    this.left--;
    this.next += APART;
    const { listeners } = indexListeners(session, lastTime, { most: ROWS });
    for (const { figures } of listeners) figures.latency();
  }
}
