// Addresses as the kernel prints them under /proc/net and as ss prints them, brought to one spelling: `127.0.0.1`, `::1`,
// IPv4 behind an IPv6 socket as IPv4.

/** `0100007F`: an IPv4 address as one number in the machine's byte order (little-endian on all common ones). */
export function ipv4FromHex(hex: string): string {
  const value = Number.parseInt(hex, 16);
  return `${value & 255}.${(value >>> 8) & 255}.${(value >>> 16) & 255}.${value >>> 24}`;
}

/** 32 digits: four such numbers. IPv4-mapped addresses come out as IPv4. */
export function ipv6FromHex(hex: string): string {
  const groups: number[] = [];
  for (let word = 0; word < 4; word++) {
    const at = word * 8;
    const byte = (index: number) => Number.parseInt(hex.slice(at + index * 2, at + index * 2 + 2), 16);
    groups.push((byte(3) << 8) | byte(2), (byte(1) << 8) | byte(0));
  }
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (isMapped) return `${groups[6] >>> 8}.${groups[6] & 255}.${groups[7] >>> 8}.${groups[7] & 255}`;
  return compressed(groups);
}

/** RFC 5952: the longest run of zeros is left out. */
function compressed(groups: readonly number[]): string {
  let start = -1;
  let length = 1;
  for (let i = 0; i < groups.length; i++) {
    let run = 0;
    while (groups[i + run] === 0) run++;
    if (run > length) {
      start = i;
      length = run;
    }
    i += run;
  }
  const text = (part: readonly number[]) => part.map((group) => group.toString(16)).join(':');
  return start < 0 ? text(groups) : `${text(groups.slice(0, start))}::${text(groups.slice(start + length))}`;
}

/** Splits what ss prints, `[::1]:9000` or `127.0.0.1%lo:80`; undefined where it is no address with a port. */
export function splitEndpoint(text: string): { readonly address: string; readonly port: number } | undefined {
  const colon = text.lastIndexOf(':');
  const port = text.slice(colon + 1);
  if (colon < 0 || !/^\d{1,5}$|^\*$/.test(port)) return undefined;
  const address = text
    .slice(0, colon)
    .replace(/^\[|\]$/g, '')
    .replace(/%.*$/, '');
  return { address: plainAddress(address), port: port === '*' ? 0 : Number(port) };
}

/** One spelling: `*` and `::` are the same to whoever connects, IPv4-mapped is IPv4. */
export function plainAddress(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped) return mapped[1];
  return address === '*' ? '::' : address.toLowerCase();
}

/** Takes connections to any address of the host. */
export function isWildcard(address: string): boolean {
  return address === '0.0.0.0' || address === '::' || address === '*';
}

export function isLoopback(address: string): boolean {
  return address === '::1' || /^127\./.test(address);
}

/** `127.0.0.1:9000`, `[::1]:9000`. */
export function endpointText(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
