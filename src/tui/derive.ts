// What the screens need of a snapshot beyond its figures, worked out once: which rows stand out and why, how many
// connections ended how, and what happened when.
import type { Facts } from '../analysis/facts.js';
import type { Finding } from '../analysis/finding.js';
import type { Snapshot } from '../analysis/snapshot.js';
import { CONNECTION_STATES } from '../tcp/connection-table.js';
import { type EventRow, eventSteps } from './events.js';

/** When a connection waited in the accept queue, as far as the queue model explains it; nanoseconds. */
export interface Queued {
  readonly from: number;
  readonly until: number;
  readonly listener: number;
}

export interface Derived {
  /** By connection row. */
  readonly queued: ReadonlyMap<number, Queued>;
  /** Findings (places in snapshot.findings) that name the connection, or the request, as evidence. */
  readonly evidence: ReadonlyMap<number, readonly number[]>;
  readonly requestEvidence: ReadonlyMap<number, readonly number[]>;
  /** Connections of the summary's listeners by conn_state, the most frequent first. */
  readonly states: readonly (readonly [string, number])[];
  /** Requests that began in each part of the capture. */
  readonly requestsBegun: readonly number[];
  readonly events: readonly EventRow[];
}

/** Parts of the capture in small charts. */
export const PARTS = 60;
const STEP = 100_000;

/** Works it out in steps, so that the screen goes on answering. */
export function* deriveSteps(snapshot: Snapshot): Generator<void, Derived, void> {
  const { facts, findings } = snapshot;
  const queued = new Map<number, Queued>();
  for (const [listener, queue] of facts.queues.entries()) {
    for (const { row, from, until } of queue?.waiting ?? []) {
      queued.set(row, { from, until, listener });
      if (queued.size % STEP === 0) yield;
    }
  }
  const states = yield* stateSteps(facts);
  const requestsBegun = yield* begunSteps(facts);
  return {
    queued,
    evidence: evidenceOf(findings, ({ connection }) => connection),
    requestEvidence: evidenceOf(findings, ({ request }) => request),
    states,
    requestsBegun,
    events: yield* eventSteps(snapshot),
  };
}

function evidenceOf(findings: readonly Finding[], row: (item: Finding['evidence'][number]) => number | undefined) {
  const found = new Map<number, number[]>();
  for (const [place, finding] of findings.entries()) {
    for (const item of finding.evidence) {
      const key = row(item);
      if (key === undefined) continue;
      const places = found.get(key);
      if (places === undefined) found.set(key, [place]);
      else if (!places.includes(place)) places.push(place);
    }
  }
  return found;
}

function* stateSteps(facts: Facts): Generator<void, [string, number][], void> {
  const counts = new Array<number>(CONNECTION_STATES.length).fill(0);
  const { state } = facts.connections;
  for (const listener of facts.listeners) {
    if (!listener.inSummary) continue;
    for (const row of listener.connections) counts[state[row]]++;
    yield;
  }
  return CONNECTION_STATES.map((name, index): [string, number] => [name, counts[index]])
    .filter(([, count]) => count > 0)
    .sort((a, b) => b[1] - a[1]);
}

function* begunSteps(facts: Facts): Generator<void, number[], void> {
  const counts = new Array<number>(PARTS).fill(0);
  const width = facts.duration / PARTS;
  if (!(width > 0)) return counts;
  for (const listener of facts.listeners) {
    if (!listener.inSummary) continue;
    for (const row of listener.requests) {
      counts[Math.min(PARTS - 1, Math.max(0, Math.floor(facts.requests.begin[row] / width)))]++;
    }
    yield;
  }
  return counts;
}
