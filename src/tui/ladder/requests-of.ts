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

/** The request's place among those of its connection, from 0, and the row before it; -1 for none. */
export function placeOnConnection(
  { conversations, requests }: Facts,
  row: number,
): { ordinal: number; before: number } {
  let ordinal = 0;
  let before = -1;
  for (let next = conversations.firstRequest[requests.connection[row]]; next !== 0; next = requests.next[next - 1]) {
    if (next - 1 === row) return { ordinal, before };
    ordinal++;
    before = next - 1;
  }
  return { ordinal: -1, before: -1 };
}
