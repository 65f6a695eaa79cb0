// One TCP segment, decoded in place. The object is reused for every packet: numbers only, and a view of the payload
// that is valid until the next frame is read. Fields that begin as NaN are doubles from the start (see frame.ts).

const NO_BYTES = new Uint8Array(0);

export const FIN = 0x01;
export const SYN = 0x02;
export const RST = 0x04;
export const PSH = 0x08;
export const ACK = 0x10;
export const URG = 0x20;

export class Segment {
  /** Addresses as ids of an AddressTable. */
  source = 0;
  destination = 0;
  sourcePort = 0;
  destinationPort = 0;
  /** Unsigned 32-bit. */
  sequence = Number.NaN;
  acknowledgment = Number.NaN;
  /** The low 8 flag bits (FIN .. CWR). */
  flags = 0;
  /** The window field as it stands, not scaled. */
  window = 0;
  /** Window scale option, or -1. */
  windowScale = -1;
  /** TSval of the timestamp option, or -1. */
  timestampValue = Number.NaN;
  /** The TCP checksum field and the IPv4 identification, as they stand: they tell a duplicate from a retransmission. */
  checksum = 0;
  identification = 0;
  /** Set where the same packet can be captured more than once: link types of `-i any`, or several interfaces. */
  mayBeDuplicated = false;
  /** Payload that was captured: data[payloadOffset .. payloadOffset + payloadLength). */
  data: Uint8Array = NO_BYTES;
  payloadOffset = 0;
  payloadLength = 0;
  /** Payload bytes on the wire, after the IP header's length; more than payloadLength when the packet was snapped. */
  wireLength = 0;
  /** Nanoseconds since the first packet of the input. */
  time = Number.NaN;
  /** Packet number over the whole input, from 1. */
  packet = 0;
  /** Byte position of the payload in its file, for "index, then seek"; -1 where there is none. */
  position = Number.NaN;

  constructor() {
    this.sequence = 0;
    this.acknowledgment = 0;
    this.timestampValue = -1;
    this.time = 0;
    this.position = -1;
  }
}
