// One line per listening application endpoint, and where requests queue the queue's length over time.
import type { Backend } from '../analysis/snapshot.js';
import { formatCount } from './format-count.js';
import { resample, sparkline } from './symbols.js';
import type { TextContext } from './text-context.js';
import { type Column, table, wrap } from './text-layout.js';
import { counted } from './text-words.js';

const SPARKLINE_CELLS = 60;
/** Charts of requests in progress: of the busiest backends; queues are all shown. */
const MAX_CHARTS = 3;

/** Columns that say nothing where the input has no payload to decode. */
const NEED_PAYLOAD: ReadonlySet<string> = new Set(['requests', 'at once', 'slots', 'queued', 'p50', 'p95', 'max']);

const columnsFor = ({ duration }: TextContext): readonly Column<Backend>[] => [
  { title: 'endpoint', flexible: true, text: ({ endpoint }) => endpoint },
  { title: 'protocol', expendable: 5, text: ({ protocol }) => protocol },
  { title: 'connections', align: 'right', expendable: 2, text: ({ connections }) => formatCount(connections) },
  { title: 'requests', align: 'right', text: ({ requests }) => formatCount(requests) },
  { title: 'at once', align: 'right', text: ({ maxConcurrentRequests }) => formatCount(maxConcurrentRequests) },
  {
    title: 'slots',
    align: 'right',
    expendable: 1,
    text: ({ concurrencyCeiling }) => (concurrencyCeiling === null ? '-' : formatCount(concurrencyCeiling)),
  },
  {
    title: 'queued',
    align: 'right',
    text: ({ acceptQueue }) => (acceptQueue.source === 'none' ? '-' : formatCount(acceptQueue.maxDepth)),
  },
  { title: 'p50', align: 'right', expendable: 4, text: ({ latency }) => duration(latency.total?.p50 ?? NaN) },
  { title: 'p95', align: 'right', expendable: 3, text: ({ latency }) => duration(latency.total?.p95 ?? NaN) },
  { title: 'max', align: 'right', expendable: 3, text: ({ latency }) => duration(latency.total?.max ?? NaN) },
];

export function* backendLines(context: TextContext): Generator<string> {
  const { snapshot, style, symbols, width, limit, safe, duration } = context;
  const backends = [...snapshot.backends].sort((a, b) => b.requests - a.requests || b.connections - a.connections);
  if (backends.length === 0) return;
  yield style.strong('Applications');
  const shown = backends.slice(0, limit).map((backend) => ({ ...backend, endpoint: safe(backend.endpoint) }));
  const columns = columnsFor(context).filter((column) => snapshot.facts.hasPayload || !NEED_PAYLOAD.has(column.title));
  const [head, ...lines] = table(columns, shown, width - 2, symbols.ellipsis);
  yield `  ${style.dim(head)}`;
  for (const line of lines) yield `  ${line}`;
  if (backends.length > shown.length) yield `  and ${counted(backends.length - shown.length, 'more', 'more')}`;
  let charts = 0;
  for (const backend of backends) {
    const { endpoint, acceptQueue, maxConcurrentRequests, inFlight } = backend;
    if (acceptQueue.source !== 'none') {
      const most = `at most ${formatCount(acceptQueue.maxDepth)}, the longest for ${duration(acceptQueue.longestWait)}`;
      const title = `Waiting on ${endpoint} with no byte answered: ${most}`;
      yield* chartLines(context, title, acceptQueue.depth, style.warning);
    } else if (maxConcurrentRequests > 1 && charts++ < MAX_CHARTS) {
      const title = `In progress on ${endpoint}: at most ${counted(maxConcurrentRequests, 'request')}`;
      yield* chartLines(context, title, inFlight, style.strong);
    }
  }
}

/** Steps over the time of the capture. */
function* chartLines(
  { snapshot, style, symbols, width, duration }: TextContext,
  title: string,
  steps: readonly (readonly [number, number])[],
  colour: (text: string) => string,
): Generator<string> {
  const whole = snapshot.input.duration;
  const cells = Math.min(SPARKLINE_CELLS, width - 4);
  yield '';
  for (const line of wrap(title, width - 2)) yield `  ${line}`;
  yield `  |${colour(sparkline(resample(steps, 0, whole, cells), symbols))}|`;
  const from = '0 s';
  const until = duration(whole);
  yield style.dim(`   ${from}${until.padStart(Math.max(until.length + 1, cells - from.length))}`);
}
