// Which packet brought which part of a stream: asked for the first byte of a record whose header came in pieces, or was
// found only after more had come.

/** A header has 8 bytes, so it comes in 8 pieces at most. */
const KEPT = 8;
const FIELDS = 4;

export class ChunkOrigins {
  /** What `find` found: nanoseconds, packet number, file position (or -1). */
  time = Number.NaN;
  packet = 0;
  position = Number.NaN;
  /** Offset, time, packet and position of each; made when it is first needed, which on most connections it never is. */
  private kept: Float64Array | undefined;
  private count = 0;

  restart(): void {
    this.count = 0;
  }

  /** A chunk that begins at stream offset `offset`; `position` is its file position, or -1. */
  note(offset: number, time: number, packet: number, position: number): void {
    this.kept ??= new Float64Array(KEPT * FIELDS);
    const at = (this.count++ % KEPT) * FIELDS;
    this.kept[at] = offset;
    this.kept[at + 1] = time;
    this.kept[at + 2] = packet;
    this.kept[at + 3] = position;
  }

  /** Looks for the newest noted chunk that begins at or before `offset`; false if there is none. */
  find(offset: number): boolean {
    for (let i = this.count - 1; i >= 0 && i >= this.count - KEPT; i--) {
      const at = (i % KEPT) * FIELDS;
      const kept = this.kept!;
      if (kept[at] > offset) continue;
      this.time = kept[at + 1];
      this.packet = kept[at + 2];
      this.position = kept[at + 3] < 0 ? -1 : kept[at + 3] + offset - kept[at];
      return true;
    }
    return false;
  }
}
