// Which rows of the tables have ended since the last look: connections that are closed, requests that are answered or
// whose connection is closed. Rows get new numbers when old ones go; what is given out is numbered for good.
import { REQUEST_ENDED, type RequestTable } from '../../model/request-table.js';
import type { Remapping } from './fold.js';

export interface EndedRow {
  readonly row: number;
  /** Counts from 0 over all connections or requests there ever were. */
  readonly id: number;
}

interface ClosedRow extends EndedRow {
  row: number;
}

export class EndedRows {
  private closed: ClosedRow[] = [];
  private readonly closedNow = new Set<number>();
  private seen = 0;
  private nextId = 0;
  private pending: ClosedRow[] = [];

  /** A connection's row will not change any more. */
  connectionClosed(row: number, id: number): void {
    this.closed.push({ row, id });
    this.closedNow.add(row);
  }

  /** Rows of requests that had not ended at the last look. */
  get underWay(): readonly number[] {
    return this.pending.map(({ row }) => row);
  }

  /** What has ended since; each row is given once. */
  take(requests: RequestTable): { readonly connections: readonly EndedRow[]; readonly requests: readonly EndedRow[] } {
    this.see(requests.count);
    const ended: EndedRow[] = [];
    const left: ClosedRow[] = [];
    for (const each of this.pending) {
      const over =
        (requests.marks[each.row] & REQUEST_ENDED) !== 0 || this.closedNow.has(requests.connection[each.row]);
      (over ? ended : left).push(each);
    }
    this.pending = left;
    const connections = this.closed;
    this.closed = [];
    this.closedNow.clear();
    return { connections, requests: ended };
  }

  /** Rows have new numbers: those that are gone are not given out any more. */
  renumber({ connections, requests }: Remapping): void {
    this.see(requests.length);
    this.pending = moved(this.pending, requests);
    this.closed = moved(this.closed, connections);
    this.closedNow.clear();
    for (const { row } of this.closed) this.closedNow.add(row);
    this.seen = requests.reduce((count, row) => (row === -1 ? count : count + 1), 0);
  }

  private see(count: number): void {
    for (; this.seen < count; this.seen++) this.pending.push({ row: this.seen, id: this.nextId++ });
  }
}

function moved(list: readonly ClosedRow[], numbers: Int32Array): ClosedRow[] {
  return list.flatMap(({ row, id }) => (numbers[row] === -1 ? [] : [{ row: numbers[row], id }]));
}
