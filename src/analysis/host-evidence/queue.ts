// What the host shows of accept queues: connections that no process has, how long they wait, and what holds the workers.
import type { ListenerView, ProcessView } from '../../host/host-view.js';
import { counterDelta, type HostView } from '../../host/host-view.js';
import { waitingPlace } from '../../host/waiting-places.js';
import { counted, grouped, span } from '../checks/shared-evidence.js';
import { type Evidence, MAX_EVIDENCE } from '../finding.js';
import type { HostFinding } from './with-host.js';
import {
  forSpan,
  holderName,
  peerName,
  processEvidence,
  programsOf,
  queueEvidence,
  waitingEvidence,
  workersOf,
} from './words.js';

/** A busy application leaves connections in the queue for milliseconds. */
const LONG = 1e9;
/** Where waits cannot be told one by one: the queue was never seen empty for so long. */
const NEVER_EMPTY = 2e9;
/** Share of workers that idle connections hold. */
const PINNED = 0.8;

/** Connections wait in the queue for long. */
export function isStuck({ depth, longestWait, queuedFor }: ListenerView): boolean {
  return depth > 0 && (longestWait >= LONG || (Number.isNaN(longestWait) && queuedFor >= NEVER_EMPTY));
}

export function notAccepted(host: HostView): HostFinding[] {
  return host.listeners.filter(isStuck).map((listener) => {
    const waiting = listener.connections.filter(({ accepted }) => !accepted);
    const programs = programsOf(waiting);
    const { depth, longestWait, queuedFor, address } = listener;
    const long = Number.isNaN(longestWait)
      ? `the queue has not been empty for ${span(queuedFor)}`
      : `the longest has waited for ${span(longestWait)}`;
    return {
      severity: 'error',
      title: `${counted(depth, 'connection')} to ${address} ${depth === 1 ? 'is' : 'are'} not accepted: ${long}`,
      detail: [
        'The kernel has established them and no process has taken them: they stand in the accept queue of the listening socket, so',
        'whatever their requests ask for has not begun. It is no slow answer.',
        programs === '' ? '' : `Who waits: ${programs}.`,
        workersSentence(listener),
      ]
        .filter((sentence) => sentence !== '')
        .join(' '),
      count: depth,
      scope: { endpoint: address },
      evidence: [
        queueEvidence(listener),
        ...waitingEvidence(listener, 4),
        ...processEvidence(workersOf(host.processes, listener), 3),
      ],
    };
  });
}

function workersSentence({ workers }: ListenerView): string {
  const { count, busy, prefork } = workers;
  if (Number.isNaN(count)) return '';
  if (!prefork) return count === 1 ? 'One process listens.' : `${grouped(count)} processes listen.`;
  return busy === count
    ? `All ${counted(count, 'worker')} hold a connection.`
    : `${grouped(busy)} of ${counted(count, 'worker')} hold a connection.`;
}

export function allBusy(host: HostView): HostFinding[] {
  return [...busyWorkers(host), ...busyThreads(host)];
}

/** Of a program with a thread for each connection: as many are accepted as it has threads, and none stands in accept. */
function busyThreads(host: HostView): HostFinding[] {
  return host.listeners.flatMap((listener) => {
    const { activities, address, depth, workers } = listener;
    const processes = workersOf(host.processes, listener);
    const threads = processes.reduce((sum, process) => sum + process.threads, 0);
    const working = activities.working + activities.open;
    const places = new Set(processes.flatMap(({ waits }) => waits.map(waitingPlace)));
    // One thread may only look after the others.
    const isFull = working >= 2 && working >= threads - processes.length;
    if (workers.prefork || !isStuck(listener) || !isFull) return [];
    if (places.size === 0 || places.has('accept') || places.has('events') || places.has('poll')) return [];
    return [
      {
        severity: 'error' as const,
        title: `All threads of ${address} hold a connection (${grouped(working)} of them) while ${counted(depth, 'connection')} wait${depth === 1 ? 's' : ''} in the accept queue`,
        detail:
          'A thread serves one connection at a time, and none of them stands in accept: the next connection is accepted when one ' +
          'of them is done.',
        count: working,
        scope: { endpoint: address },
        evidence: [
          ...processEvidence(processes, MAX_EVIDENCE - 3),
          queueEvidence(listener),
          ...waitingEvidence(listener, 2),
        ],
      },
    ];
  });
}

