// The kernel's counters of a network namespace: /proc/net/netstat and /proc/net/snmp (a line of names, a line of values),
// /proc/net/sockstat, and what the counters that matter here mean.
import type { SocketTotals } from '../model/host-sample.js';

export interface CounterMeaning {
  readonly name: string;
  readonly meaning: string;
}

/** Those that say something about connections to an application. Not every kernel has all of them. */
export const COUNTERS: readonly CounterMeaning[] = [
  { name: 'TcpExt.ListenOverflows', meaning: 'a connection found an accept queue full' },
  { name: 'TcpExt.ListenDrops', meaning: 'a connection was dropped by a listening socket, a full queue included' },
  { name: 'TcpExt.TCPReqQFullDrop', meaning: 'a SYN was dropped because too many handshakes were under way' },
  { name: 'TcpExt.TCPReqQFullDoCookies', meaning: 'a SYN was answered with a cookie for the same reason' },
  { name: 'TcpExt.SyncookiesSent', meaning: 'SYN cookies sent' },
  { name: 'TcpExt.SyncookiesRecv', meaning: 'connections made from SYN cookies' },
  { name: 'TcpExt.SyncookiesFailed', meaning: 'answers to SYN cookies that were none' },
  {
    name: 'TcpExt.EmbryonicRsts',
    meaning: 'a handshake was ended by a RST (tcp_abort_on_overflow among other causes)',
  },
  { name: 'TcpExt.TCPSynRetrans', meaning: 'SYNs and SYN-ACKs sent again' },
  { name: 'TcpExt.TCPTimeouts', meaning: 'retransmission timers that ran out' },
  { name: 'TcpExt.TW', meaning: 'sockets that left TIME_WAIT when its minute was over' },
  { name: 'TcpExt.TWRecycled', meaning: 'sockets in TIME_WAIT whose port was taken for a new connection' },
  { name: 'TcpExt.TCPTimeWaitOverflow', meaning: 'no TIME_WAIT could be kept: tcp_max_tw_buckets is reached' },
  { name: 'TcpExt.TCPAbortOnData', meaning: 'a socket was closed, and data came for it afterwards: RST' },
  { name: 'TcpExt.TCPAbortOnClose', meaning: 'a socket was closed with data in it that nobody had read: RST' },
  { name: 'TcpExt.TCPAbortOnTimeout', meaning: 'a connection was given up after its last retransmission' },
  { name: 'TcpExt.TCPAbortOnMemory', meaning: 'a connection was given up for want of memory' },
  { name: 'TcpExt.TCPBacklogDrop', meaning: 'a segment was dropped because its socket was busy for too long' },
  { name: 'Tcp.ActiveOpens', meaning: 'connections opened by this host' },
  { name: 'Tcp.PassiveOpens', meaning: 'connections accepted by the kernel of this host' },
  { name: 'Tcp.AttemptFails', meaning: 'handshakes that failed, refused ones among them' },
  { name: 'Tcp.EstabResets', meaning: 'established connections that ended with a RST' },
  { name: 'Tcp.OutRsts', meaning: 'RSTs sent' },
  { name: 'Tcp.RetransSegs', meaning: 'segments sent again' },
];

const WANTED: ReadonlySet<string> = new Set(COUNTERS.map(({ name }) => name));

/** Adds the wanted counters of /proc/net/netstat or /proc/net/snmp to the map. */
export function addCounters(text: string, counters: Map<string, number>): void {
  let group = '';
  let names: readonly string[] = [];
  for (const line of text.split('\n')) {
    const colon = line.indexOf(': ');
    if (colon <= 0) continue;
    const words = line
      .slice(colon + 2)
      .trim()
      .split(/\s+/);
    if (line.slice(0, colon) !== group || names.length === 0) {
      group = line.slice(0, colon);
      names = words;
      continue;
    }
    for (let i = 0; i < names.length && i < words.length; i++) {
      const name = `${group}.${names[i]}`;
      if (WANTED.has(name) && /^\d+$/.test(words[i])) counters.set(name, Number(words[i]));
    }
    names = [];
  }
}

/** The `TCP:` line of /proc/net/sockstat. */
export function parseSocketTotals(text: string): SocketTotals {
  const line = /^TCP: (.*)$/m.exec(text)?.[1] ?? '';
  const value = (name: string) => Number(new RegExp(`(?:^| )${name} (\\d+)`).exec(line)?.[1] ?? Number.NaN);
  return { inUse: value('inuse'), orphans: value('orphan'), timeWait: value('tw') };
}
