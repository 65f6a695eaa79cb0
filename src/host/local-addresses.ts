// The addresses of a network namespace from /proc/net/fib_trie and /proc/net/if_inet6: what os.networkInterfaces() says of
// our own, for the namespace of another process.
import { ipv6FromHex } from './host-address.js';

/** IPv4: leaves of the trie that are `host LOCAL`. */
export function localIpv4(fibTrie: string): Set<string> {
  const addresses = new Set<string>();
  let leaf = '';
  for (const line of fibTrie.split('\n')) {
    const match = /\|-- (\d+\.\d+\.\d+\.\d+)\s*$/.exec(line);
    if (match) leaf = match[1];
    else if (leaf !== '' && /\/32 host LOCAL/.test(line)) addresses.add(leaf);
  }
  return addresses;
}

/** IPv6, in the order of its bytes: not as /proc/net/tcp6 writes it. */
export function localIpv6(ifInet6: string): Set<string> {
  const addresses = new Set<string>();
  for (const line of ifInet6.split('\n')) {
    const match = /^([0-9a-f]{32}) /.exec(line);
    if (match) addresses.add(ipv6FromHex(match[1].replace(/(..)(..)(..)(..)/g, '$4$3$2$1')));
  }
  return addresses;
}
