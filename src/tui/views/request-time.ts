// Where a request's time went, as parts that follow each other.

import type { Facts } from '../../analysis/facts.js';
import { LatencySplitter } from '../../analysis/latency-split.js';
import { perValue } from '../memo.js';
import type { State } from '../state.js';

export interface TimePart {
  readonly name: string;
  readonly time: number;
}

const splitterOf = perValue((facts: Facts) => new LatencySplitter(facts));

/** The parts that took any time; connecting and closing are the connection's, of its first and last request. */
export function timeSplit(state: State, row: number): TimePart[] {
  const facts = state.data.shown?.snapshot.facts;
  if (!facts) return [];
  const { requests, connections, conversations } = facts;
  const splitter = splitterOf(facts);
  splitter.split(row);
  const connection = requests.connection[row];
  const isFirst = conversations.firstRequest[connection] === row + 1;
  const connect = isFirst ? connections.establishedTime[connection] - connections.start[connection] : NaN;
  const parts: TimePart[] = [
    { name: 'connect', time: connect },
    { name: 'queue', time: splitter.queue },
    { name: 'body arriving', time: splitter.upload },
    { name: 'application', time: splitter.application },
    { name: 'reader slow', time: splitter.reader },
  ];
  return parts.filter(({ name, time }) => time > 0 || name === 'application');
}