function busyWorkers(host: HostView): HostFinding[] {
  return host.listeners
    .filter((listener) => isExhausted(listener) && parkedShare(listener) < PINNED)
    .map((listener) => {
      const { workers, address, depth } = listener;
      return {
        severity: 'error',
        title: `All ${counted(workers.count, 'worker')} of ${address} hold a connection while ${counted(depth, 'connection')} wait${depth === 1 ? 's' : ''} in the accept queue`,
        detail:
          'Each of these processes serves one connection at a time, so the next one is accepted when one of them is done. ' +
          'Below is what they do.',
        count: workers.count,
        scope: { endpoint: address },
        evidence: [...processEvidence(workersOf(host.processes, listener), MAX_EVIDENCE - 1), queueEvidence(listener)],
      };
    });
}

function isExhausted(listener: ListenerView): boolean {
  const { count, busy, prefork } = listener.workers;
  return isStuck(listener) && prefork && count > 0 && busy >= count;
}

/** Share of the workers that hold a connection on which nothing is asked. */
function parkedShare({ activities, workers, status }: ListenerView): number {
  const page = status?.kind === 'answered' ? status.pool.load : undefined;
  const fromPage = page && page.total > 0 ? page.workers.parked / page.total : 0;
  return Math.max(fromPage, workers.count > 0 ? activities.parked / workers.count : 0);
}

export function parkedWorkers(host: HostView): HostFinding[] {
  return host.listeners
    .filter((listener) => isExhausted(listener) && parkedShare(listener) >= PINNED)
    .map((listener) => {
      const { address, depth, workers } = listener;
      const parked = listener.connections.filter(({ activity }) => activity === 'parked');
      const count = parked.length || Math.round(parkedShare(listener) * workers.count);
      return {
        severity: 'error',
        title: `${counted(count, 'kept connection')} without a request hold${count === 1 ? 's' : ''} the workers of ${address} while ${counted(depth, 'connection')} wait${depth === 1 ? 's' : ''} in the accept queue`,
        detail:
          `All ${counted(workers.count, 'worker')} have a connection, and on these nothing has been sent since the last answer. A worker of ` +
          'such an application serves its connection until somebody closes it, so those who wait are accepted only then, although the ' +
          'processors are idle.',
        count,
        scope: { endpoint: address },
        evidence: [
          ...parked.slice(0, MAX_EVIDENCE / 2).map((connection) => ({
            text: `${peerName(connection)}, ${holderName(connection)}: idle${forSpan(connection.age)}`,
          })),
          queueEvidence(listener),
          ...waitingEvidence(listener, 2),
        ],
      };
    });
}

