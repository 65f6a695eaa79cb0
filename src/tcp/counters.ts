// What the tracker counts over the whole input, for the report's list of problems.

export class TrackerCounters {
  /** Packets captured twice and left out. */
  duplicates = 0;
  /** Segments that carried bytes (or a FIN) already seen, or filled a hole late. */
  retransmissions = 0;
  /** Bytes of overlapping copies that differed; the first copy was kept. */
  overlapConflicts = 0;
  /** Holes given up, and their bytes. */
  gaps = 0;
  gapBytes = 0;
  /** Segments whose payload was cut by the snapshot length. */
  snapped = 0;
  /** Bytes thrown away because they lay far outside of their stream. */
  droppedBuffered = 0;
  /** Holes that were given up early because the memory for out-of-order data was used up. */
  bufferLimitReached = 0;
}
