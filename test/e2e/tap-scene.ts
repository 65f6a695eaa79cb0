// A tap between real servers, started as a user would: its report at the end, and what it shows of the host meanwhile.
import { existsSync, readFileSync } from 'node:fs';
import { eventually } from '../support/peers/eventually.js';
import type { Stage } from '../support/peers/stage.js';
import type { Report } from '../support/report.js';
import { bin } from '../support/run-bin.js';
import type { WatchListener, WatchReport } from './watch-scene.js';

export interface TapReport extends Report {
  readonly tap: { readonly connections: number; readonly cut: number; readonly connectErrors: Record<string, number> };
  readonly seen: WatchReport['findings'];
  readonly host?: Pick<WatchReport, 'listeners' | 'processes' | 'counters' | 'missing'>;
}

export interface PlacedTap {
  readonly pid: number;
  readonly recording: string;
  /** Where its metrics are. */
  readonly metrics: string;
  /** Ends it as a user does; its report. */
  finished(): Promise<TapReport>;
}

/** Starts the tap; `listen` and `to` as on its command line. */
export async function placeTap(
  stage: Stage,
  listen: string,
  to: string,
  options: readonly string[] = [],
): Promise<PlacedTap> {
  const recording = stage.path('tap.pcapng');
  const output = stage.path('tap.json');
  const metrics = await stage.endpoint();
  const args = ['tap', '--listen', listen, '--to', to, '--record', recording, '--format', 'json', '-o', output];
  const daemon = stage.start(process.execPath, [bin, ...args, '--grace', '3s', '--metrics', metrics, ...options], {
    stopSignal: 'SIGINT',
  });
  await daemon.until('listening', () => daemon.output.includes('metrics at'));
  return {
    pid: daemon.pid,
    recording,
    metrics,
    async finished() {
      daemon.signalAll('SIGINT');
      await daemon.wait();
      await eventually('the report', () => existsSync(output));
      return JSON.parse(readFileSync(output, 'utf8')) as TapReport;
    },
  };
}

/** A look at the host while the tap runs. */
export type HostLook = Pick<WatchReport, 'listeners' | 'processes'>;

/** Starts a tap that tells everything as it happens. */
export async function placeTellingTap(stage: Stage, listen: string, to: string) {
  const args = ['tap', '--listen', listen, '--to', to, '--format', 'ndjson', '--quiet', '--grace', '3s'];
  const daemon = stage.start(process.execPath, [bin, ...args], { stopSignal: 'SIGINT' });
  const events = () =>
    daemon.output
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as { kind: string });
  await daemon.until('listening', () => events().some(({ kind }) => kind === 'host'));
  const looks = () => events().filter(({ kind }) => kind === 'host') as unknown as HostLook[];
  return {
    pid: daemon.pid,
    /** The next look of which this holds. */
    look: (what: string, holds: (listener: WatchListener, look: HostLook) => boolean): Promise<HostLook> => {
      const before = looks().length;
      return eventually(what, () =>
        looks()
          .slice(before)
          .find((look) => holds(look.listeners[0], look)),
      );
    },
    /** Until this finding is told, while the load is held still. */
    found: (id: string): Promise<unknown> =>
      eventually(`the finding ${id}`, () =>
        events().some((event) => event.kind === 'finding' && (event as unknown as { id: string }).id === id),
      ),
    /** Ends it as a user does; findings that there were at any time, and those of the last report. */
    async finished(): Promise<{ all: string[]; last: string[]; events: readonly { kind: string }[] }> {
      daemon.signalAll('SIGINT');
      await daemon.wait();
      const found = events().filter(({ kind }) => kind === 'finding') as unknown as { id: string; state?: string }[];
      const ids = (list: readonly { id: string }[]) => [...new Set(list.map(({ id }) => id))];
      return { all: ids(found), last: ids(found.filter(({ state }) => state === undefined)), events: events() };
    },
  };
}
