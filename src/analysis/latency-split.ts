// Where the time of a request went: waiting in the accept queue, its own input arriving, the application working, or
// the web server not reading the answer. The four parts add up to the time from BEGIN_REQUEST to END_REQUEST.
import { REQUEST_CHUNKED, REQUEST_ENDED, REQUEST_PARAMS_ENDED, REQUEST_STDIN_ENDED } from '../model/request-table.js';
import { closeTime, type Facts } from './facts.js';

/** What zero windows took from a connection is shared out among its requests in proportion to these, in nanoseconds. */
interface ConnectionTotals {
  upload: number;
  response: number;
}

/**
 * Splits requests one after the other; the result of the last `split` is in the fields, in nanoseconds. One object
 * serves any number of requests of the same facts.
 */
export class LatencySplitter {
  /** Waiting in the accept queue, as far as the queue model explains it (first request of a connection only). */
  queue = 0;
  /** PARAMS and STDIN arriving while the application took them. */
  upload = 0;
  /** The application: until the first byte of its answer, and until the end of it. */
  application = 0;
  /** The web server (or whoever reads behind it) had announced a zero window during the answer. */
  reader = 0;
  /** From BEGIN_REQUEST to END_REQUEST; to the close of the connection, or the end of the capture, where it is missing. */
  total = 0;
  /** END_REQUEST is missing, so that `total` is only a lower bound. */
  unfinished = false;

  /** Until when each connection queued. */
  private readonly queuedUntil = new Map<number, number>();
  private readonly totals = new Map<number, ConnectionTotals>();

  constructor(private readonly facts: Facts) {
    for (const queue of facts.queues) {
      if (queue === undefined) continue;
      for (const { row, until } of queue.waiting) this.queuedUntil.set(row, until);
    }
  }

  /** From BEGIN_REQUEST to END_REQUEST, or as far as it is known: what `total` will be. */
  totalOf(row: number): number {
    return Math.max(0, this.endOf(row) - this.facts.requests.begin[row]);
  }

  split(row: number): void {
    const { requests, connections } = this.facts;
    const connection = requests.connection[row];
    this.spans(row);
    this.unfinished = (requests.marks[row] & REQUEST_ENDED) === 0;
    const response = this.total - this.queue - this.upload - this.application;
    const refused = connections.zeroWindow1[connection];
    const unread = connections.zeroWindow0[connection];
    this.reader = 0;
    if (unread > 0 && response > 0) {
      this.reader = Math.min(response, (unread * response) / this.totalsOf(connection).response);
    }
    if (refused > 0 && this.upload > 0) {
      // The body arrived late because the application did not take it.
      const notTaken = Math.max(0, refused - this.queue);
      const moved = Math.min(this.upload, (notTaken * this.upload) / this.totalsOf(connection).upload);
      this.upload -= moved;
      this.application += moved;
    }
    this.application += response - this.reader;
  }

  /** Sets total, queue and upload, and `application` to the time before the first byte only. */
  private spans(row: number): void {
    const { requests, conversations } = this.facts;
    const connection = requests.connection[row];
    const begin = requests.begin[row];
    const end = Math.max(begin, this.endOf(row));
    const firstByte = requests.firstByte[row];
    const answer = firstByte <= end ? Math.max(begin, firstByte) : end;
    let started = begin;
    if (conversations.firstRequest[connection] === row + 1) {
      const until = this.queuedUntil.get(connection);
      if (until !== undefined) started = Math.min(answer, Math.max(begin, until));
    }
    const inputEnd = Math.min(answer, Math.max(started, this.inputEnd(row)));
    this.total = end - begin;
    this.queue = started - begin;
    this.upload = inputEnd - started;
    this.application = answer - inputEnd;
  }

  private endOf(row: number): number {
    const { requests, connections, duration } = this.facts;
    if (requests.marks[row] & REQUEST_ENDED) return requests.end[row];
    return Math.min(duration, closeTime(connections, requests.connection[row]));
  }

  /** When the request's own input was complete; Infinity if it never was. */
  private inputEnd(row: number): number {
    const { requests } = this.facts;
    const marks = requests.marks[row];
    if (marks & REQUEST_STDIN_ENDED) return requests.stdinEnd[row];
    if (!(marks & REQUEST_PARAMS_ENDED)) return Infinity;
    const outstanding = marks & REQUEST_CHUNKED || requests.contentLength[row] > requests.stdinBytes[row];
    return outstanding ? Infinity : requests.paramsEnd[row];
  }

  private totalsOf(connection: number): ConnectionTotals {
    const known = this.totals.get(connection);
    if (known) return known;
    const { requests, conversations } = this.facts;
    const { total, queue, upload, application } = this;
    const sums = { upload: 0, response: 0 };
    for (let next = conversations.firstRequest[connection]; next !== 0; next = requests.next[next - 1]) {
      this.spans(next - 1);
      sums.upload += this.upload;
      sums.response += this.total - this.queue - this.upload - this.application;
    }
    this.total = total;
    this.queue = queue;
    this.upload = upload;
    this.application = application;
    this.totals.set(connection, sums);
    return sums;
  }
}
