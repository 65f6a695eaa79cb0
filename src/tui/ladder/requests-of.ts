// The requests of a connection, in the order they began.
import type { Facts } from '../../analysis/facts.js';

/** Rows looked at: of a connection with a million requests nobody opens the last one by counting. */
const MOST = 100_000;

export function requestsOf(facts: Facts, connection: number): number[] {
  const rows: number[] = [];
  for (
    let next = facts.conversations.firstRequest[connection];
    next !== 0 && rows.length < MOST;
    next = facts.requests.next[next - 1]
  ) {
    rows.push(next - 1);
  }
  return rows;
}
