// Words that findings from the host share: who waits, who holds what, and how long.
import type { ConnectionView, ListenerView, ProcessView } from '../../host/host-view.js';
import { counted, grouped, span } from '../checks/shared-evidence.js';
import { type Evidence, MAX_EVIDENCE } from '../finding.js';

/** `127.0.0.1:40001 (nginx, pid 812)`, `nginx, pid 812`, `a unix socket`. */
export function peerName({ key, peer }: ConnectionView): string {
  const isAddress = !/^(peer|socket|unknown) /.test(key);
  const who = peer === undefined ? '' : `${peer.name}, pid ${peer.pid}`;
  if (isAddress) return who === '' ? key : `${key} (${who})`;
  return who === '' ? 'a process that is not known' : who;
}

/** `held by php-fpm8.2, pid 900`. */
export function holderName({ owner }: ConnectionView): string {
  return owner === undefined ? 'by a process that is not known' : `by ${owner.name}, pid ${owner.pid}`;
}

/** `for 2.1 s`; '' where it is not known. */
export function forSpan(age: number): string {
  return age > 0 ? ` for ${span(age)}` : '';
}

/** `3 wait, at most 3 may (Recv-Q 3, Send-Q 2)` */
export function queueEvidence({ depth, limit, queues, full }: ListenerView): Evidence {
  const several = queues.length > 1 ? ` over ${counted(queues.length, 'listening socket')}` : '';
  const text = Number.isNaN(limit)
    ? `${counted(depth, 'connection')} in the accept queue${several}; its limit is not known`
    : `Recv-Q ${grouped(depth)}, Send-Q ${grouped(limit)}${several}: ${full ? 'full' : 'not full'}`;
  return { text };
}

/** Connections of the accept queue, the longest wait first. */
export function waitingEvidence(listener: ListenerView, most: number): Evidence[] {
  const waiting = listener.connections.filter(({ accepted }) => !accepted);
  waiting.sort((a, b) => (b.age || 0) - (a.age || 0));
  return waiting.slice(0, Math.min(most, MAX_EVIDENCE)).map((connection) => {
    const { activity, bytesReceived, age } = connection;
    const sent = Number.isNaN(bytesReceived)
      ? ''
      : bytesReceived > 0
        ? ', its request is sent'
        : ', it has sent nothing';
    const gone = activity === 'abandoned' ? ', and the web server has closed it' : '';
    return { text: `${peerName(connection)} waits${forSpan(age)}${sent}${gone}` };
  });
}

/** What the processes of the listener do, those with a connection first. */
export function processEvidence(processes: readonly ProcessView[], most: number): Evidence[] {
  return [...processes]
    .sort((a, b) => b.connections - a.connections)
    .slice(0, most)
    .map(({ pid, name, doing, method, uri, requestTime, connections }) => {
      const request = uri === '' ? '' : `: ${method} ${uri}${forSpan(requestTime)}`;
      const held = connections > 1 ? `, ${counted(connections, 'connection')}` : '';
      return { text: `${name}, pid ${pid}${held}: ${doing}${request}` };
    });
}

/** The workers of a listener. */
export function workersOf(processes: readonly ProcessView[], { address }: ListenerView): ProcessView[] {
  return processes.filter(({ role, listeners }) => role === 'worker' && listeners.includes(address));
}

/** `nginx (3), curl (1)`: who waits, by program. */
export function programsOf(connections: readonly ConnectionView[]): string {
  const counts = new Map<string, number>();
  for (const { peer } of connections) if (peer) counts.set(peer.name, (counts.get(peer.name) ?? 0) + 1);
  return [...counts]
    .sort((a, b) => b[1] - a[1])
    .slice(0, 4)
    .map(([name, count]) => `${name} (${grouped(count)})`)
    .join(', ');
}
