// Which request a record on its way out belongs to. Records are altered when they are sent, which may be after their
// request has ended and another one with its id has begun: requests of one id come in order.
import { END_REQUEST } from '../fastcgi/constants.js';

export class AnswersInOrder<T> {
  private readonly byId = new Map<number, T[]>();

  /** A request begins; its records come after those of the requests with this id before. */
  begin(id: number, what: T): void {
    const waiting = this.byId.get(id);
    if (waiting) waiting.push(what);
    else this.byId.set(id, [what]);
  }

  /** What belongs to this record; undefined where no request does. To be called with every record, in order. */
  of(record: { readonly type: number; readonly requestId: number }): T | undefined {
    const waiting = this.byId.get(record.requestId);
    if (!waiting) return undefined;
    const [first] = waiting;
    if (record.type === END_REQUEST) {
      if (waiting.length === 1) this.byId.delete(record.requestId);
      else waiting.shift();
    }
    return first;
  }
}
