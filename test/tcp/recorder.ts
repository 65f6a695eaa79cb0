// An observer that writes down what it is told, for comparing.
import type { ConnectionObserver } from '../../src/model/observations.js';
import type { Side } from '../../src/model/side.js';

/** One connection as it was told: events in order, and each side's stream with gaps as runs of `?`. */
export interface Told {
  /** `opened`, `data 0 12`, `gap 1 5`, `finished 0`, `reset 1`, `closed`: with side and length. */
  events: string[];
  streams: [number[], number[]];
  gaps: [number, number];
  /** The same pieces with time, packet and file position. */
  pieces: { side: Side; length: number; time: number; packet: number; position: number }[];
}

const GAP_BYTE = 0x3f;

export class Recorder implements ConnectionObserver {
  readonly told: Told[] = [];
  /** Bytes of a gap are written into the stream up to this many. */
  gapBytes = 64;

  opened(connection: number): void {
    this.at(connection).events.push('opened');
  }

  data(
    connection: number,
    side: Side,
    bytes: Uint8Array,
    start: number,
    end: number,
    time: number,
    packet: number,
    position: number,
  ): void {
    const told = this.at(connection);
    told.events.push(`data ${side} ${end - start}`);
    for (let i = start; i < end; i++) told.streams[side].push(bytes[i]);
    told.pieces.push({ side, length: end - start, time, packet, position });
  }

  gap(connection: number, side: Side, length: number): void {
    const told = this.at(connection);
    told.events.push(`gap ${side} ${length}`);
    told.gaps[side] += length;
    for (let i = 0; i < Math.min(length, this.gapBytes); i++) told.streams[side].push(GAP_BYTE);
  }

  finished(connection: number, side: Side): void {
    this.at(connection).events.push(`finished ${side}`);
  }

  reset(connection: number, side: Side): void {
    this.at(connection).events.push(`reset ${side}`);
  }

  closed(connection: number): void {
    this.at(connection).events.push('closed');
  }

  text(connection: number, side: Side): string {
    return Buffer.from(this.at(connection).streams[side]).toString('latin1');
  }

  private at(connection: number): Told {
    this.told[connection] ??= { events: [], streams: [[], []], gaps: [0, 0], pieces: [] };
    return this.told[connection];
  }
}
