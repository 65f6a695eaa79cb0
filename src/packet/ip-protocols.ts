// Numbers of IP protocols and IPv6 extension headers (IANA protocol numbers), and the header IPv4 and IPv6 share.

export const PROTOCOL_HOP_BY_HOP = 0;
export const PROTOCOL_TCP = 6;
export const PROTOCOL_ROUTING = 43;
export const PROTOCOL_FRAGMENT = 44;
export const PROTOCOL_AH = 51;
export const PROTOCOL_DESTINATION_OPTIONS = 60;
export const PROTOCOL_MOBILITY = 135;
export const PROTOCOL_HIP = 139;
export const PROTOCOL_SHIM6 = 140;

/** Length in bytes of the Authentication Header at `at` (RFC 4302, section 2.2); 0 when it is cut. */
export function authenticationHeaderLength(data: DataView, at: number, end: number): number {
  if (end - at < 12) return 0;
  const length = (data.getUint8(at + 1) + 2) << 2;
  return length > end - at ? 0 : length;
}
