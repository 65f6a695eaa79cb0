// The host's view as text: for each listener its queue, who waits, what its connections do, sockets and ports by side;
// then the processes, the kernel's counters, the settings, and what could not be seen.
import { ACTIVITIES, type Activity } from '../host/activity.js';
import type { ConnectionView, CounterView, HostView, ListenerView, ProcessView } from '../host/host-view.js';
import { ephemeralPorts, settingRemarks } from '../host/kernel-settings.js';
import type { StateCounts } from '../model/host-sample.js';
import { formatBytes, formatCount } from './format-count.js';
import { formatDuration } from './format-duration.js';
import { safeText } from './safe-text.js';
import { type Style, styleFor } from './style.js';
import { asciiText, symbolsFor } from './symbols.js';
import { type Column, table, wrap } from './text-layout.js';
import { counted, labelledLines, share, together } from './text-words.js';

export interface HostTextOptions {
  readonly width: number;
  readonly colour: boolean;
  readonly ascii: boolean;
  /** Rows of each list at most. */
  readonly limit: number;
  /** Query strings of requests are shown: they may hold secrets. */
  readonly showQueries: boolean;
}

interface HostContext extends HostTextOptions {
  readonly style: Style;
  readonly safe: (text: string) => string;
  readonly duration: (nanoseconds: number) => string;
}

/** Waiting connections that are told by name. */
const MOST_WAITING = 5;

const ACTIVITY_WORDS: Readonly<Record<Activity, string>> = {
  queued: 'not accepted',
  abandoned: 'not accepted, given up by the web server',
  working: 'with a request',
  parked: 'kept, idle',
  silent: 'without a byte so far',
  'half-closed': 'closed by the application alone',
  'peer-closed': 'closed by the web server alone',
  open: 'accepted',
};

/** The whole view. Lines end with a line break. */
export function* hostText(view: HostView, options: HostTextOptions): Generator<string> {
  const context = hostContext(options);
  for (const [index, listener] of view.listeners.entries()) {
    if (index > 0) yield '\n';
    for (const line of listenerLines(listener, view, context)) yield `${line}\n`;
  }
  for (const part of [
    processLines(view.processes, context),
    counterLines(view, context),
    settingLines(view, context),
    missingLines(view, context),
  ]) {
    let begun = false;
    for (const line of part) {
      if (!begun) yield '\n';
      begun = true;
      yield `${line}\n`;
    }
  }
}

/** The whole view as a part of another report: lines without line breaks. */
export function* hostLines(view: HostView, options: HostTextOptions): Generator<string> {
  for (const text of hostText(view, options)) yield text.slice(0, -1);
}

/** Processes alone, as `hostLines`. */
export function* hostProcessLines(view: HostView, options: HostTextOptions): Generator<string> {
  yield* processLines(view.processes, hostContext(options));
  if (view.processes.length === 0) yield* missingLines(view, hostContext(options));
}

/** Everything but the processes, as `hostLines`. */
export function* hostQueueLines(view: HostView, options: HostTextOptions): Generator<string> {
  yield* hostLines({ ...view, processes: [] }, options);
}

/** What changes from look to look: listeners and processes. */
export function* hostPeriodText(view: HostView, options: HostTextOptions): Generator<string> {
  const context = hostContext(options);
  for (const listener of view.listeners) for (const line of listenerLines(listener, view, context)) yield `${line}\n`;
  for (const line of processLines(view.processes, context)) yield `${line}\n`;
}

function hostContext(options: HostTextOptions): HostContext {
  const { ascii } = options;
  return {
    ...options,
    style: styleFor(options.colour),
    safe: ascii ? (text) => asciiText(safeText(text)) : (text) => safeText(text),
    duration: (nanoseconds) => formatDuration(nanoseconds, ascii),
  };
}

