// Bounded memory for a stream without an end: when its tables have grown past a limit, the oldest rows are folded into
// the totals. What a tap does with its own session, for packets that come from a reader.
import { BY_NONE } from '../../model/side.js';
import type { Gathered } from '../conclude.js';
import type { Snapshot } from '../snapshot.js';
import { DEFAULT_MOST_ROWS, type Folded, fold, isTooLarge, type Remapping, withFolded } from './fold.js';

/** Nanoseconds without a packet after which a connection that nobody closed counts as left behind. */
const LEFT_BEHIND = 300e9;

export class RowCap {
  private folded: Folded | undefined;

  constructor(private readonly most = DEFAULT_MOST_ROWS) {}

  /** Folds where it is time; then rows have new numbers. Not while a Snapshot is being made. */
  apply(gathered: Gathered): Remapping | undefined {
    const { pipeline } = gathered;
    if (!isTooLarge(pipeline, this.most)) return undefined;
    const { connections } = pipeline.tracker;
    const open: number[] = [];
    for (let row = 0; row < connections.count; row++) {
      const isClosed = connections.firstFin[row] !== BY_NONE || connections.firstReset[row] !== BY_NONE;
      if (!isClosed && pipeline.lastTime - connections.end[row] < LEFT_BEHIND) open.push(row);
    }
    const { folded, rows } = fold(gathered, open, this.most, this.folded);
    this.folded = folded;
    return rows;
  }

  /** The snapshot with the totals of what is gone. */
  complete(snapshot: Snapshot): Snapshot {
    return withFolded(snapshot, this.folded);
  }
}
