// Hosts and ports as tcpdump prints them: numbers with -nn, names without.
import type { AddressTable } from '../model/address.js';

const HOST_NAME = /^(?=.*[A-Za-z])[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,252}[A-Za-z0-9_])?$/;

/**
 * Names of /etc/services that stand where web servers and applications listen, and the TCP services most often seen
 * beside them. Other names are refused: a guessed port would mix connections up.
 */
const SERVICES: ReadonlyMap<string, number> = new Map([
  ['ssh', 22],
  ['smtp', 25],
  ['domain', 53],
  ['http', 80],
  ['www', 80],
  ['http-alt', 8080],
  ['webcache', 8080],
  ['https', 443],
  ['https-alt', 8443],
  ['pcsync-https', 8443],
  ['socks', 1080],
  ['squid', 3128],
  ['ndl-aas', 3128],
  ['mysql', 3306],
  ['postgresql', 5432],
  ['postgres', 5432],
  ['redis', 6379],
  ['x11', 6000],
  ['memcache', 11211],
  ['memcached', 11211],
  ['hbci', 3000],
  ['remoteware-cl', 3000],
  ['terabase', 4000],
  ['commplex-main', 5000],
  ['upnp', 5000],
  ['commplex-link', 5001],
  ['afs3-fileserver', 7000],
  ['afs3-callback', 7001],
  ['irdmi', 8000],
  ['vcom-tunnel', 8001],
  ['teradataordbms', 8002],
  ['zope-ftp', 8021],
  ['sunproxyadmin', 8081],
  ['tproxy', 8081],
  ['us-cli', 8082],
  ['us-srv', 8083],
  ['radan-http', 8088],
  ['omniorb', 8088],
  ['ddi-tcp-1', 8888],
  ['cslistener', 9000],
  ['etlservicemgr', 9001],
  ['dynamid', 9002],
  ['sdr', 9010],
  ['websm', 9090],
  ['zeus-admin', 9090],
  ['jetdirect', 9100],
  ['hp-pdl-datastr', 9100],
  ['bacula-dir', 9101],
  ['bacula-fd', 9102],
  ['bacula-sd', 9103],
  ['wap-wsp', 9200],
  ['ndmp', 10000],
  ['webmin', 10000],
]);

/** A port number or a known service's name as a number, or -1. */
export function portNumber(text: string): number {
  if (/^\d{1,5}$/.test(text)) {
    const port = Number(text);
    return port <= 0xffff ? port : -1;
  }
  return SERVICES.get(text) ?? -1;
}

/** Whether the text can be a port or the name of a service. */
export function isPortOrService(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9_+*-]{0,31}$/.test(text);
}

/** The id of a host: an IPv4 or IPv6 address, or a name (`ipv6` says which localhost is meant); -1 if it is none. */
export function hostId(text: string, ipv6: boolean, addresses: AddressTable): number {
  if (text.length === 0 || text.length > 254) return -1;
  if (text.includes(':')) return ipv6Id(text, addresses);
  const address = ipv4Number(text);
  if (address !== -1) return addresses.ipv4(address);
  if (text === 'localhost' || text === 'localhost.localdomain') {
    return ipv6 ? addresses.ipv6(0, 0, 0, 1) : addresses.ipv4(0x7f000001);
  }
  if (text === 'ip6-localhost' || text === 'localhost6') return addresses.ipv6(0, 0, 0, 1);
  return HOST_NAME.test(text) ? addresses.named(text) : -1;
}

/** A dotted address as an unsigned number, or -1. */
function ipv4Number(text: string): number {
  let value = 0;
  let octet = -1;
  let octets = 0;
  for (let at = 0; at <= text.length; at++) {
    const code = at < text.length ? text.charCodeAt(at) : 0x2e;
    if (code === 0x2e) {
      if (octet === -1 || octets === 4) return -1;
      value = value * 256 + octet;
      octets++;
      octet = -1;
    } else if (code >= 0x30 && code <= 0x39) {
      octet = (octet === -1 ? 0 : octet * 10) + code - 0x30;
      if (octet > 255) return -1;
    } else return -1;
  }
  return octets === 4 ? value : -1;
}

function ipv6Id(text: string, addresses: AddressTable): number {
  const zone = text.indexOf('%');
  const groups = ipv6Groups(zone === -1 ? text : text.slice(0, zone));
  if (groups === undefined) return -1;
  const word = (at: number) => groups[at] * 0x10000 + groups[at + 1];
  return addresses.ipv6(word(0), word(2), word(4), word(6));
}

/** The eight groups of an IPv6 address (RFC 4291, 2.2), or undefined. */
function ipv6Groups(text: string): number[] | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = groupsOf(halves[0]);
  const tail = halves.length === 2 ? groupsOf(halves[1]) : [];
  if (head === undefined || tail === undefined) return undefined;
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  return [...head, ...new Array<number>(missing).fill(0), ...tail];
}

function groupsOf(text: string): number[] | undefined {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (let at = 0; at < parts.length; at++) {
    const part = parts[at];
    if (/^[0-9A-Fa-f]{1,4}$/.test(part)) groups.push(Number.parseInt(part, 16));
    else {
      const address = at === parts.length - 1 ? ipv4Number(part) : -1;
      if (address === -1) return undefined;
      groups.push(address >>> 16, address & 0xffff);
    }
    if (groups.length > 8) return undefined;
  }
  return groups;
}
