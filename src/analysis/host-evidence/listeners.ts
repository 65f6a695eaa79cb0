// What the host shows of the listening socket itself: that it is gone, that its queue is shorter than asked for, that an
// overflow of it is answered with RST; and of the processes behind it.
import type { HostView, ListenerView, ProcessView } from '../../host/host-view.js';
import { counted, grouped, span } from '../checks/shared-evidence.js';
import { MAX_EVIDENCE } from '../finding.js';
import type { HostFinding } from './with-host.js';
import { processEvidence, workersOf } from './words.js';

/** A restart takes less. */
const GONE_FOR_GOOD = 60e9;
/** ... and a parent that is to keep a fixed number of workers starts the next one at once. */
const NOT_REPLACED = 3e9;
/** A parent that collects its children does it at once. */
const UNCOLLECTED = 5e9;
const NEARLY_ALL = 0.9;

export function nobodyListens(kind: ListenerView['kind']): (host: HostView) => HostFinding[] {
  return (host) =>
    host.listeners
      .filter((listener) => listener.kind === kind && (listener.state === 'closed' || listener.state === 'missing'))
      .map(({ address, state }) => ({
        severity: 'error',
        title: state === 'missing' ? `There is no socket ${address}` : `Nobody listens on ${address}`,
        detail:
          kind === 'tcp'
            ? 'It is an address of this host, and no socket listens there: whoever connects gets a RST, "Connection refused" (111).'
            : state === 'missing'
              ? 'The file does not exist, so connect() fails with ENOENT ("No such file or directory").'
              : 'The socket\'s file is left, and no process listens on it: connect() fails with ECONNREFUSED ("Connection refused").',
        count: 1,
        scope: { endpoint: address },
        evidence: [],
      }));
}

export function shorterThanAsked(host: HostView): HostFinding[] {
  const { somaxconn } = host.settings;
  return host.listeners.flatMap(({ address, limit, queues, configuration }) => {
    if (!configuration || queues.length !== 1 || Number.isNaN(limit)) return [];
    const { backlog, source, pool } = configuration;
    // -1 asks for as much as there is: less than that was the most when listen() was called.
    const asked = backlog < 0 ? somaxconn : backlog;
    if (!(asked > limit)) return [];
    const isCap = limit === somaxconn;
    return [
      {
        severity: 'warning' as const,
        title: `The accept queue of ${address} takes ${grouped(limit)} connections, not the ${grouped(asked)} that are asked for`,
        detail: isCap
          ? `net.core.somaxconn is ${grouped(somaxconn)} in this network namespace, and no queue is longer than that.`
          : `net.core.somaxconn is ${Number.isNaN(somaxconn) ? 'not known' : grouped(somaxconn)} now: the socket was made when it or the configuration was smaller, and keeps its limit until listen() is called again.`,
        count: 1,
        scope: { endpoint: address },
        evidence: [
          { text: `${source}, pool ${pool}: listen.backlog = ${backlog}` },
          { text: `Send-Q of the listening socket: ${grouped(limit)}` },
        ],
      },
    ];
  });
}

export function resetOnOverflow(host: HostView): HostFinding[] {
  if (host.settings.abortOnOverflow !== 1) return [];
  return host.listeners
    .filter(({ kind, full, drops }) => kind === 'tcp' && (full || drops > 0))
    .map(({ address, depth, limit }) => ({
      severity: 'error',
      title: `The full accept queue of ${address} answers with RST`,
      detail:
        'net.ipv4.tcp_abort_on_overflow is 1, so a handshake that is completed while the queue is full ends with a RST: the web server ' +
        'reports "Connection reset by peer" (104) for connections that the application has never seen.',
      count: 1,
      scope: { endpoint: address },
      evidence: [{ text: `Recv-Q ${grouped(depth)}, Send-Q ${grouped(limit)}` }],
    }));
}

export function fewerWorkers(host: HostView): HostFinding[] {
  return host.listeners.flatMap((listener) => {
    const { workers, address, configuration } = listener;
    const { count, most, fewerFor, defunct, defunctFor } = workers;
    const asked = configuration?.manager === 'static' && configuration.maxChildren === most;
    const fewer = fewerFor >= (asked ? NOT_REPLACED : GONE_FOR_GOOD);
    const dead = defunct > 0 && defunctFor >= UNCOLLECTED;
    if (!fewer && !dead) return [];
    const processes = host.processes.filter(({ role }) => role === 'defunct');
    return [
      {
        severity: 'error' as const,
        title: fewer
          ? `${address} has ${counted(count, 'worker')}, ${asked ? `configured are ${grouped(most)}` : `there were ${grouped(most)}`}`
          : `${counted(defunct, 'dead worker')} of ${address} ${defunct === 1 ? 'is' : 'are'} not collected by the parent`,
        detail: [
          fewer ? `There have been fewer for ${span(fewerFor)}: what died was not replaced.` : '',
          dead
            ? `${counted(defunct, 'child', 'children')} ended and ${defunct === 1 ? 'stays' : 'stay'} "defunct" for ${span(defunctFor)}: the parent has not called waitpid() for ${defunct === 1 ? 'it' : 'them'}, and does not know that a worker is missing.`
            : '',
        ]
          .filter((sentence) => sentence !== '')
          .join(' '),
        count: fewer ? most - count : defunct,
        scope: { endpoint: address },
        evidence: [
          ...processes
            .slice(0, 4)
            .map(({ pid, parent, name }) => ({ text: `${name}, pid ${pid}, child of ${parent}: dead, not collected` })),
          ...processEvidence(workersOf(host.processes, listener), MAX_EVIDENCE - 4),
        ],
      },
    ];
  });
}

/** The listener that a process serves or uses. */
function placeOf({ listeners, uses }: ProcessView): string | undefined {
  return listeners[0] ?? uses[0];
}

export function descriptorsTaken(host: HostView): HostFinding[] {
  const near = (process: ProcessView) => process.descriptors >= NEARLY_ALL * process.descriptorLimit;
  const addresses = [...new Set(host.processes.filter(near).map(placeOf))];
  return addresses.map((address) => {
    const processes = host.processes.filter((process) => near(process) && placeOf(process) === address);
    const none = processes.some(({ descriptors, descriptorLimit }) => descriptors >= descriptorLimit);
    return {
      severity: none ? 'error' : 'warning',
      title: `${counted(processes.length, 'process', 'processes')} of ${address} ${processes.length === 1 ? 'has' : 'have'} ${none ? 'no' : 'nearly no'} descriptors left`,
      detail:
        'Each connection takes a descriptor of the process that accepts or opens it, and so does each file. Without one, accept() fails ' +
        'with EMFILE ("Too many open files"): the process lives, and its queue grows.',
      count: processes.length,
      scope: address === undefined ? {} : { endpoint: address },
      evidence: processes.slice(0, MAX_EVIDENCE).map(({ name, pid, role, descriptors, descriptorLimit }) => ({
        text: `${name}, pid ${pid} (${role}): ${grouped(descriptors)} of ${grouped(descriptorLimit)} open`,
      })),
    };
  });
}
