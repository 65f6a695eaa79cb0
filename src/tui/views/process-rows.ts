// Who serves the requests: processes where a log or a live source names them, else endpoints, and how the Processes view
// is divided.
import { formatCount } from '../../reporters/format-count.js';
import { layoutOf } from '../layout.js';
import { perValue } from '../memo.js';
import type { State } from '../state.js';

export interface ProcessRow {
  /** The listener's, where the capture has it. */
  readonly endpoint: string | undefined;
  readonly name: string;
  readonly pid: string;
  readonly requests: number;
  readonly share: number;
  readonly perSecond: number;
  /** Most at once. */
  readonly most: number;
  /** Part of the time in which it had a request; NaN where it is not known. */
  readonly busy: number;
  /** Nanoseconds; NaN where it is not known. */
  readonly p50: number;
  readonly p95: number;
  readonly connections: number;
  /** Nanoseconds from the first to the last sign of it. */
  readonly age: number;
}

export const processRows = perValue((state: State): ProcessRow[] => {
  const snapshot = state.data.shown?.snapshot;
  if (!snapshot) return [];
  const { backends, processes, facts } = snapshot;
  const seconds = facts.duration / 1e9;
  if (processes.length > 0) {
    const all = processes.reduce((sum, { requests }) => sum + requests, 0);
    return processes
      .map((process): ProcessRow => {
        const lived = Math.max(1, process.lastTime - process.firstTime);
        return {
          endpoint: process.listener?.endpoint,
          name: process.socket,
          pid: process.pid === 0 ? '-' : String(process.pid),
          requests: process.requests,
          share: all > 0 ? process.requests / all : 0,
          perSecond: process.requests / lived,
          most: process.maxLoad,
          busy: process.listener ? Math.min(1, process.requestTime / (lived * 1e9)) : NaN,
          p50: NaN,
          p95: NaN,
          connections: process.capturedRequests,
          age: (process.lastTime - process.firstTime) * 1e9,
        };
      })
      .sort((a, b) => b.requests - a.requests);
  }
  const all = backends.reduce((sum, { requests }) => sum + requests, 0);
  return backends
    .map(
      (backend): ProcessRow => ({
        endpoint: backend.endpoint,
        name: backend.endpoint,
        pid: '-',
        requests: backend.requests,
        share: all > 0 ? backend.requests / all : 0,
        perSecond: seconds > 0 ? backend.requests / seconds : 0,
        most: backend.maxConcurrentRequests,
        busy: facts.duration > 0 ? backend.busyTime / facts.duration : NaN,
        p50: backend.latency.total?.p50 ?? NaN,
        p95: backend.latency.total?.p95 ?? NaN,
        connections: backend.connections,
        age: facts.duration,
      }),
    )
    .sort((a, b) => b.requests - a.requests);
});

/** Why there is no process, and what would tell it. */
export function processHint(state: State): string {
  const snapshot = state.data.shown?.snapshot;
  if (!snapshot || snapshot.processes.length > 0) return evenness(state);
  return "Packets alone name no process. lighttpd's error log (fastcgi.debug = 1) read along with them does.";
}

/** How evenly the requests are spread: 0 is even. */
function evenness(state: State): string {
  const counts = processRows(state).map(({ requests }) => requests);
  if (counts.length < 2) return '';
  const sorted = [...counts].sort((a, b) => a - b);
  const all = sorted.reduce((sum, count) => sum + count, 0);
  if (all === 0) return '';
  const weighted = sorted.reduce((sum, count, i) => sum + (i + 1) * count, 0);
  const gini = (2 * weighted) / (sorted.length * all) - (sorted.length + 1) / sorted.length;
  const median = sorted[Math.floor(sorted.length / 2)];
  const times = median > 0 ? `, busiest ${(sorted[sorted.length - 1] / median).toFixed(1)}x the median` : '';
  return `Gini ${gini.toFixed(2)} (0 is even)${times}; ${formatCount(all)} requests`;
}

export interface ProcessHeights {
  /** The list's panel with its frame. */
  readonly panel: number;
  readonly list: number;
  /** 0 where there is no room. */
  readonly chart: number;
}

export function processHeights(state: State): ProcessHeights {
  const { body, low, tall } = layoutOf(state);
  const chart = low ? 0 : tall ? 12 : 9;
  const panel = body - chart;
  // Head line, an empty line and the hint.
  return { panel, list: Math.max(1, panel - 5), chart };
}
