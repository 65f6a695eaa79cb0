// Between a relayed connection and the faults that are made in it, so that a relay without faults loads none of them.
import type { Side } from '../../model/side.js';

/** What faults can do with a connection. A `side` is the one that sends. */
export interface FaultyEnds {
  /** Passes bytes on. */
  forward(side: Side, bytes: Uint8Array): void;
  /** Passes the end of that side's stream on. */
  end(side: Side): void;
  /** Resets the connection, as if the application had; towards the application too. */
  reset(): void;
  /** Closes the connection as if the application had; what is on its way to the web server still gets there. */
  cutApplication(): void;
  /** Whether what that side sends can be written without waiting. */
  takes(side: Side): boolean;
  /** Reads that side, or stops reading it. */
  read(side: Side, wanted: boolean): void;
  /** A fault happens: its name. */
  tell(name: string): void;
}

/** A connection's faults: everything that arrives goes through them. */
export interface RelayFault {
  /** The bytes are only lent. */
  arrived(side: Side, bytes: Uint8Array): void;
  /** That side has ended its stream. */
  ended(side: Side): void;
  /** One side takes bytes again. */
  drained(): void;
  /** Whether that side is not to be read for now. */
  holds(side: Side): boolean;
  /** The connection is gone, or ended by the relay itself. */
  close(): void;
}

/** Those of a relay. */
export interface RelayFaultSource {
  connection(ends: FaultyEnds): RelayFault;
  /** Milliseconds for which the listener is to be closed now; 0: it stays. Asked at each accepted connection. */
  down(tell: (name: string) => void): number;
}
