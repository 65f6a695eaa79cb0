// The figures of two reports beside each other, in groups: what connections did, who closed, who is left in TIME_WAIT, how
// much is reused, how many requests, what queued, what was answered. A count of a whole is compared by its share, because
// two captures are rarely of the same length.
import type { EndpointPair } from './endpoints.js';
import type { CountsByName, Report } from './report.js';

export const FIGURE_GROUPS = ['connections', 'closing', 'time-wait', 'reuse', 'requests', 'queue', 'answers'] as const;
export type FigureGroup = (typeof FIGURE_GROUPS)[number];

export type FigureUnit = 'count' | 'ratio' | 'seconds' | 'per-second' | 'bytes';

export interface Figure {
  readonly group: FigureGroup;
  /** The report's name of it, as `firstFin.application`. */
  readonly name: string;
  readonly unit: FigureUnit;
  /** Undefined where the report doesn't know it. */
  readonly before: number | undefined;
  readonly after: number | undefined;
  /** What it is a part of, for counts that are. */
  readonly of:
    | { readonly name: 'connections' | 'requests'; readonly before: number; readonly after: number }
    | undefined;
  /** The values differ; of counts of a whole, their shares. */
  readonly changed: boolean;
}

export function compareFigures(before: Report, after: Report, pairs: readonly EndpointPair[]): Figure[] {
  const figures = new Figures(before, after);
  const { count, part, parts } = figures;
  count('connections', 'connections', (report) => report.connections);
  part('connections', 'neverEstablished', 'connections', (report) => report.neverEstablished);
  part('connections', 'midStream', 'connections', (report) => report.midStream);
  count('connections', 'synRetransmissions', (report) => report.synRetransmissions);
  count('connections', 'synAckRetransmissions', (report) => report.synAckRetransmissions);
  count('connections', 'maxOpenConnections', (report) => report.maxOpenConnections);
  parts('closing', 'firstFin', 'connections', (report) => report.firstFin);
  parts('closing', 'firstReset', 'connections', (report) => report.firstReset);
  parts('time-wait', 'timeWait', 'connections', (report) => report.timeWait);
  figures.value('time-wait', 'timeWaitRate', 'per-second', (report) => report.timeWaitRate);
  count('time-wait', 'timeWaitPeak', (report) => report.timeWaitPeak);
  figures.value('reuse', 'requestsPerConnection', 'ratio', (report) =>
    report.connections === 0 ? undefined : report.requests / report.connections,
  );
  part('reuse', 'reusedConnections', 'connections', (report) => reused(report.requestsPerConnection));
  part('reuse', 'keepConn', 'requests', (report) => report.keepConn);
  count('requests', 'requests', (report) => report.requests);
  count('requests', 'maxConcurrentRequests', (report) => report.maxConcurrentRequests);
  part('requests', 'unfinished', 'requests', (report) => report.unfinished);
  parts('requests', 'methods', 'requests', (report) => report.methods);
  for (const stream of ['stdin', 'stdout', 'stderr', 'data'])
    figures.value('requests', `bytes.${stream}`, 'bytes', (report) => report.bytes.get(stream) ?? 0);
  for (const pair of pairs) figures.queue(pair, pairs.length > 1);
  parts('answers', 'httpStatus', 'requests', (report) => report.httpStatus);
  parts('answers', 'protocolStatus', 'requests', (report) => report.protocolStatus);
  parts('answers', 'appStatus', 'requests', (report) => report.appStatus);
  return figures.list;
}

class Figures {
  readonly list: Figure[] = [];

  constructor(
    private readonly before: Report,
    private readonly after: Report,
  ) {}

  readonly value = (
    group: FigureGroup,
    name: string,
    unit: FigureUnit,
    of: (report: Report) => number | undefined,
  ): void => this.add(group, name, unit, of(this.before), of(this.after));

  readonly count = (group: FigureGroup, name: string, of: (report: Report) => number): void =>
    this.value(group, name, 'count', of);

  readonly part = (
    group: FigureGroup,
    name: string,
    whole: 'connections' | 'requests',
    of: (report: Report) => number,
  ): void => {
    const [before, after] = [of(this.before), of(this.after)];
    const wholes = { name: whole, before: this.before[whole], after: this.after[whole] };
    // A part of nothing is unlike any other only where there is one.
    const changed =
      wholes.before === 0 || wholes.after === 0 ? before !== after : before / wholes.before !== after / wholes.after;
    this.list.push({ group, name, unit: 'count', before, after, of: wholes, changed });
  };

  readonly parts = (
    group: FigureGroup,
    name: string,
    whole: 'connections' | 'requests',
    of: (report: Report) => CountsByName,
  ): void => {
    const keys = new Set([...of(this.before).keys(), ...of(this.after).keys()]);
    for (const key of keys) this.part(group, `${name}.${key}`, whole, (report) => of(report).get(key) ?? 0);
  };

  /** Of an endpoint; named with it where there are several. */
  queue({ before, after }: EndpointPair, several: boolean): void {
    const suffix = several ? ` ${(after ?? before)!.endpoint}` : '';
    this.add('queue', `concurrencyCeiling${suffix}`, 'count', before?.concurrencyCeiling, after?.concurrencyCeiling);
    if (before?.queue === undefined && after?.queue === undefined) return;
    this.add('queue', `maxDepth${suffix}`, 'count', before?.queue?.maxDepth, after?.queue?.maxDepth);
    this.add('queue', `waiting${suffix}`, 'count', before?.queue?.waiting, after?.queue?.waiting);
    this.add('queue', `longestWait${suffix}`, 'seconds', before?.queue?.longestWait, after?.queue?.longestWait);
  }

  private add(
    group: FigureGroup,
    name: string,
    unit: FigureUnit,
    before: number | undefined,
    after: number | undefined,
  ): void {
    if (before === undefined && after === undefined) return;
    this.list.push({ group, name, unit, before, after, of: undefined, changed: before !== after });
  }
}

/** Connections that carried more than one request. */
function reused(requestsPerConnection: CountsByName): number {
  let count = 0;
  for (const [requests, connections] of requestsPerConnection) if (Number(requests) > 1) count += connections;
  return count;
}
