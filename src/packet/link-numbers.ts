// LINKTYPE numbers of the link layers that are decoded (tcpdump.org/linktypes.html).

export const LINK_NULL = 0;
export const LINK_ETHERNET = 1;
/** DLT_RAW as some systems write it into files instead of LINKTYPE_RAW. */
export const LINK_RAW_BSD = 12;
export const LINK_RAW_OPENBSD = 14;
export const LINK_RAW = 101;
export const LINK_LOOP = 108;
export const LINK_SLL = 113;
export const LINK_IPV4 = 228;
export const LINK_IPV6 = 229;
export const LINK_SLL2 = 276;

export function isDecodedLinkType(linkType: number): boolean {
  switch (linkType) {
    case LINK_NULL:
    case LINK_ETHERNET:
    case LINK_RAW_BSD:
    case LINK_RAW_OPENBSD:
    case LINK_RAW:
    case LINK_LOOP:
    case LINK_SLL:
    case LINK_IPV4:
    case LINK_IPV6:
    case LINK_SLL2:
      return true;
    default:
      return false;
  }
}
