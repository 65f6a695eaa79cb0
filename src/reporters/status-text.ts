// A php-fpm pool for people: the totals with what is wrong about them, then a line for each worker.
import type { FpmProcess } from '../status/fpm-status.js';
import { kindOf, type PoolLoad } from '../status/pool-load.js';
import type { PoolView } from '../status/pool-view.js';
import { formatBytes, formatCount, threeFigures } from './format-count.js';
import { formatDuration } from './format-duration.js';
import { safeText } from './safe-text.js';
import { type Style, styleFor } from './style.js';
import { asciiText, symbolsFor } from './symbols.js';
import { type Column, table } from './text-layout.js';

export interface StatusTextOptions {
  readonly width: number;
  readonly colour: boolean;
  readonly ascii: boolean;
  /** Query strings are left out unless they are wanted: they have secrets and take room. */
  readonly showQueries: boolean;
}

export function* statusText(view: PoolView, options: StatusTextOptions): Generator<string> {
  const style = styleFor(options.colour);
  const printable = (text: string): string => (options.ascii ? asciiText(safeText(text)) : safeText(text));
  const { status, load } = view;
  const since = status.startSince === undefined ? '' : `, up ${formatDuration(status.startSince * 1e9, options.ascii)}`;
  yield `${style.strong(`pool ${printable(status.pool)}`)} at ${printable(view.address)}: pm = ${printable(status.processManager)}${since}\n`;
  if (load) yield* loadLines(load, style, printable);
  else yield 'The page has no process list: workers cannot be counted.\n';
  yield* totalLines(view);
  yield* queueLines(view, style);
  yield* driftLines(view, style);
  if (status.processes && status.processes.length > 0) {
    yield '\n';
    const rows = status.processes.filter((process) => kindOf(process, view.own) !== 'own');
    const { ellipsis } = symbolsFor(options.ascii);
    for (const line of table(columns(options, printable), rows, options.width, ellipsis)) yield `${line}\n`;
  }
}

function* loadLines(load: PoolLoad, style: Style, printable: (text: string) => string): Generator<string> {
  const { workers, total, busy } = load;
  const parts = [`${formatCount(workers.running)} running`, `${formatCount(workers.idle)} idle`];
  if (workers.parked > 0) parts.push(`${formatCount(workers.parked)} held by connections without a request`);
  if (workers.ending > 0) parts.push(`${formatCount(workers.ending)} ending`);
  if (workers.other > 0) parts.push(`${formatCount(workers.other)} in other states`);
  if (workers.own > 0) parts.push('1 answers this question');
  yield `workers: ${formatCount(total)}: ${parts.join(', ')}\n`;
  if (load.saturation === undefined || !load.maxChildren) {
    yield `busy: ${formatCount(busy)}; of how many the page does not say (--max-children N)\n`;
    return;
  }
  const { value, source } = load.maxChildren;
  const from = { given: 'as told', static: 'static pool', reached: 'its limit was reached' }[source];
  const text = `busy: ${formatCount(busy)} of ${formatCount(value)} (${from}), ${threeFigures(load.saturation)} %`;
  // The worker that answers us is free again now, but it was the last one that was.
  yield `${busy + workers.own >= value && busy > 0 ? style.error(printable(`${text}: FULL`)) : text}\n`;
}

function* totalLines({ status, change, took }: PoolView): Generator<string> {
  const perSecond = (value: number | undefined): string => (value === undefined ? '-' : `${threeFigures(value)}/s`);
  yield `accepted connections: ${count(status.acceptedConnections)} (${perSecond(change?.connections)} without ours)`;
  yield `, requests: ${perSecond(change?.requests)}, slow requests: ${count(status.slowRequests)}`;
  yield `, max children reached: ${count(status.maxChildrenReached)}`;
  if (status.memoryPeak !== undefined) yield `, memory peak: ${formatBytes(status.memoryPeak)}`;
  yield '\n';
  if (change?.restarted) yield 'The pool was restarted since the last look: its counters began anew.\n';
  yield `the page took ${formatDuration(took * 1e6)}, waiting for a free worker included\n`;
}

function* queueLines({ status, isUnix, acceptQueue }: PoolView, style: Style): Generator<string> {
  const kernel = acceptQueue === undefined ? '' : `; the kernel shows ${formatCount(acceptQueue)} waiting now`;
  const waiting = (acceptQueue ?? 0) > 0;
  if (isUnix) {
    const text = `listen queue: not available on a unix socket (php-fpm says 0 whatever it is)${kernel || '; ss -lx shows it as Recv-Q'}`;
    yield `${waiting ? style.warning(text) : text}\n`;
    return;
  }
  const { listenQueue, listenQueueLength, maxListenQueue } = status;
  const text = `listen queue: ${count(listenQueue)} of ${count(listenQueueLength)}, most seen ${count(maxListenQueue)} (php-fpm looks once a second)${kernel}`;
  yield `${waiting || (listenQueue ?? 0) > 0 ? style.warning(text) : text}\n`;
}

function* driftLines({ load }: PoolView, style: Style): Generator<string> {
  for (const { name, said, counted } of load?.drift ?? []) {
    yield `${style.warning(`"${name}" says ${formatCount(said)}, the list has ${formatCount(counted)}`)}: the page's counter has drifted, the list counts\n`;
  }
}

function columns({ ascii, showQueries }: StatusTextOptions, printable: (text: string) => string): Column<FpmProcess>[] {
  const duration = (microseconds: number | undefined): string =>
    microseconds === undefined ? '-' : formatDuration(microseconds * 1000, ascii);
  return [
    { title: 'PID', align: 'right', text: ({ pid }) => String(pid) },
    { title: 'STATE', text: ({ state }) => printable(state) },
    { title: 'UP', align: 'right', expendable: 3, text: (row) => duration((row.startSince ?? Number.NaN) * 1e6) },
    { title: 'REQS', align: 'right', text: ({ requests }) => count(requests) },
    { title: 'DUR', align: 'right', text: ({ requestDuration }) => duration(requestDuration) },
    {
      title: 'CPU',
      align: 'right',
      expendable: 4,
      text: ({ lastCpu }) => (lastCpu === undefined ? '-' : `${threeFigures(lastCpu)} %`),
    },
    {
      title: 'MEM',
      align: 'right',
      expendable: 2,
      text: ({ lastMemory }) => (lastMemory === undefined ? '-' : formatBytes(lastMemory)),
    },
    { title: 'BODY', align: 'right', expendable: 5, text: ({ contentLength }) => count(contentLength) },
    { title: 'METHOD', text: ({ method }) => printable(method || '-') },
    {
      title: 'URI',
      flexible: true,
      text: ({ uri }) => printable((showQueries ? uri : uri.replace(/\?.*$/s, '?')) || '-'),
    },
    { title: 'SCRIPT', expendable: 1, text: ({ script }) => printable(script || '-') },
  ];
}

function count(value: number | undefined): string {
  return value === undefined ? '-' : formatCount(value);
}
