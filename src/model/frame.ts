// One captured packet, as a capture reader hands it on. The object and the buffer behind it are reused: whoever wants
// to keep bytes copies them before asking for the next frame.
//
// Fields that may outgrow 31 bits begin as NaN, here and in the other objects of the packet path: the engine then keeps
// them as doubles from the start. Begun as 0 they would be small integers until the first large value, which throws
// away the machine code of everything that ever touched the object.

const NO_BYTES = new Uint8Array(0);

export class Frame {
  /** The buffer that holds the packet; only offset .. offset + capturedLength belongs to it. */
  data: Uint8Array = NO_BYTES;
  offset = 0;
  /** Bytes in the capture; smaller than originalLength when a snapshot length cut the packet. */
  capturedLength = 0;
  originalLength = 0;
  /** LINKTYPE_ number (tcpdump.org/linktypes.html), FCS bits masked. */
  linkType = 0;
  /** Index of the capturing interface over the whole input (0 where the format knows none). */
  interfaceId = 0;
  /** Whole seconds since 1970 and nanoseconds within the second: exact, and no bigint a packet. */
  seconds = Number.NaN;
  nanoseconds = 0;
  /** 1-based, as in Wireshark's first column. */
  number = 0;
  /** What a tap's recording says of the connection that this packet refuses: an index of CONNECT_ERRORS, 0 for nothing. */
  connectError = 0;
  /** Byte position of the packet's data in the file (after decompression), for "index, then seek". */
  position = Number.NaN;

  constructor() {
    this.seconds = 0;
    this.position = 0;
  }
}
