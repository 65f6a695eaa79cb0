// Exchanges originator and responder of a connection whose first packet misled us: every paired column, every code that
// names a side, and the case of the history's letters.
import {
  MARK_DATA_ACKNOWLEDGED_0,
  MARK_DATA_ACKNOWLEDGED_1,
  MARK_FLIPPED,
  MARK_GAP_0,
  MARK_GAP_1,
  MARK_ZERO_WINDOW_0,
  MARK_ZERO_WINDOW_1,
} from './connection-table.js';
import { MISCELLANY, ORIGINATOR_IS_HIGH, RECORD_WORDS } from './live-table.js';
import { updateState } from './row-state.js';
import type { TrackerStore } from './tracker-store.js';

type NumberColumn = Float64Array | Uint32Array | Int32Array | Uint16Array;

const FIRST_MARKS = MARK_DATA_ACKNOWLEDGED_0 | MARK_GAP_0 | MARK_ZERO_WINDOW_0;
const SECOND_MARKS = MARK_DATA_ACKNOWLEDGED_1 | MARK_GAP_1 | MARK_ZERO_WINDOW_1;

export function swapRoles(store: TrackerStore, row: number): void {
  const c = store.connections;
  swap(c.address0, c.address1, row);
  swap(c.port0, c.port1, row);
  swap(c.finTime0, c.finTime1, row);
  swap(c.finPacket0, c.finPacket1, row);
  swap(c.packets0, c.packets1, row);
  swap(c.bytes0, c.bytes1, row);
  swap(c.missing0, c.missing1, row);
  swap(c.retransmissions0, c.retransmissions1, row);
  swap(c.zeroWindow0, c.zeroWindow1, row);
  c.acknowledgedTime0[row] = NaN;
  c.firstFin[row] = otherCode(c.firstFin[row]);
  c.firstReset[row] = otherCode(c.firstReset[row]);
  c.timeWait[row] = otherCode(c.timeWait[row]);
  const marks = c.marks[row];
  c.marks[row] =
    ((marks & ~(FIRST_MARKS | SECOND_MARKS)) | ((marks & FIRST_MARKS) << 1) | ((marks & SECOND_MARKS) >>> 1)) ^
    MARK_FLIPPED;
  c.history[row] = store.histories.flip(c.history[row]);
  store.live.words[row * RECORD_WORDS + MISCELLANY] ^= ORIGINATOR_IS_HIGH;
  updateState(store, row);
}

/** 1 and 2 change places; 0 (none) and 3 (both) stay. */
function otherCode(code: number): number {
  return ((code & 1) << 1) | (code >> 1);
}

function swap(a: NumberColumn, b: NumberColumn, row: number): void {
  const kept = a[row];
  a[row] = b[row];
  b[row] = kept;
}
