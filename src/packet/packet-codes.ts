// What PacketDecoder.decode found a packet to be.

/** A TCP segment; the Segment is filled. */
export const TCP = 0;
/** Something else than TCP in IP, or TCP inside a tunnel (GRE, PPPoE, MPLS, IP in IP), which is not looked into. */
export const NOT_TCP = 1;
/** A fragment of an IP packet with TCP in it: the stream bytes in it are not decoded. */
export const FRAGMENT = 2;
/** A header that is cut, or whose lengths make no sense. */
export const MALFORMED = 3;
export const UNSUPPORTED_LINK = 4;
export type PacketCode = typeof TCP | typeof NOT_TCP | typeof FRAGMENT | typeof MALFORMED | typeof UNSUPPORTED_LINK;
