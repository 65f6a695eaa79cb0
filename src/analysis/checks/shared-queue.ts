// What the findings about a queue share: who held the slots while others queued, and how waits are told as evidence.
import { REQUEST_ENDED, REQUEST_KEEP_CONN } from '../../model/request-table.js';
import { closeTime, type Facts, type Listener } from '../facts.js';
import { type Evidence, MAX_EVIDENCE } from '../finding.js';
import type { QueueModel } from '../queue-model.js';
import {
  connectionEvidence,
  connectionName,
  requestEvidence,
  requestName,
  showsRequests,
  span,
} from './shared-evidence.js';

export interface ListenerQueue {
  readonly listener: Listener;
  readonly queue: QueueModel;
}

/** The listeners at which requests queue, or that the input cannot tell. */
export function queuesOf(facts: Facts): readonly ListenerQueue[] | 'not-applicable' {
  if (!showsRequests(facts)) return 'not-applicable';
  return facts.listeners.flatMap((listener) => {
    const queue = facts.queues[listener.index];
    return queue ? [{ listener, queue }] : [];
  });
}

/** The moment when most queued. */
export function deepestMoment(queue: QueueModel): number {
  return queue.depth.reduce((deepest, step) => (step[1] > deepest[1] ? step : deepest))[0];
}

/** Connections that wait, as evidence: the longest wait first. */
export function waitEvidence(facts: Facts, queue: QueueModel, most = MAX_EVIDENCE): Evidence[] {
  const longest = [...queue.waiting].sort((a, b) => b.until - b.from - (a.until - a.from)).slice(0, most);
  return longest.map(({ row, from, until }) => {
    const first = facts.conversations.firstRequest[row] - 1;
    if (first < 0) {
      return connectionEvidence(facts, row, `${connectionName(facts, row)} queued for ${span(until - from)}`);
    }
    const outcome = Number.isNaN(facts.requests.firstByte[first]) ? ' and got no answer' : '';
    const text = `${requestName(facts, first)} on ${connectionName(facts, row)} queued for ${span(until - from)}${outcome}`;
    return requestEvidence(facts, first, text);
  });
}

/** Connections that wait and never got a byte. */
export function countUnanswered(facts: Facts, queue: QueueModel): number {
  let count = 0;
  for (const { row } of queue.waiting) {
    const first = facts.conversations.firstRequest[row] - 1;
    if (first < 0 || Number.isNaN(facts.requests.firstByte[first])) count++;
  }
  return count;
}

/** Connections that hold a slot at `time`: established, not waiting, their slot not free yet. */
export function holdersAt(facts: Facts, { listener, queue }: ListenerQueue, time: number): number[] {
  const waiting = new Set<number>();
  for (const { row, from, until } of queue.waiting) if (from <= time && time < until) waiting.add(row);
  const holders: number[] = [];
  for (let at = 0; at < listener.connections.length; at++) {
    const row = listener.connections[at];
    const since = facts.connections.establishedTime[row];
    if (since <= time && slotFreeAt(facts, row) > time && !waiting.has(row)) holders.push(row);
  }
  return holders;
}

/** When the connection's slot is free again: END_REQUEST, or the close of a kept one. */
export function slotFreeAt(facts: Facts, row: number): number {
  const { conversations, requests } = facts;
  const last = conversations.lastRequest[row] - 1;
  const close = Math.min(closeTime(facts.connections, row), facts.duration);
  if (last < 0 || requests.marks[last] & REQUEST_KEEP_CONN || !(requests.marks[last] & REQUEST_ENDED)) return close;
  return requests.end[last];
}
