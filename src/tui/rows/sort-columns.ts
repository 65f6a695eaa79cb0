// What lists can be sorted by: a name for the title bar, and a number for each row.
import type { Facts } from '../../analysis/facts.js';
import { inputEnd } from '../../analysis/request-times.js';
import { NO_STATUS } from '../../model/request-table.js';
import type { SortScratch } from './radix-sort.js';
import { textOrder } from './text-order.js';

export interface SortColumn {
  readonly name: string;
  /** Gives the function of a row's key (NaN where the row has no value), in steps. */
  keyOf(facts: Facts, rows: Uint32Array): Generator<void, (row: number) => number, void>;
}

export const CONNECTION_SORTS: readonly SortColumn[] = [
  { name: 'start', keyOf: each(({ connections }, row) => connections.start[row]) },
  { name: 'duration', keyOf: each(({ connections }, row) => connections.end[row] - connections.start[row]) },
  { name: 'requests', keyOf: each(({ conversations }, row) => conversations.requests[row]) },
  { name: 'bytes', keyOf: each(({ connections }, row) => connections.bytes0[row] + connections.bytes1[row]) },
  { name: 'state', keyOf: each(({ connections }, row) => connections.state[row]) },
  { name: 'FIN', keyOf: each(({ connections }, row) => connections.firstFin[row]) },
  {
    name: 'application',
    keyOf: each(({ connections }, row) => connections.address1[row] * 65536 + connections.port1[row]),
  },
  {
    name: 'retransmissions',
    keyOf: each(({ connections }, row) => connections.retransmissions0[row] + connections.retransmissions1[row]),
  },
];

export const REQUEST_SORTS: readonly SortColumn[] = [
  { name: 'begin', keyOf: each(({ requests }, row) => requests.begin[row]) },
  { name: 'total', keyOf: each(({ requests }, row) => requests.end[row] - requests.begin[row]) },
  {
    name: 'first byte',
    keyOf: each(({ requests }, row) => Math.max(0, requests.firstByte[row] - inputEnd(requests, row))),
  },
  {
    name: 'status',
    keyOf: each(({ requests }, row) => (requests.httpStatus[row] === NO_STATUS ? NaN : requests.httpStatus[row])),
  },
  { name: 'uri', keyOf: byText((facts) => facts.requests.uri) },
  { name: 'method', keyOf: byText((facts) => facts.requests.method) },
  { name: 'stdout', keyOf: each(({ requests }, row) => requests.stdoutBytes[row]) },
  { name: 'stdin', keyOf: each(({ requests }, row) => requests.stdinBytes[row]) },
  { name: 'connection', keyOf: each(({ requests }, row) => requests.connection[row]) },
];

function each(key: (facts: Facts, row: number) => number): SortColumn['keyOf'] {
  return function* (facts) {
    return (row) => key(facts, row);
  };
}

/** Rows looked at between two steps. */
const STEP = 10_000;
/** Texts made between two steps. */
const TEXT_STEP = 1_000;

/** Texts are interned: their places in the alphabet are found once, and rows are sorted by the place. */
function byText(ids: (facts: Facts) => Uint32Array): SortColumn['keyOf'] {
  return function* (facts, rows) {
    const column = ids(facts);
    const { strings } = facts;
    const isUsed = new Uint8Array(strings.size);
    for (let i = 0; i < rows.length; i++) {
      isUsed[column[rows[i]]] = 1;
      if (i % STEP === 0) yield;
    }
    // Id 0 is no text.
    const used: number[] = [];
    const texts: string[] = [];
    for (let id = 1; id < isUsed.length; id++) {
      if (isUsed[id] === 0) continue;
      used.push(id);
      texts.push(strings.text(id));
      if (texts.length % TEXT_STEP === 0) yield;
    }
    const order = yield* textOrder(texts);
    const places = new Float64Array(isUsed.length).fill(NaN);
    for (let place = 0; place < order.length; place++) places[used[order[place]]] = place;
    return (row) => places[column[row]];
  };
}

/** The key of each of the rows, in steps. */
export function* keySteps(
  column: SortColumn,
  facts: Facts,
  rows: Uint32Array,
  scratch: SortScratch,
): Generator<number, Float64Array, void> {
  const prepared = column.keyOf(facts, rows);
  let step = prepared.next();
  for (; !step.done; step = prepared.next()) yield 0;
  const keyOf = step.value;
  const keys = scratch.keys(rows.length);
  for (let from = 0; from < rows.length; from += STEP) {
    const until = Math.min(rows.length, from + STEP);
    for (let i = from; i < until; i++) keys[i] = keyOf(rows[i]);
    yield 0;
  }
  return keys;
}
