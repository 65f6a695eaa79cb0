// From what was gathered to the Snapshot: facts, summary, backends, findings.
import type { HostView } from '../host/host-view.js';
import type { ProcessLoad } from '../logs/process-load.js';
import type { CaptureProblem } from '../model/problem.js';
import { BY_NONE } from '../model/side.js';
import { arrivalsOf } from './arrivals.js';
import { describeBackends } from './backends.js';
import type { Check } from './check.js';
import type { Facts } from './facts.js';
import { type Finding, SEVERITIES } from './finding.js';
import { indexListeners, type LeftOut } from './listeners.js';
import type { Pipeline } from './pipeline.js';
import { joinProcesses } from './process-join.js';
import { modelQueue } from './queue-model.js';
import type { Input, InputFile, Snapshot } from './snapshot.js';
import { summarise } from './summary.js';

export interface Gathered {
  readonly pipeline: Pipeline;
  readonly files: readonly InputFile[];
  /** Problems of the readers. */
  readonly problems: readonly CaptureProblem[];
  readonly processes: readonly ProcessLoad[];
  readonly checks: readonly Check[];
  /** What the host shows, where it is looked at. */
  readonly host?: HostView | undefined;
}

export function conclude(gathered: Gathered): Snapshot {
  const facts = gatherFacts(gathered);
  const { origin } = gathered.pipeline;
  const findings = runChecks(gathered.checks, facts);
  const backends = describeBackends(facts);
  return {
    input: describeInput(gathered, facts),
    summary: summarise(facts),
    backends,
    processes: joinProcesses(facts, origin ? origin.seconds + origin.nanoseconds / 1e9 : Number.NaN),
    findings,
    host: gathered.host,
    facts,
  };
}

export function gatherFacts(gathered: Gathered): Facts {
  const facts = factsOf(gathered);
  facts.queues = facts.listeners.map((listener) => modelQueue(arrivalsOf(facts, listener), facts.duration));
  return facts;
}

/** The facts without the models of queues, which take longest; of listeners without what is left out. */
export function gatherTables(gathered: Gathered, leftOut: LeftOut): Facts {
  return factsOf(gathered, leftOut);
}

/**
 * Without the models of queues. Made in this one place: where some facts have other fields than others, or the same in
 * another order, V8 makes the loops over the tables anew for each kind, and a tap concludes for days.
 */
function factsOf(gathered: Gathered, leftOut?: LeftOut): Facts & { queues: Facts['queues'] } {
  const { pipeline } = gathered;
  const { session, tracker } = pipeline;
  clearUnixTimeWaits(pipeline);
  const { listeners, listenerOf } = indexListeners(session, pipeline.lastTime, { leftOut });
  const { counters } = tracker;
  const inputProblems = [...pipeline.problems, ...gathered.problems];
  const facts: Facts & { queues: Facts['queues'] } = {
    duration: pipeline.lastTime,
    hasPayload: !session.options.withoutPayload,
    tcpPackets: pipeline.tcpPackets,
    cut: gathered.files.some((file) => file.cut),
    inputProblems,
    tcp: {
      duplicates: counters.duplicates,
      retransmissions: counters.retransmissions,
      overlapConflicts: counters.overlapConflicts,
      gaps: counters.gaps,
      gapBytes: counters.gapBytes,
      snapped: counters.snapped,
      fragments: pipeline.fragments,
    },
    addresses: pipeline.addresses,
    strings: session.log.strings,
    connections: tracker.connections,
    conversations: session.conversations,
    requests: session.log.requests,
    log: session.log,
    foreign: session.foreign,
    listeners,
    listenerOf,
    processes: gathered.processes,
    host: gathered.host,
    queues: [],
  };
  addTcpProblems(inputProblems, facts);
  return facts;
}

/** AF_UNIX knows no TIME_WAIT: a recording of it only looks like TCP. */
function clearUnixTimeWaits({ addresses, tracker }: Pipeline): void {
  if (!addresses.hasStandIns) return;
  const { count, address1, timeWait } = tracker.connections;
  for (let row = 0; row < count; row++) if (addresses.isStandIn(address1[row])) timeWait[row] = BY_NONE;
}

function addTcpProblems(problems: CaptureProblem[], facts: Facts): void {
  const { tcp } = facts;
  const add = (code: string, count: number, detail: string) => {
    if (count > 0) problems.push({ code, count, detail });
  };
  add('duplicate-packets', tcp.duplicates, 'packets captured twice (as -i any does) are counted once');
  add('snapped-packets', tcp.snapped, 'packets cut by the snapshot length: the rest of their payload is unknown');
  add('stream-gaps', tcp.gaps, `${tcp.gapBytes} bytes of TCP streams are missing from the capture`);
  add(
    'overlap-conflicts',
    tcp.overlapConflicts,
    'bytes of overlapping segments that differed; the first copy was kept',
  );
  add('not-fastcgi', countOthers(facts), 'TCP connections that speak another protocol are left out');
}

/** Connections with payload that belong to no listener. */
function countOthers({ listeners, listenerOf, connections }: Facts): number {
  let others = 0;
  if (listeners.reduce((sum, listener) => sum + listener.connections.length, 0) === listenerOf.length) return others;
  for (let row = 0; row < listenerOf.length; row++) {
    if (listenerOf[row] === -1 && (connections.bytes0[row] > 0 || connections.bytes1[row] > 0)) others++;
  }
  return others;
}

function runChecks(checks: readonly Check[], facts: Facts): Finding[] {
  const findings: Finding[] = [];
  for (const check of checks) {
    const result = check.run(facts);
    if (result !== 'not-applicable') findings.push(...result);
  }
  return inOrder(findings);
}

/** Errors first; within a severity in the order of the checks, which is the order of importance. */
export function inOrder(findings: Finding[]): Finding[] {
  return findings.sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity));
}

export function describeInput(gathered: Gathered, facts: Facts): Input {
  const { pipeline, files } = gathered;
  return {
    files,
    packets: pipeline.packets,
    tcpPackets: pipeline.tcpPackets,
    bytes: files.reduce((sum, file) => sum + file.bytes, 0),
    firstTime: pipeline.origin,
    duration: facts.duration,
    leftOut: { packets: pipeline.leftOut, duration: pipeline.inputDuration },
    cut: facts.cut,
    problems: facts.inputProblems,
  };
}
