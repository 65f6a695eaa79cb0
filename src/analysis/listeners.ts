// Which endpoints are FastCGI or SCGI listeners, and which connections and requests are theirs.
import { Endings } from './endings.js';
import type { Facts, Listener } from './facts.js';
import { RequestFigures } from './request-figures.js';
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

/** Which rows are gone through; all, unless it says. */
export interface WhichRows {
  readonly leftOut?: LeftOut | undefined;
  /** Only so many of the first requests. */
  readonly most?: number;
}

/** What is gathered of a listener while the tables are gone through. */
class Group {
  readonly endings = new Endings();
  readonly roughConnections: number[] = [];
  readonly roughRequests: number[] = [];
  /** Room that is needed, and then that and how much of it is filled. */
  connectionsToCome = 0;
  requestsToCome = 0;
  connections = new Uint32Array(0);
  connectionCount = 0;
  figures!: RequestFigures;

  /** @param key address * 65536 + port */
  constructor(readonly key: number) {}
}

/**
 * Groups the session's connections by listener. Connections without payload count for listeners found by others.
 * `listenerOf` knows those that are left out as well: requests that are not may be theirs.
 * @param duration of the input, in nanoseconds
 */
export function indexListeners(
  session: Session,
  duration: number,
  { leftOut, most = Number.POSITIVE_INFINITY }: WhichRows = {},
): ListenerIndex {
  const listenerOf = new Int32Array(session.connections.count);
  const named: NamedPorts = new Map(session.options.named.map(({ port, protocol }) => [port, protocol]));
  const groups = groupsOf(session, named, listenerOf, leftOut?.connections);
  const { requests } = session.log;
  const count = Math.min(requests.count, most);
  const tables = { requests, connections: session.connections, duration };
  for (const group of groups) {
    group.connections = new Uint32Array(group.connectionsToCome);
    // Of a live source, old requests of a connection may be gone.
    group.figures = new RequestFigures(tables, Math.min(group.requestsToCome, count));
  }
  takeConnections(session, groups, listenerOf, leftOut?.connections);
  takeRequests(session, count, groups, listenerOf, leftOut?.requests);
  return { listeners: groups.map((group, index) => listenerFrom(session, named, group, index)), listenerOf };
}

/** What a port that was named with -d speaks. */
type NamedPorts = ReadonlyMap<number, 'fastcgi' | 'scgi'>;

/** What a listener speaks; undefined where nothing says that somebody listens there. */
function protocolOf(session: Session, named: NamedPorts, key: number): 'fastcgi' | 'scgi' | undefined {
  return session.listeners.get(key) ?? named.get(key % 65536) ?? (session.expected.has(key) ? 'fastcgi' : undefined);
}

// A loop each, in a function of its own: a tap runs them for days, and what is one loop's affair would have the machine
// code of all three made anew.

/** Finds the listeners, which listener is whose (-1: nobody's), and how much there will be of each. */
function groupsOf(
  session: Session,
  named: NamedPorts,
  listenerOf: Int32Array,
  leftOut: Uint8Array | undefined,
): Group[] {
  const { connections, conversations, options } = session;
  const { address1, port1 } = connections;
  const byKey = new Map<number, number>();
  const groups: Group[] = [];
  // Mostly the same as the connection before.
  let lastKey = -1;
  let index = -1;
  for (let row = 0; row < listenerOf.length; row++) {
    const key = address1[row] * 65536 + port1[row];
    if (key !== lastKey) index = byKey.get(key) ?? -1;
    lastKey = key;
    if (index === -1 && (options.withoutPayload || protocolOf(session, named, key) !== undefined)) {
      index = groups.length;
      byKey.set(key, index);
      groups.push(new Group(key));
    }
    listenerOf[row] = index;
    if (index === -1) continue;
    const group = groups[index];
    group.requestsToCome += conversations.requests[row];
    if (leftOut?.[row] !== 1) group.connectionsToCome++;
  }
  return groups;
}

function takeConnections(
  session: Session,
  groups: readonly Group[],
  listenerOf: Int32Array,
  leftOut: Uint8Array | undefined,
): void {
  const { connections, conversations, foreign, log } = session;
  for (let row = 0; row < listenerOf.length; row++) {
    const index = listenerOf[row];
    if (index === -1 || leftOut?.[row] === 1) continue;
    const group = groups[index];
    group.connections[group.connectionCount++] = row;
    group.endings.count(connections, row);
    const isForeign = foreign.size > 0 && (foreign.has(row * 2) || foreign.has(row * 2 + 1));
    if (isForeign || !isSmoothConnection(connections, conversations, log.requests, row))
      group.roughConnections.push(row);
  }
}

function takeRequests(
  { connections, log: { requests } }: Session,
  count: number,
  groups: readonly Group[],
  listenerOf: Int32Array,
  leftOut: Uint8Array | undefined,
): void {
  const { connection } = requests;
  for (let row = 0; row < count; row++) {
    const index = listenerOf[connection[row]];
    if (index === -1 || leftOut?.[row] === 1) continue;
    const group = groups[index];
    group.figures.add(row);
    if (!isSmooth(requests, connections, row)) group.roughRequests.push(row);
  }
}

function listenerFrom(session: Session, named: NamedPorts, group: Group, index: number): Listener {
  const { key } = group;
  const port = key % 65536;
  const address = (key - port) / 65536;
  const protocol = protocolOf(session, named, key) ?? 'tcp';
  return {
    index,
    endpoint: session.addresses.endpoint(address, port),
    address,
    port,
    protocol,
    named: named.has(port),
    inSummary: protocol !== 'scgi' || named.has(port),
    connections: group.connections,
    endings: group.endings,
    roughConnections: Uint32Array.from(group.roughConnections),
    requests: group.figures.finish(),
    figures: group.figures,
    roughRequests: Uint32Array.from(group.roughRequests),
  };
}

/** The rows of all listeners that the summary counts. */
export function summaryListeners(facts: Facts): Listener[] {
  return facts.listeners.filter((listener) => listener.inSummary);
}
