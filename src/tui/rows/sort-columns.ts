// What lists can be sorted by: a name for the title bar, and a number for each row.
import type { Facts } from '../../analysis/facts.js';
import { inputEnd } from '../../analysis/summary.js';
import { NO_STATUS } from '../../model/request-table.js';
import type { SortScratch } from './radix-sort.js';

export interface SortColumn {
  readonly name: string;
  /** Gives the key of a row; NaN where the row has no value. */
  keyOf(facts: Facts): (row: number) => number;
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
  return (facts) => (row) => key(facts, row);
}

/** Texts are interned: their places in the alphabet are found once, and rows are sorted by the place. */
function byText(ids: (facts: Facts) => Uint32Array): SortColumn['keyOf'] {
  return (facts) => {
    const column = ids(facts);
    const texts = Array.from({ length: facts.strings.size - 1 }, (_, i) => facts.strings.text(i + 1));
    const order = texts.map((_, i) => i).sort((a, b) => (texts[a] < texts[b] ? -1 : texts[a] > texts[b] ? 1 : 0));
    const places = new Float64Array(texts.length + 1).fill(NaN);
    for (let place = 0; place < order.length; place++) places[order[place] + 1] = place;
    return (row) => places[column[row]];
  };
}

/** Rows whose keys are worked out between two steps. */
const STEP = 20_000;

/** The key of each of the rows, in steps. */
export function* keySteps(
  column: SortColumn,
  facts: Facts,
  rows: Uint32Array,
  scratch: SortScratch,
): Generator<number, Float64Array, void> {
  const keyOf = column.keyOf(facts);
  yield 0;
  const keys = scratch.keys(rows.length);
  for (let from = 0; from < rows.length; from += STEP) {
    const until = Math.min(rows.length, from + STEP);
    for (let i = from; i < until; i++) keys[i] = keyOf(rows[i]);
    yield 0;
  }
  return keys;
}
