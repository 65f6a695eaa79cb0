// What happened over time, as a value for each cell of a chart: requests in flight, begun, connections closed by each
// side, sockets in TIME_WAIT, depth of the accept queue. Worked out from the tables in steps.
import { closeTime, type Facts, type Listener } from '../../analysis/facts.js';
import { runsUntil } from '../../analysis/request-times.js';
import { openOverTime } from '../../analysis/sweep.js';
import { BY_APPLICATION, BY_BOTH, BY_WEB_SERVER } from '../../model/side.js';
import { resample } from '../../reporters/symbols.js';
import type { Metric } from '../state.js';

export interface Series {
  readonly name: string;
  readonly values: readonly number[];
}

/** How long a socket stays in TIME_WAIT on Linux, in nanoseconds. */
const TIME_WAIT_LIFE = 60e9;
const STEP = 50_000;

export interface Span {
  readonly from: number;
  readonly until: number;
}

/** The depth of a listener's queue. */
export function queueDepth(facts: Facts, listener: Listener, span: Span, cells: number): Series[] {
  const depth = facts.queues[listener.index]?.depth ?? [];
  return [{ name: 'waiting', values: resample(depth, span.from, span.until, cells) }];
}

/** A metric of a listener in `cells` equal parts of the span. */
export function* seriesSteps(
  facts: Facts,
  listener: Listener,
  metric: Metric,
  span: Span,
  cells: number,
): Generator<void, Series[], void> {
  switch (metric) {
    case 'in flight':
      return [{ name: 'in flight', values: yield* inFlight(facts, listener, span, cells) }];
    case 'requests':
      return [{ name: 'begun', values: yield* begun(facts, listener, span, cells) }];
    case 'closes':
      return yield* closes(facts, listener, span, cells);
    case 'TIME_WAIT':
      return yield* timeWait(facts, listener, span, cells);
  }
}

function* inFlight(
  facts: Facts,
  listener: Listener,
  { from, until }: Span,
  cells: number,
): Generator<void, number[], void> {
  const begins: number[] = [];
  const ends: number[] = [];
  let count = 0;
  for (const row of listener.requests) {
    if (++count % STEP === 0) yield;
    const begin = facts.requests.begin[row];
    const end = runsUntil(facts, row);
    if (begin >= until || end <= from) continue;
    begins.push(Math.max(0, begin - from));
    ends.push(end - from);
  }
  yield;
  const sortedBegins = Float64Array.from(begins).sort();
  yield;
  const sortedEnds = Float64Array.from(ends).sort();
  yield;
  const steps = openOverTime(sortedBegins, sortedEnds, until - from, cells);
  return steps.length === cells ? steps.map(([, value]) => value) : new Array<number>(cells).fill(0);
}

function* begun(facts: Facts, listener: Listener, span: Span, cells: number): Generator<void, number[], void> {
  const counter = new Counter(span, cells);
  let count = 0;
  for (const row of listener.requests) {
    if (++count % STEP === 0) yield;
    counter.add(facts.requests.begin[row]);
  }
  return counter.values;
}

function* closes(facts: Facts, listener: Listener, span: Span, cells: number): Generator<void, Series[], void> {
  const web = new Counter(span, cells);
  const application = new Counter(span, cells);
  const reset = new Counter(span, cells);
  const { connections } = facts;
  let count = 0;
  for (const row of listener.connections) {
    if (++count % STEP === 0) yield;
    const time = closeTime(connections, row);
    if (time === Infinity) continue;
    if (connections.resetTime[row] === time) reset.add(time);
    else if (connections.firstFin[row] === BY_APPLICATION) application.add(time);
    else web.add(time);
  }
  return [
    { name: 'web server first', values: web.values },
    { name: 'application first', values: application.values },
    { name: 'reset', values: reset.values },
  ];
}

/** Sockets in TIME_WAIT at once, if each lives 60 s: those of the web server's host and those of the application's. */
function* timeWait(facts: Facts, listener: Listener, span: Span, cells: number): Generator<void, Series[], void> {
  const web = new Float64Array(cells + 1);
  const application = new Float64Array(cells + 1);
  const { connections } = facts;
  const width = (span.until - span.from) / cells;
  let count = 0;
  for (const row of listener.connections) {
    if (++count % STEP === 0) yield;
    const side = connections.timeWait[row];
    if (side === 0 || !(width > 0)) continue;
    const time = connections.end[row];
    const first = Math.floor((time - span.from) / width);
    const last = Math.floor((time + TIME_WAIT_LIFE - span.from) / width);
    if (last < 0 || first >= cells) continue;
    if (side === BY_WEB_SERVER || side === BY_BOTH) mark(web, first, last, cells);
    if (side === BY_APPLICATION || side === BY_BOTH) mark(application, first, last, cells);
  }
  return [
    { name: "web server's host", values: summed(web, cells) },
    { name: "application's host", values: summed(application, cells) },
  ];
}

function mark(changes: Float64Array, first: number, last: number, cells: number): void {
  changes[Math.max(0, first)]++;
  changes[Math.min(cells, last + 1)]--;
}

function summed(changes: Float64Array, cells: number): number[] {
  const values: number[] = [];
  let sum = 0;
  for (let cell = 0; cell < cells; cell++) values.push((sum += changes[cell]));
  return values;
}

/** Counts moments by cell. */
class Counter {
  readonly values: number[];
  private readonly width: number;

  constructor(
    private readonly span: Span,
    private readonly cells: number,
  ) {
    this.values = new Array<number>(cells).fill(0);
    this.width = (span.until - span.from) / cells;
  }

  add(time: number): void {
    if (!(time >= this.span.from) || !(this.width > 0) || time > this.span.until) return;
    this.values[Math.min(this.cells - 1, Math.floor((time - this.span.from) / this.width))]++;
  }
}
