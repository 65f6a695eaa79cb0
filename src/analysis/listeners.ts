// Which endpoints are FastCGI or SCGI listeners, and which connections and requests are theirs.
import { Endings } from './endings.js';
import type { Facts, Listener } from './facts.js';
import type { Session } from './session.js';
import { isSmoothConnection } from './smooth-connections.js';
import { isSmooth } from './smooth-requests.js';

export interface ListenerIndex {
  readonly listeners: Listener[];
  readonly listenerOf: Int32Array;
}

/** Rows of connections and requests that are left out, as 1 in the place of each. */
export interface LeftOut {
  readonly connections: Uint8Array;
  readonly requests: Uint8Array;
}

/**
 * Groups the session's connections by listener. Connections without payload count for listeners found by others.
 * `listenerOf` knows those that are left out as well: requests that are not may be theirs.
 */
export function indexListeners(session: Session, leftOut?: LeftOut): ListenerIndex {
  const { connections, addresses, conversations, foreign, log, options } = session;
  const count = connections.count;
  const listenerOf = new Int32Array(count).fill(-1);
  const byKey = new Map<number, number>();
  const keys: number[] = [];
  const sizes: number[] = [];
  const namedPorts = new Map(options.named.map(({ port, protocol }) => [port, protocol]));
  // Mostly the same as the connection before.
  let lastKey = -1;
  let index: number | undefined;
  for (let row = 0; row < count; row++) {
    const port = connections.port1[row];
    const key = connections.address1[row] * 65536 + port;
    if (key !== lastKey) index = byKey.get(key);
    lastKey = key;
    if (index === undefined) {
      const known = session.listeners.has(key) || namedPorts.has(port) || session.expected.has(key);
      if (!options.withoutPayload && !known) continue;
      index = keys.length;
      byKey.set(key, index);
      keys.push(key);
      sizes.push(0);
    }
    listenerOf[row] = index;
    if (leftOut?.connections[row] !== 1) sizes[index]++;
  }
  const rows = sizes.map((size) => new Uint32Array(size));
  const filled = sizes.map(() => 0);
  const requestCounts = sizes.map(() => 0);
  const endings = sizes.map(() => new Endings());
  const roughConnections = sizes.map((): number[] => []);
  for (let row = 0; row < count; row++) {
    const index = listenerOf[row];
    if (index === -1) continue;
    requestCounts[index] += conversations.requests[row];
    if (leftOut?.connections[row] === 1) continue;
    rows[index][filled[index]++] = row;
    endings[index].count(connections, row);
    const isForeign = foreign.size > 0 && (foreign.has(row * 2) || foreign.has(row * 2 + 1));
    if (isForeign || !isSmoothConnection(connections, conversations, log.requests, row))
      roughConnections[index].push(row);
  }
  // Of a live source, old requests of a connection may be gone.
  const requests = requestCounts.map((size) => new Uint32Array(Math.min(size, log.requests.count)));
  const requestFilled = sizes.map(() => 0);
  const rough = sizes.map((): number[] => []);
  const { connection } = log.requests;
  for (let row = 0; row < log.requests.count; row++) {
    const index = listenerOf[connection[row]];
    if (index === -1 || leftOut?.requests[row] === 1) continue;
    requests[index][requestFilled[index]++] = row;
    if (!isSmooth(log.requests, connections, row)) rough[index].push(row);
  }
  const listeners = keys.map((key, index): Listener => {
    const port = key % 65536;
    const address = (key - port) / 65536;
    const protocol =
      session.listeners.get(key) ?? namedPorts.get(port) ?? (session.expected.has(key) ? 'fastcgi' : 'tcp');
    const named = namedPorts.has(port);
    return {
      index,
      endpoint: addresses.endpoint(address, port),
      address,
      port,
      protocol,
      named,
      inSummary: protocol !== 'scgi' || named,
      connections: rows[index],
      endings: endings[index],
      roughConnections: Uint32Array.from(roughConnections[index]),
      requests: requests[index].subarray(0, requestFilled[index]),
      roughRequests: Uint32Array.from(rough[index]),
    };
  });
  return { listeners, listenerOf };
}

/** The rows of all listeners that the summary counts. */
export function summaryListeners(facts: Facts): Listener[] {
  return facts.listeners.filter((listener) => listener.inSummary);
}
