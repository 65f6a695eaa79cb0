// The bounds of the tracker: how long a hole is waited for, how much is buffered, what counts as far away.

/** All optional; times in nanoseconds, sizes in bytes. */
export interface TrackerLimits {
  /** Out-of-order data of one connection's direction; beyond it the hole is given up. */
  connectionBuffer: number;
  /** Segments buffered for one direction; beyond it the hole is given up. */
  connectionSegments: number;
  /** Memory for out-of-order data of all connections. */
  totalBuffer: number;
  /** An acknowledged hole is given up when more than this lies buffered beyond it ... */
  holeBytes: number;
  /** ... or more segments than this ... */
  holeSegments: number;
  /** ... or when it is older than this. */
  holeTime: number;
  /** ... or than this, when the receiver goes on to send data of its own. */
  answeredHoleTime: number;
  /** A hole of a capture that shows one direction only is given up after this time. */
  oneSidedHoleTime: number;
  /** Equal packets within this time are copies, where the capture can hold copies. */
  duplicateTime: number;
  /** Sequence numbers further ahead than this are believed only when the next segment confirms them. */
  farAhead: number;
  /** A hole filled after this time was filled by a retransmission (tshark's threshold), before it by reordering. */
  reorderTime: number;
  /** A SYN with the old sequence number, this long after both sides closed, opens a new connection. */
  reopenTime: number;
  /** Seed of the connection index; any number. The results do not depend on it. */
  seed: number;
}

const MILLISECOND = 1e6;
const SECOND = 1e9;

export const DEFAULT_LIMITS: Readonly<Omit<TrackerLimits, 'seed'>> = {
  connectionBuffer: 1 << 20,
  connectionSegments: 1024,
  totalBuffer: 64 << 20,
  holeBytes: 64 << 10,
  holeSegments: 100,
  holeTime: SECOND,
  answeredHoleTime: 10 * MILLISECOND,
  oneSidedHoleTime: 3 * SECOND,
  duplicateTime: 10 * MILLISECOND,
  farAhead: 16 << 20,
  reorderTime: 3 * MILLISECOND,
  reopenTime: SECOND,
};
