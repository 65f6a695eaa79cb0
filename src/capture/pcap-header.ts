// The 24-byte header of a classic pcap file (draft-ietf-opsawg-pcap, section 4), as libpcap understands it.

export const PCAP_HEADER_LENGTH = 24;

/** Order of the two lengths in a record: programs before version 2.3 wrote the original length first. */
export const LENGTHS_NORMAL = 0;
export const LENGTHS_SWAPPED = 1;
/** Version 2.3 was written both ways: the smaller one is the captured length. */
export const LENGTHS_EITHER = 2;

export interface PcapHeader {
  readonly littleEndian: boolean;
  /** Nanoseconds in a unit of a record's second time field: 1000 or 1. */
  readonly fractionUnit: 1000 | 1;
  readonly lengths: typeof LENGTHS_NORMAL | typeof LENGTHS_SWAPPED | typeof LENGTHS_EITHER;
  /** 0: no limit. */
  readonly snapLength: number;
  /** FCS bits masked. */
  readonly linkType: number;
}

const VARIANTS: ReadonlyMap<number, string> = new Map([
  [0xa1b2cd34, 'a modified pcap file (Alexey Kuznetzov’s patched libpcap)'],
  [0xa1b234cd, 'a modified pcap file (F. Mesquita’s patched libpcap)'],
  [0xa1e2cb12, 'a modified pcap file (an old patched libpcap)'],
  [0xa12b3c4d, 'a modified pcap file (Navtel)'],
  [0xa1b2c3cb, 'a modified pcap file (CBPF)'],
  [0x1c0001ac, 'an IXIA lcap file (hardware)'],
  [0x1c0001ab, 'an IXIA lcap file (software)'],
]);

/**
 * The magic number in either byte order: the number as it reads in the file's own order, and which that is.
 * `undefined` when the bytes are no pcap of any kind.
 */
export function pcapMagic(
  bytes: Uint8Array,
  at: number,
): { magic: number; littleEndian: boolean; variant: string | undefined } | undefined {
  const big = u32(bytes, at, false);
  const little = u32(bytes, at, true);
  for (const magic of [big, little]) {
    const variant = VARIANTS.get(magic);
    if (magic === 0xa1b2c3d4 || magic === 0xa1b23c4d || variant !== undefined)
      return { magic, littleEndian: magic === little, variant };
  }
  return undefined;
}

/**
 * Reads the header at `at`, where 24 bytes must be. Returns a string when the file cannot be read: what it is and why,
 * to be put after "cannot read FILE: ".
 */
export function readPcapHeader(bytes: Uint8Array, at: number): PcapHeader | string {
  const found = pcapMagic(bytes, at);
  if (found === undefined) return 'not a capture file';
  const { magic, littleEndian, variant } = found;
  if (variant !== undefined) return `${variant}, which is not supported`;
  const major = u16(bytes, at + 4, littleEndian);
  const minor = u16(bytes, at + 6, littleEndian);
  // 543.0 is what DG/UX wrote.
  if (!((major === 2 && minor <= 4) || (major === 543 && minor === 0)))
    return `pcap version ${major}.${minor} is not supported (at offset 4)`;
  const linkField = u32(bytes, at + 20, littleEndian);
  if (linkField & 0x03ff0000)
    return `the link type field 0x${linkField.toString(16).padStart(8, '0')} has reserved bits set (at offset 20)`;
  let lengths: PcapHeader['lengths'] = LENGTHS_NORMAL;
  if (major === 543 || minor < 3) lengths = LENGTHS_SWAPPED;
  else if (minor === 3) lengths = LENGTHS_EITHER;
  return {
    littleEndian,
    fractionUnit: magic === 0xa1b2c3d4 ? 1000 : 1,
    lengths,
    snapLength: u32(bytes, at + 16, littleEndian),
    linkType: linkField & 0xffff,
  };
}

function u16(bytes: Uint8Array, at: number, little: boolean): number {
  return little ? bytes[at] | (bytes[at + 1] << 8) : (bytes[at] << 8) | bytes[at + 1];
}

function u32(bytes: Uint8Array, at: number, little: boolean): number {
  return little
    ? u16(bytes, at, true) + u16(bytes, at + 2, true) * 65536
    : u16(bytes, at, false) * 65536 + u16(bytes, at + 2, false);
}
