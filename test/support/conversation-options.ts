// How a conversation and each packet of it are to be: see conversation.ts.
import type { Side } from '../../src/model/side.js';
import type { TcpFields } from './packet-builder.js';

export interface ConversationOptions {
  /** `host:port` of the two sides; the web server's side opens the connection. */
  readonly webServer: string;
  readonly application: string;
  /** Time of the first packet in seconds. Default 0. */
  readonly start?: number;
  /** Seconds between two packets. Default 0.00002. */
  readonly step?: number;
  /** Initial sequence numbers. Default numbers that follow from the ports and the start. */
  readonly webSequence?: number;
  readonly appSequence?: number;
  /** Most payload of one packet, and the option in the SYNs. Default 65,483, as on a loopback interface. */
  readonly mss?: number;
  /** Window scale of both sides, or false for none. Default 7. */
  readonly windowScale?: number | false;
  /** Whether packets carry the timestamp option. Default true. */
  readonly timestamps?: boolean;
}

export interface When {
  /** Seconds since the capture's origin. */
  readonly at?: number;
  /** Seconds after the packet before. */
  readonly after?: number;
}

export interface PacketOptions extends When {
  /** False: it was sent and arrived, but the capture misses it. Default true. */
  readonly captured?: boolean;
  /** False: the other side does not get it (until it is sent again, or `deliver()`), so it does not acknowledge it. */
  readonly delivered?: boolean;
  /** Times the capture holds the very same packet. Default 1. */
  readonly copies?: number;
  /** Fields that are to be other than they would be. */
  readonly fields?: Partial<TcpFields>;
}

export interface SendOptions extends PacketOptions {
  /** Whether a packet that only acknowledges follows. Default true, unless it was not delivered. */
  readonly acknowledge?: boolean;
}

export interface DataOptions extends SendOptions {
  /** Most payload of one packet. */
  readonly mss?: number;
  /** Order of the segments in the capture: [2, 0, 1] shows the third first. Those left out are not captured. */
  readonly order?: readonly number[];
  /** Segments (counted from 0) that are lost on the way: not captured, not delivered. */
  readonly lose?: readonly number[];
  /** The last segment carries the FIN. */
  readonly fin?: boolean;
}

/** A packet of a conversation before it gets a link layer. */
export interface ConversationPacket {
  /** Nanoseconds since the capture's origin. */
  readonly time: number;
  readonly side: Side;
  readonly fields: TcpFields;
}
