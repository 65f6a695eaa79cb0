// The connections a server has open. A list and not a Set: a Set makes new tables as connections come and go, and each
// old table holds on to the next one and all its connections until old objects are collected; thousands of closed
// connections would outlive every small collection.
import type { ServerConnection } from './connection.js';

export class OpenConnections {
  private readonly list: ServerConnection[] = [];

  get size(): number {
    return this.list.length;
  }

  add(connection: ServerConnection): void {
    connection.place = this.list.length;
    this.list.push(connection);
  }

  /** The last one takes its place. */
  delete(connection: ServerConnection): void {
    const { list } = this;
    if (list[connection.place] !== connection) return;
    const last = list.pop()!;
    if (last === connection) return;
    list[connection.place] = last;
    last.place = connection.place;
  }

  /** Those that are open now; others may close meanwhile. */
  all(): readonly ServerConnection[] {
    return this.list.slice();
  }
}
