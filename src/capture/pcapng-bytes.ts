// Numbers of pcapng blocks, and reading integers in the byte order of the section.

export const BLOCK_SECTION_HEADER = 0x0a0d0d0a;
export const BLOCK_INTERFACE_DESCRIPTION = 1;
export const BLOCK_PACKET = 2;
export const BLOCK_SIMPLE_PACKET = 3;
export const BLOCK_INTERFACE_STATISTICS = 5;
export const BLOCK_ENHANCED_PACKET = 6;

/** Type, length, and the length again at the end. */
export const SMALLEST_BLOCK = 12;
/** Longer blocks are taken for damage, as libpcap and Wireshark do. */
export const LARGEST_BLOCK = 16 * 1024 * 1024;

export function u16(bytes: Uint8Array, at: number, little: boolean): number {
  return little ? bytes[at] | (bytes[at + 1] << 8) : (bytes[at] << 8) | bytes[at + 1];
}

export function u32(bytes: Uint8Array, at: number, little: boolean): number {
  return little
    ? (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0
    : ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;
}

/** 64 bits as a number: exact up to 2^53. */
export function u64(bytes: Uint8Array, at: number, little: boolean): number {
  const first = u32(bytes, at, little);
  const second = u32(bytes, at + 4, little);
  return little ? second * 0x1_0000_0000 + first : first * 0x1_0000_0000 + second;
}

/** 64 bits, signed: exact between -2^53 and 2^53. */
export function i64(bytes: Uint8Array, at: number, little: boolean): number {
  const high = u32(bytes, little ? at + 4 : at, little) | 0;
  const low = u32(bytes, little ? at : at + 4, little);
  return high * 0x1_0000_0000 + low;
}
