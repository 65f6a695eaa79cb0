// Which process did how much: known from a web server's log or from a live source, never from packets alone.
import type { JoinedProcess } from '../analysis/process-join.js';
import { formatCount } from './format-count.js';
import type { TextContext } from './text-context.js';
import { type Column, table, wrap } from './text-layout.js';
import { counted, share } from './text-words.js';

const HINT = "Packets name no process; lighttpd's error log (fastcgi.debug = 1) read along with them does.";

/** What the packets add to the log. */
const capturedColumns = ({ duration }: TextContext): readonly Column<JoinedProcess>[] => [
  { title: 'captured', align: 'right', expendable: 2, text: ({ capturedRequests }) => formatCount(capturedRequests) },
  { title: 'busy', align: 'right', expendable: 2, text: ({ requestTime }) => duration(requestTime) },
  { title: 'queued', align: 'right', expendable: 1, text: ({ queued }) => formatCount(queued) },
];

export function* processLines(context: TextContext): Generator<string> {
  const { snapshot, style, symbols, width, limit, safe } = context;
  const { listeners } = snapshot.facts;
  const { processes } = snapshot;
  if (processes.length === 0) {
    if (listeners.length === 0) return;
    for (const line of wrap(HINT, width)) yield style.dim(line);
    return;
  }
  const all = processes.reduce((sum, { requests }) => sum + requests, 0);
  const columns: readonly Column<JoinedProcess>[] = [
    { title: 'pid', align: 'right', text: ({ pid }) => (pid === 0 ? '-' : String(pid)) },
    { title: 'socket', flexible: true, text: ({ socket }) => safe(socket) },
    { title: 'requests', align: 'right', text: ({ requests }) => formatCount(requests) },
    { title: 'share', align: 'right', expendable: 3, text: ({ requests }) => share(requests, all) },
    { title: 'most at once', align: 'right', text: ({ maxLoad }) => formatCount(maxLoad) },
    ...(processes.some(({ listener }) => listener) ? capturedColumns(context) : []),
    { title: 'end of file', align: 'right', text: ({ endOfFile }) => formatCount(endOfFile) },
  ];
  yield style.strong(`Processes  ${formatCount(processes.length)}`);
  const shown = [...processes].sort((a, b) => b.requests - a.requests).slice(0, limit);
  const [head, ...lines] = table(columns, shown, width - 2, symbols.ellipsis);
  yield `  ${style.dim(head)}`;
  for (const line of lines) yield `  ${line}`;
  if (processes.length > shown.length) yield `  and ${counted(processes.length - shown.length, 'more', 'more')}`;
}