function* listenerLines(listener: ListenerView, view: HostView, context: HostContext): Generator<string> {
  const { style, safe, width } = context;
  yield style.strong(safe(listener.address));
  for (const line of wrap(safe(boundText(listener)), width - 2)) if (line !== '') yield `  ${line}`;
  if (listener.state === 'closed' || listener.state === 'missing') {
    yield `  ${style.error(listener.state === 'missing' ? 'There is no such socket.' : 'Nobody listens there.')}`;
  }
  yield* labelledLines(width, [
    ['accept queue', queueText(listener, context)],
    ['waiting', waitingText(listener, context)],
    ['connections', activityText(listener)],
    ['application', socketText(listener.application, listener.ownTimeWait)],
    ['web server', socketText(listener.webServer, 0)],
    ['ports', portText(listener, view, safe)],
    ['workers', workerText(listener, context)],
    ['status page', safe(statusText(listener, context))],
  ]);
}

function boundText({ bound, address, state, configuration }: ListenerView): string {
  const parts: string[] = [];
  if (state === 'elsewhere') parts.push('not an address of this host: only the web server side is here');
  if (bound !== '' && bound !== address) parts.push(`listened on as ${bound}`);
  if (configuration) {
    const { pool, manager, maxChildren, source } = configuration;
    const children = Number.isNaN(maxChildren) ? '' : `, at most ${counted(maxChildren, 'child', 'children')}`;
    parts.push(`php-fpm pool ${pool} (${manager || 'pm not told'}${children}; ${source})`);
  }
  return parts.join('; ');
}

function queueText(listener: ListenerView, { duration }: HostContext): string {
  const { state, depth, limit, full, maxDepth, longestWait, drops, dropsInAll, queuedFor, kind, queues } = listener;
  if (state !== 'listening') return '';
  const known = Number.isNaN(limit)
    ? `${formatCount(depth)} (its limit is not known)`
    : `${formatCount(depth)} of ${formatCount(limit)}`;
  const parts = [full ? `${known} FULL` : known];
  if (queues.length > 1) parts.push(`over ${counted(queues.length, 'socket')}`);
  if (longestWait >= 0) parts.push(`longest wait ${duration(longestWait)}`);
  else if (queuedFor > 0) parts.push(`not empty for ${duration(queuedFor)}`);
  if (maxDepth > depth) parts.push(`most ${formatCount(maxDepth)}`);
  if (dropsInAll > 0) parts.push(`dropped ${formatCount(dropsInAll)} (${difference(drops)})`);
  else if (kind === 'tcp' && queues.some((queue) => !Number.isNaN(queue.drops))) parts.push('none dropped');
  return together(parts);
}

function waitingText({ connections }: ListenerView, { safe, duration }: HostContext): string {
  const waiting = connections.filter(({ accepted }) => !accepted).sort((a, b) => (b.age || 0) - (a.age || 0));
  const told = waiting
    .slice(0, MOST_WAITING)
    .map((connection) => safe(`${waiterName(connection)} ${waitOf(connection, duration)}`));
  if (waiting.length > told.length) told.push(`and ${formatCount(waiting.length - told.length)} more`);
  return together(told);
}

function waiterName({ key, peer }: ConnectionView): string {
  const who = peer === undefined ? '' : `${peer.name}[${peer.pid}]`;
  if (/^(peer|socket|unknown) /.test(key)) return who || 'somebody';
  return who === '' ? key : `${key} ${who}`;
}

function waitOf({ age, activity, bytesReceived }: ConnectionView, duration: (nanoseconds: number) => string): string {
  const parts = [Number.isNaN(age) ? 'since before the first look' : duration(age)];
  if (activity === 'abandoned') parts.push('given up');
  else if (bytesReceived === 0) parts.push('no byte sent');
  return parts.join(', ');
}

function activityText({ activities, state }: ListenerView): string {
  if (state === 'elsewhere') return '';
  const parts = ACTIVITIES.filter((activity) => activities[activity] > 0).map(
    (activity) => `${formatCount(activities[activity])} ${ACTIVITY_WORDS[activity]}`,
  );
  return parts.length === 0 ? 'none' : together(parts);
}

/** `ESTAB 2   TIME-WAIT 33`. */
function socketText(counts: StateCounts, own: number): string {
  const parts = Object.entries(counts)
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([state, count]) => {
      const ours = state === 'TIME-WAIT' && own > 0 ? ` (${formatCount(own)} from asking for the status page)` : '';
      return `${state} ${formatCount(count)}${ours}`;
    });
  return together(parts);
}

