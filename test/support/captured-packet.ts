// What the capture writers take: packets with times, and how to write them.

export interface CapturedPacket {
  /** Nanoseconds since the capture's origin. */
  readonly time: number;
  readonly data: Uint8Array;
  /** Length on the wire where the capture holds less. Default the length of `data`. */
  readonly originalLength?: number;
}

export interface CaptureOptions {
  /** Seconds since 1970 of time 0. Default 1,700,000,000. */
  readonly origin?: number;
  readonly bigEndian?: boolean;
  /** Default microseconds, as most programs write. */
  readonly resolution?: 'microseconds' | 'nanoseconds';
  /** LINKTYPE number. Default Ethernet. */
  readonly linkType?: number;
  /** Packets are cut to this many bytes. Default 262,144. */
  readonly snapLength?: number;
}

export const DEFAULT_ORIGIN = 1_700_000_000;
export const DEFAULT_SNAP_LENGTH = 262_144;
