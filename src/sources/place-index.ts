// Where in a file which time is: noted while the file is read for the first time, so that a connection can be read again
// without beginning at the file's beginning.

/** From here on packets can be read. */
export interface FilePlace {
  /** Byte offset of a packet's header. */
  readonly position: number;
  /** Packets before it. */
  readonly packets: number;
  /** The latest time among them, in nanoseconds since the first packet. */
  readonly latest: number;
}

/** When the first packet was captured. */
interface Origin {
  readonly seconds: number;
  readonly nanoseconds: number;
}

/** Bytes between two places. */
const DISTANCE = 2 << 20;

export class PlaceIndex {
  origin: Origin | undefined;
  private readonly places: FilePlace[] = [];

  /** @param distance bytes between two places at least */
  constructor(private readonly distance = DISTANCE) {}

  /** The reading has come to `position`. */
  note(position: number, packets: number, latest: number): void {
    const last = this.places.at(-1)?.position ?? 0;
    if (position - last >= this.distance) this.places.push({ position, packets, latest });
  }

  /** The last place before which there is nothing of this time or later; undefined where that is the beginning. */
  before(time: number): FilePlace | undefined {
    let low = 0;
    let high = this.places.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.places[middle].latest < time) low = middle + 1;
      else high = middle;
    }
    return this.places[low - 1];
  }
}
