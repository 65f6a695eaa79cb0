// What the figures of a listener, and of the summary, tell of requests. All of it is gathered in one pass over the rows,
// because a loop that runs once is half over before it is machine code.
import { REQUEST_KEEP_CONN } from '../model/request-table.js';
import { inputEnd, type RunTables, runsUntil } from './request-times.js';
import { Running, runningOver } from './running.js';
import type { LatencyFigures } from './snapshot.js';
import { percentiles } from './sweep.js';
import { Tally } from './tally.js';

/** Parts of the capture in which requests in flight are told. */
const TIMELINE = 100;
const NO_TIMES = new Float64Array(0);

export class RequestFigures {
  /** Of how many requests. */
  count = 0;
  keepConn = 0;
  stdinBytes = Number.NaN;
  stdoutBytes = Number.NaN;
  stderrBytes = Number.NaN;
  dataBytes = Number.NaN;
  /** Of ids of ByteStrings. */
  readonly methods = new Tally();
  readonly httpStatus = new Tally();
  /** The sum of all their times, in nanoseconds. */
  requestTime = Number.NaN;
  running: Running;
  /** Rows, in the order in which they were added; `count` of them. */
  private readonly rows: Uint32Array;
  private total: Float64Array;
  private totals = 0;
  private firstByte: Float64Array;
  private firstBytes = 0;
  private known: LatencyFigures | undefined;

  /** @param room how many requests may come */
  constructor(
    private readonly tables: RunTables,
    room: number,
  ) {
    // Begun with another number than 0, a field holds what is no small integer from the start: where that changes in the
    // middle of a loop, V8 throws the loop's machine code away.
    this.stdinBytes = 0;
    this.stdoutBytes = 0;
    this.stderrBytes = 0;
    this.dataBytes = 0;
    this.requestTime = 0;
    this.rows = new Uint32Array(room);
    this.total = new Float64Array(room);
    this.firstByte = new Float64Array(room);
    this.running = new Running(tables.duration, TIMELINE);
  }

  add(row: number): void {
    const { requests } = this.tables;
    this.rows[this.count++] = row;
    if (requests.marks[row] & REQUEST_KEEP_CONN) this.keepConn++;
    this.stdinBytes += requests.stdinBytes[row];
    this.stdoutBytes += requests.stdoutBytes[row];
    this.stderrBytes += requests.stderrBytes[row];
    this.dataBytes += requests.dataBytes[row];
    this.methods.add(requests.method[row]);
    this.httpStatus.add(requests.httpStatus[row]);
    const begin = requests.begin[row];
    const end = runsUntil(this.tables, row);
    this.requestTime += end - begin;
    this.running.add(begin, end);
    const all = requests.end[row] - begin;
    if (!Number.isNaN(all)) this.total[this.totals++] = all;
    const wait = requests.firstByte[row] - inputEnd(requests, row);
    // An answer that began before the input had ended did not wait for it.
    if (!Number.isNaN(wait)) this.firstByte[this.firstBytes++] = Math.max(0, wait);
  }

  /** All have come: returns their rows. */
  finish(): Uint32Array {
    const rows = this.rows.subarray(0, this.count);
    if (!this.running.inOrder) {
      const { requests, duration } = this.tables;
      this.running = runningOver(rows, requests.begin, (row) => runsUntil(this.tables, row), duration, TIMELINE);
    }
    return rows;
  }

  latency(): LatencyFigures {
    if (this.known !== undefined) return this.known;
    this.known = {
      timeToFirstByte: percentiles(this.firstByte.subarray(0, this.firstBytes)) ?? null,
      total: percentiles(this.total.subarray(0, this.totals)) ?? null,
    };
    // Of millions of requests they are tens of megabytes.
    this.total = NO_TIMES;
    this.firstByte = NO_TIMES;
    return this.known;
  }
}

export function figuresOf(tables: RunTables, rows: Uint32Array): RequestFigures {
  const figures = new RequestFigures(tables, rows.length);
  for (let at = 0; at < rows.length; at++) figures.add(rows[at]);
  figures.finish();
  return figures;
}
