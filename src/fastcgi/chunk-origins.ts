// Which packet brought which part of a stream: asked for the first byte of a record whose header came in pieces, or was
// found only after more had come.

/** A header has 8 bytes, so it comes in 8 pieces at most. */
const KEPT = 8;

export class ChunkOrigins {
  /** What `find` found: nanoseconds, packet number, file position (or -1). */
  time = Number.NaN;
  packet = 0;
  position = Number.NaN;
  private readonly offsets = new Float64Array(KEPT);
  private readonly times = new Float64Array(KEPT);
  private readonly packets = new Float64Array(KEPT);
  private readonly positions = new Float64Array(KEPT);
  private count = 0;

  restart(): void {
    this.count = 0;
  }

  /** A chunk that begins at stream offset `offset`; `position` is its file position, or -1. */
  note(offset: number, time: number, packet: number, position: number): void {
    const at = this.count++ % KEPT;
    this.offsets[at] = offset;
    this.times[at] = time;
    this.packets[at] = packet;
    this.positions[at] = position;
  }

  /** Looks for the newest noted chunk that begins at or before `offset`; false if there is none. */
  find(offset: number): boolean {
    for (let i = this.count - 1; i >= 0 && i >= this.count - KEPT; i--) {
      const at = i % KEPT;
      if (this.offsets[at] > offset) continue;
      this.time = this.times[at];
      this.packet = this.packets[at];
      this.position = this.positions[at] < 0 ? -1 : this.positions[at] + offset - this.offsets[at];
      return true;
    }
    return false;
  }
}