function portText({ ports }: ListenerView, { settings }: HostView, safe: (text: string) => string): string {
  const all = ephemeralPorts(settings);
  const told = ports.slice(0, 3).map(({ source, destination, live, timeWait }) => {
    const used = live + timeWait;
    return safe(
      `${source} to ${destination}: ${formatCount(used)} of ${formatCount(all)} (${share(used, all) || '-'})`,
    );
  });
  if (ports.length > told.length) told.push(`and ${counted(ports.length - told.length, 'more', 'more')}`);
  return together(told);
}

function workerText({ workers, uid, state }: ListenerView, { duration }: HostContext): string {
  if (state !== 'listening') return '';
  if (Number.isNaN(workers.count)) return `not known (the socket belongs to uid ${formatCount(uid)})`;
  const { count, busy, most, fewerFor, defunct, defunctFor, prefork } = workers;
  const all = `${formatCount(busy)} of ${formatCount(count)} hold a connection`;
  const parts = [prefork && busy >= count && count > 0 ? `${all}: ALL` : all];
  if (fewerFor > 0) parts.push(`${formatCount(most - count)} fewer than there were, for ${duration(fewerFor)}`);
  if (defunct > 0) parts.push(`${formatCount(defunct)} dead and not collected, for ${duration(defunctFor)}`);
  return together(parts);
}

function statusText({ status }: ListenerView, { duration }: HostContext): string {
  if (!status) return '';
  if (status.kind !== 'answered') return `${status.kind === 'failed' ? 'no answer' : 'not asked'}: ${status.reason}`;
  const { load, change, status: page, took } = status.pool;
  const parts: string[] = [];
  if (load) {
    const { running, idle, parked, ending } = load.workers;
    parts.push(`${formatCount(running)} running`, `${formatCount(idle)} idle`);
    if (parked > 0) parts.push(`${formatCount(parked)} held by kept connections`);
    if (ending > 0) parts.push(`${formatCount(ending)} ending`);
    if (load.saturation !== undefined && load.maxChildren) {
      parts.push(`${formatCount(load.busy)} of ${formatCount(load.maxChildren.value)} busy`);
    }
  }
  parts.push(`${change?.requests === undefined ? '-' : change.requests.toFixed(1)} requests/s`);
  if ((page.maxChildrenReached ?? 0) > 0)
    parts.push(`max_children reached ${formatCount(page.maxChildrenReached ?? 0)} times`);
  if ((page.slowRequests ?? 0) > 0) parts.push(`${formatCount(page.slowRequests ?? 0)} slow`);
  parts.push(`answered in ${duration(took * 1e6)}`);
  return together(parts);
}

const ROLE_ORDER = ['worker', 'defunct', 'master', 'web-server'];

function* processLines(processes: readonly ProcessView[], context: HostContext): Generator<string> {
  const { style, width, limit, safe, duration } = context;
  if (processes.length === 0) return;
  const ascii = symbolsFor(context.ascii);
  const rows = [...processes].sort(
    (a, b) => ROLE_ORDER.indexOf(a.role) - ROLE_ORDER.indexOf(b.role) || b.connections - a.connections || a.pid - b.pid,
  );
  const shown = rows.slice(0, limit);
  const some = (value: (process: ProcessView) => number) => shown.some((process) => !Number.isNaN(value(process)));
  const columns: Column<ProcessView>[] = [
    { title: 'pid', align: 'right', text: ({ pid }) => String(pid) },
    { title: 'name', expendable: 6, text: ({ name }) => safe(name) },
    { title: 'is', expendable: 2, text: ({ role }) => role },
    { title: 'conns', align: 'right', text: ({ connections }) => formatCount(connections) },
    {
      title: 'busy',
      align: 'right',
      expendable: 4,
      text: (process) => (process.role === 'web-server' ? '-' : percent(process.busyShare)),
    },
    ...(some(({ requests }) => requests)
      ? [
          {
            title: 'requests',
            align: 'right' as const,
            expendable: 5,
            text: ({ requests }: ProcessView) => formatCount(requests),
          },
        ]
      : []),
    { title: 'cpu', align: 'right', expendable: 3, text: ({ cpuShare }) => percent(cpuShare) },
    { title: 'age', align: 'right', expendable: 8, text: ({ age }) => duration(Math.max(0, age)) },
    { title: 'rss', align: 'right', expendable: 7, text: ({ rss }) => formatBytes(rss) },
    {
      title: 'fds',
      align: 'right',
      expendable: 9,
      text: ({ descriptors, descriptorLimit }) =>
        Number.isNaN(descriptors)
          ? '-'
          : `${formatCount(descriptors)}/${Number.isFinite(descriptorLimit) ? formatCount(descriptorLimit) : '-'}`,
    },
    { title: 'does', flexible: true, text: (process) => safe(doingText(process, context)) },
  ];
  yield style.strong(`Processes  ${formatCount(processes.length)}`);
  const [head, ...lines] = table(columns, shown, width - 2, ascii.ellipsis);
  yield `  ${style.dim(head)}`;
  for (const line of lines) yield `  ${line}`;
  if (processes.length > shown.length) yield `  and ${counted(processes.length - shown.length, 'more', 'more')}`;
}

