// What a tap tells the analysis, in time order: the relay's words with times since the tap was opened.
import type { Side } from '../../model/side.js';

/** Times are milliseconds since the tap began to listen. */
export interface TapSink {
  /** `webServer` is undefined over AF_UNIX. */
  opened(
    connection: number,
    pair: number,
    webServer: { readonly address: string; readonly port: number } | undefined,
    time: number,
  ): void;
  connected(connection: number, time: number): void;
  failed(connection: number, code: string, time: number): void;
  /** bytes[start..end); what is in front of start may be written over. `position` is that in the side's stream. */
  data(
    connection: number,
    side: Side,
    bytes: Uint8Array,
    start: number,
    end: number,
    position: number,
    time: number,
  ): void;
  paused(connection: number, side: Side, time: number): void;
  resumed(connection: number, side: Side, time: number): void;
  /** `length`: bytes of the side's stream, those included that were left out. */
  finished(connection: number, side: Side, knew: boolean, length: number, time: number): void;
  reset(connection: number, side: Side, code: string, time: number): void;
  cut(connection: number, time: number): void;
  /** `paused`: milliseconds during which each side was not read. */
  closed(connection: number, paused: readonly [number, number], time: number): void;
  /** A fault was made on purpose: its name. */
  fault(connection: number, name: string, time: number): void;
  notAccepted(pair: number, code: string, time: number): void;
}