/** Threads wait for a lock, none in accept: whoever has the lock reads from a connection that does not go on. */
export function lockedAccept(host: HostView): HostFinding[] {
  return host.listeners.flatMap((listener) => {
    const { workers, address, depth } = listener;
    const processes = workersOf(host.processes, listener);
    if (!isStuck(listener) || !isLocked(processes)) return [];
    const held = listener.connections.filter(
      ({ activity, age }) => (activity === 'silent' || activity === 'working') && age >= LONG,
    );
    const threads = processes.reduce((sum, process) => sum + process.threads, 0);
    const accepted = listener.connections.filter((connection) => connection.accepted).length;
    // The main thread may only wait for the others.
    if (held.length === 0 || accepted >= threads - processes.length) return [];
    return [
      {
        severity: 'error' as const,
        title: `${counted(depth, 'connection')} to ${address} ${depth === 1 ? 'is' : 'are'} not accepted although ${grouped(threads - accepted)} of ${counted(threads, 'thread')} have nothing to do`,
        detail:
          'No thread stands in accept, and threads without a connection wait for a lock: whoever has that lock reads from a ' +
          `connection that does not go on. ${counted(held.length, 'connection')} may be that one.`,
        count: depth,
        scope: { endpoint: address },
        evidence: [
          ...held.slice(0, 3).map((connection): Evidence => {
            const sent =
              connection.bytesReceived > 0 ? `${counted(connection.bytesReceived, 'byte')} came` : 'no byte came';
            return {
              text: `${peerName(connection)}, ${holderName(connection)}: ${sent}, nothing${forSpan(connection.age)}`,
            };
          }),
          ...processEvidence(processes, 2),
          queueEvidence(listener),
          ...(workers.count > 0 ? waitingEvidence(listener, 2) : []),
        ],
      },
    ];
  });
}

function isLocked(processes: readonly ProcessView[]): boolean {
  const places = new Set(processes.flatMap(({ waits }) => waits.map(waitingPlace)));
  return places.has('lock') && !places.has('accept') && !places.has('events');
}

export function fullQueue(host: HostView): HostFinding[] {
  return host.listeners.flatMap((listener) => {
    const { full, drops, depth, address, kind, limit, webServer } = listener;
    const unknownLimit = kind === 'tcp' && Number.isNaN(limit) && Number.isNaN(drops);
    const overflows = counterDelta(host, 'TcpExt.ListenOverflows');
    const overflowed = drops > 0 || (unknownLimit && overflows > 0 && depth > 0);
    if (!full && !overflowed) return [];
    const connecting = webServer['SYN-SENT'] ?? 0;
    const blocked = kind === 'unix' ? host.blockedConnectors : [];
    const evidence: Evidence[] = [queueEvidence(listener)];
    if (drops > 0)
      evidence.push({ text: `this socket dropped ${counted(drops, 'connection attempt')} since the look before` });
    if (overflows > 0 && kind === 'tcp') {
      evidence.push({
        text: `ListenOverflows rose by ${grouped(overflows)}: all ports of the network namespace together`,
      });
    }
    if (connecting > 0)
      evidence.push({
        text: `${counted(connecting, 'SYN')} of this host ${connecting === 1 ? 'is' : 'are'} not answered yet (SYN-SENT)`,
      });
    for (const { name, pid } of blocked.slice(0, 3))
      evidence.push({ text: `${name}, pid ${pid} stands in connect, waiting for room` });
    return [
      {
        severity: 'error' as const,
        title: full
          ? `The accept queue of ${address} is full: ${counted(depth, 'connection')} in it`
          : `The accept queue of ${address} was full: ${drops > 0 ? counted(drops, 'connection attempt') : 'connection attempts'} dropped`,
        detail: `${whatHappens(kind, full)}${cappedSentence(host, listener)}`,
        count: Math.max(depth || 0, drops || 0, 1),
        scope: { endpoint: address },
        evidence: [...evidence, ...waitingEvidence(listener, 3)].slice(0, MAX_EVIDENCE),
      },
    ];
  });
}

function whatHappens(kind: ListenerView['kind'], full: boolean): string {
  const since = full ? 'While it is full' : 'When it was';
  return kind === 'unix'
    ? `${since}, connecting fails at once with EAGAIN ("Resource temporarily unavailable"), or a blocking connect waits without a word in any log. No counter of the kernel tells how often.`
    : `${since}, further SYNs are dropped without an answer, and whoever connects tries again after a second, then later and later.`;
}

function cappedSentence({ settings }: HostView, { limit, queues }: ListenerView): string {
  return queues.length === 1 && limit === settings.somaxconn
    ? ` Its limit of ${grouped(limit)} is net.core.somaxconn: the application may have asked for more.`
    : '';
}