function doingText({ doing, method, uri, requestTime }: ProcessView, { showQueries, duration }: HostContext): string {
  if (uri === '') return doing;
  const time = Number.isNaN(requestTime) ? '' : ` ${duration(requestTime)}`;
  return `${doing}${time}: ${method} ${showQueries ? uri : uri.replace(/\?.*$/s, '?...')}`;
}

function percent(part: number): string {
  return Number.isNaN(part) ? '-' : `${Math.round(part * 100)}%`;
}

function difference(delta: number): string {
  return Number.isNaN(delta) ? '-' : `+${formatCount(delta)}`;
}

/** Counters that are quiet say nothing. */
function* counterLines(view: HostView, { style, width }: HostContext): Generator<string> {
  const always = new Set(['TcpExt.ListenOverflows', 'TcpExt.ListenDrops']);
  const told = view.counters.filter(({ name, since }) => since > 0 || always.has(name));
  if (told.length === 0) return;
  yield style.strong('Kernel counters');
  const meaning = 'Of the network namespace, all ports together: since the look before / since the first / in all.';
  for (const line of wrap(meaning, width - 2)) yield `  ${style.dim(line)}`;
  const words = told.map(
    ({ name, delta, since, value }: CounterView) =>
      `${name.replace(/^\w+\./, '')} ${difference(delta)} / ${view.looks > 1 ? formatCount(since) : '-'} / ${formatCount(value)}`,
  );
  for (const line of wrap(together(words), width - 2)) yield `  ${line}`;
}

function* settingLines({ settings, totals }: HostView, { style, width }: HostContext): Generator<string> {
  const known = (name: string, value: number): string[] => (Number.isNaN(value) ? [] : [`${name} ${value}`]);
  const words = [
    ...known('somaxconn', settings.somaxconn),
    ...known('tcp_max_syn_backlog', settings.maxSynBacklog),
    ...known('tcp_abort_on_overflow', settings.abortOnOverflow),
    ...known('tcp_tw_reuse', settings.timeWaitReuse),
    ...known('tcp_syncookies', settings.synCookies),
    ...(Number.isNaN(settings.firstPort)
      ? []
      : [
          `ip_local_port_range ${settings.firstPort}-${settings.lastPort} (${formatCount(ephemeralPorts(settings))} ports)`,
        ]),
    ...(Number.isNaN(totals.timeWait)
      ? []
      : [`TIME_WAIT in all ${formatCount(totals.timeWait)} of ${formatCount(settings.maxTimeWait)}`]),
  ];
  if (words.length === 0) return;
  yield style.strong('Settings');
  for (const line of wrap(together(words), width - 2)) yield `  ${line}`;
  for (const remark of settingRemarks(settings)) for (const line of wrap(`${remark}.`, width - 2)) yield `  ${line}`;
}

export function* missingLines(
  { missing }: HostView,
  { style, width, safe }: Pick<HostContext, 'style' | 'width' | 'safe'>,
): Generator<string> {
  if (missing.length === 0) return;
  yield style.strong('Not seen');
  for (const { text, hint } of missing) {
    const sentence = safe(hint === undefined ? `${text}.` : `${text}: ${hint}.`);
    for (const line of wrap(sentence, width - 2)) yield `  ${line}`;
  }
}
