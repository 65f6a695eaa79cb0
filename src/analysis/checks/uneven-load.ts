// One process or endpoint of several that do the same work carries most of it, and queues.
import type { ProcessLoad } from '../../logs/process-load.js';
import type { Check } from '../check.js';
import type { Facts, Listener } from '../facts.js';
import { type Advice, type Evidence, type Finding, MAX_EVIDENCE } from '../finding.js';
import { counted, span } from './shared-evidence.js';

/** Below this many requests a share says nothing. */
const ENOUGH = 20;
/** The busiest carries at least this many times its even share. */
const UNEVEN = 1.5;

const ADVICE: readonly Advice[] = [
  {
    for: 'lighttpd',
    text:
      'It gives a request to the process with the lowest load, and the load counts connections, not work. "balance" in fastcgi.server ' +
      'chooses among hosts; more processes per host come from "max-procs".',
  },
  {
    for: 'nginx',
    text: '"least_conn" in the upstream group goes by requests in progress instead of taking turns; check "weight".',
  },
  { for: 'haproxy', text: '"balance leastconn", and check the servers\' "weight" and "maxconn".' },
  {
    for: 'application',
    text:
      'Processes that share one listening socket: blocking accept() spreads evenly, epoll with EPOLLEXCLUSIVE gives everything to one. ' +
      "Kept connections tie a web server's worker to a few processes.",
  },
];

export const unevenLoad: Check = {
  id: 'uneven-load',
  title: 'One process or endpoint carries the load while others idle',
  severity: 'warning',
  explanation: `Several endpoints (or processes) do the same work, but requests are not spread over them: the busiest has half as much again as its even share, or more, and requests wait there while the others have room.

Unevenness alone is no fault. An event-driven program wakes one process again and again at low load (400 of 400 requests to one of four processes with EPOLLEXCLUSIVE, where blocking accept() gave 100 each), and that costs nothing. It is reported only where the busiest one queues.

lighttpd balances by its "load" counter, which is the number of connections it has given to a process. Kept connections bind a web server's worker to the processes it happened to connect to.`,
  remedy: ADVICE,
  needs: ['payload'],
  run(facts) {
    if ((facts.tcpPackets === 0 || !facts.hasPayload) && facts.processes.length === 0) return 'not-applicable';
    return groups(facts).flatMap((group) => findingsOf(facts, group));
  },
};

/** What shares the work: its name, its requests, and whether requests wait for it. */
interface Share {
  readonly name: string;
  readonly requests: number;
  readonly queued: number;
}

/** Endpoints that run the same scripts, and processes that serve sockets of one name. */
function groups(facts: Facts): Share[][] {
  const byScript = new Map<number, Listener[]>();
  for (const listener of facts.listeners) {
    if (listener.protocol === 'tcp' || listener.requests.length === 0) continue;
    const script = mainScript(facts, listener);
    byScript.set(script, [...(byScript.get(script) ?? []), listener]);
  }
  const endpoints = [...byScript.values()].map((listeners) =>
    listeners.map((listener) => ({
      name: listener.endpoint,
      requests: listener.requests.length,
      queued: facts.queues[listener.index]?.waiting.length ?? 0,
    })),
  );
  const bySocket = new Map<string, ProcessLoad[]>();
  for (const process of facts.processes) {
    // lighttpd numbers the sockets of one backend: event.sock-0, event.sock-1; TCP ports count up.
    const backend = process.socket.replace(/-\d+$|:\d+$/, '');
    bySocket.set(backend, [...(bySocket.get(backend) ?? []), process]);
  }
  const processes = [...bySocket.values()].map((members) =>
    members.map((process) => ({
      name: `process ${process.pid} (${process.socket})`,
      requests: process.requests,
      queued: queuedAt(facts, process),
    })),
  );
  return [...endpoints, ...processes].filter((group) => group.length > 1);
}

/** The script that most of the first requests run; 0 where PARAMS name none. */
function mainScript(facts: Facts, listener: Listener): number {
  const counts = new Map<number, number>();
  for (const row of listener.requests.subarray(0, 1000)) {
    const script = facts.requests.script[row];
    counts.set(script, (counts.get(script) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 0;
}

function queuedAt(facts: Facts, process: ProcessLoad): number {
  const endpoint = process.socket.replace(/^tcp:/, '');
  const listener = facts.listeners.find((candidate) => candidate.endpoint === endpoint);
  return listener ? (facts.queues[listener.index]?.waiting.length ?? 0) : 0;
}

function findingsOf(facts: Facts, group: readonly Share[]): Finding[] {
  const total = group.reduce((sum, share) => sum + share.requests, 0);
  const sorted = [...group].sort((a, b) => b.requests - a.requests);
  const busiest = sorted[0];
  const even = total / group.length;
  if (total < ENOUGH || busiest.requests < even * UNEVEN || busiest.queued === 0) return [];
  const percent = (share: Share) => `${Math.round((share.requests / total) * 100)}%`;
  const evidence: Evidence[] = sorted.slice(0, MAX_EVIDENCE).map((share) => ({
    text: `${share.name}: ${counted(share.requests, 'request')} (${percent(share)})${share.queued > 0 ? `, ${share.queued} of them queued` : ''}`,
  }));
  return [
    {
      id: 'uneven-load',
      severity: 'warning',
      title: `${busiest.name} takes ${percent(busiest)} of the ${counted(total, 'request')} that ${group.length} share, and requests queue there`,
      detail:
        `An even share would be ${Math.round(100 / group.length)}%. ${counted(busiest.queued, 'request')} waited there for a free worker in the ` +
        `${span(facts.duration)} of the capture while others had less to do, so it is the distribution that makes them wait, not the ` +
        'number of workers.',
      count: busiest.requests,
      scope: { endpoint: busiest.name },
      evidence,
      advice: ADVICE,
    },
  ];
}
