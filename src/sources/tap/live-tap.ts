// A tap with its analysis and its recording: the live source that commands and screens ask for Snapshots.
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Check } from '../../analysis/check.js';
import type { SeenFinding } from '../../analysis/finding-history.js';
import { EndedRows } from '../../analysis/live/ended-rows.js';
import { type FindingChange, FindingWatch, type WatchedFinding } from '../../analysis/live/finding-watch.js';
import type { Remapping } from '../../analysis/live/fold.js';
import type { TapNotes } from '../../analysis/live/tap-notes.js';
import { type TapBeside, TapSession } from '../../analysis/live/tap-session.js';
import { TapTally } from '../../analysis/live/tap-tally.js';
import type { Snapshot } from '../../analysis/snapshot.js';
import type { TrafficTally } from '../../analysis/traffic-tally.js';
import type { HostView } from '../../host/host-view.js';
import { type EndpointAddress, formatEndpoint } from '../../model/endpoint-address.js';
import { UserError } from '../../model/errors.js';
import type { HistoryTable } from '../../tcp/history-table.js';
import { systemClock } from '../clock.js';
import { Recording, type RecordingOptions } from './recording.js';
import type { RelayPair } from './relay.js';
import { openTap } from './tap.js';

export interface LiveTapOptions {
  readonly pairs: readonly RelayPair[];
  readonly mode?: number | undefined;
  readonly checks: readonly Check[];
  /** Faults to make, as `parseFault` takes them. */
  readonly faults?: readonly string[] | undefined;
  /** A screen shows rows: they get new numbers only in `fold`, and nothing is added while `hold` gives something to wait for. */
  readonly screen?: { hold(): Promise<void> | undefined } | undefined;
  /** What the host shows at the moment, where it is looked at. */
  readonly host?: (() => HostView | undefined) | undefined;
  readonly record?:
    | (Omit<RecordingOptions, 'comment' | 'clock'> & { readonly comment: (notes: TapNotes) => string })
    | undefined;
}

export interface LiveTap {
  readonly listening: readonly EndpointAddress[];
  /** Where each pair's application is, names looked up. */
  readonly applications: readonly EndpointAddress[];
  readonly names: readonly { readonly listen: string; readonly to: string }[];
  readonly warnings: readonly string[];
  /** Milliseconds since 1970 at time 0. */
  readonly origin: number;
  /** Milliseconds since the tap was opened. */
  now(): number;
  /** Connections so far, those open now, and those with requests under way. */
  readonly connections: number;
  readonly open: number;
  readonly busy: number;
  readonly histories: HistoryTable;
  /** The tables as they stand, for rows that have ended. */
  readonly tables: TapSession['tables'];
  protocolOf(connection: number): string;
  readonly recording: Recording | undefined;
  /** What is concluded; `time` as of `now()`, left out: at the last packet. `beside`: what else is known. */
  snapshot(time?: number, beside?: TapBeside): Snapshot;
  /** The same in steps, as of now. */
  snapshotSteps(): Generator<void, Snapshot, void>;
  /** Where there are many rows the older ones go, and the others have new numbers. */
  fold(): Remapping | undefined;
  /** Packets and payload so far. */
  readonly packets: number;
  readonly bytes: number;
  /** Rows that have ended since the last call. */
  takeEnded(): ReturnType<EndedRows['take']>;
  /** What is new in the findings, at most every so many milliseconds, and whenever the host was looked at; 0: now. */
  takeFindings(interval: number): readonly FindingChange[];
  readonly findings: readonly WatchedFinding[];
  readonly seen: readonly SeenFinding[];
  /** For metrics; as of the last `takeEnded`. */
  readonly traffic: TrafficTally;
  /** Takes what the relay has told, and writes the recording as far as it is. */
  flush(): void;
  stopAccepting(): void;
  /** Ends the connections without a request under way. */
  endIdle(): void;
  close(): Promise<void>;
}

/** Milliseconds from one conclusion to the next: it takes long as well where processors are short. */
const LONGEST_WAIT = 5000;

/** @throws UserError if it cannot listen, look up a name, or write the recording */
export async function openLiveTap(options: LiveTapOptions): Promise<LiveTap> {
  const pairs = await Promise.all(options.pairs.map(async ({ listen, to }) => ({ listen, to: await resolved(to) })));
  let failure: Error | undefined;
  const tap = await openTap({
    pairs,
    mode: options.mode,
    faults: options.faults,
    hold: options.screen && (() => options.screen?.hold()),
    onFailure: (error) => {
      failure = error;
    },
  });
  const named = tap.listening.map((listen, index) => ({ listen, to: pairs[index].to }));
  const ended = new EndedRows();
  const tally = new TapTally(named.map(({ to }) => formatEndpoint(to)));
  const watch = new FindingWatch();
  let recording: Recording | undefined;
  const session = new TapSession({
    pairs: named,
    origin: tap.origin,
    checks: options.checks,
    tally,
    foldsWhenAsked: options.screen !== undefined,
    recorder: { packet: (connection, frame, error) => recording?.packet(connection, frame, error) },
    onClosed: (row, connection) => ended.connectionClosed(row, connection),
    onFolded: (rows) => ended.renumber(rows),
  });
  try {
    if (options.record !== undefined) {
      const { comment, ...rest } = options.record;
      recording = new Recording({ ...rest, comment: comment(session.notes), clock: systemClock });
    }
  } catch (error) {
    await tap.close();
    throw error;
  }
  tap.sink = session;
  const opened = systemClock.origin() - tap.origin;
  const now = () => systemClock.now() + opened;
  let watched = Number.NEGATIVE_INFINITY;
  let took = 0;
  let concluded: HostView | undefined;
  const snapshot = (time?: number, beside?: TapBeside) => {
    const made = session.snapshot(tap.lost, time, beside ?? hostBeside(options.host?.()));
    for (const { endpoint, maxConcurrentRequests } of made.backends) {
      const listener = tally.traffic.listeners.get(endpoint);
      if (listener) listener.mostInFlight = Math.max(listener.mostInFlight, maxConcurrentRequests);
    }
    return made;
  };
  return {
    listening: tap.listening,
    applications: pairs.map(({ to }) => to),
    names: named.map(({ listen, to }) => ({ listen: formatEndpoint(listen), to: formatEndpoint(to) })),
    warnings: tap.warnings,
    origin: tap.origin,
    now,
    get connections() {
      return session.connections;
    },
    get open() {
      return session.openConnections;
    },
    get busy() {
      return session.busy;
    },
    get histories() {
      return session.pipeline.tracker.histories;
    },
    get tables() {
      return session.tables;
    },
    protocolOf: (connection) => session.protocolOf(connection),
    get recording() {
      return recording;
    },
    snapshot,
    snapshotSteps: () => session.snapshotSteps(tap.lost, now(), hostBeside(options.host?.())),
    fold: () => session.fold(),
    get packets() {
      return session.pipeline.packets;
    },
    get bytes() {
      return session.bytes;
    },
    takeEnded() {
      const rows = ended.take(session.pipeline.session.log.requests);
      tally.take(session.tables, { ...rows, underWay: ended.underWay });
      return rows;
    },
    takeFindings(interval) {
      const time = now();
      // Concluding takes a fortieth of this thread's time; where the host shows something new, a tenth.
      const view = options.host?.();
      const share = view === concluded ? 40 : 10;
      const wait = Math.max(view === concluded ? interval : 0, Math.min(took * share, LONGEST_WAIT));
      if (interval > 0 && time - watched < wait) return [];
      concluded = view;
      watched = time;
      const { findings } = snapshot(time);
      took = now() - time;
      return watch.update(findings, time / 1000);
    },
    get findings() {
      return watch.list;
    },
    get seen() {
      return watch.seen;
    },
    traffic: tally.traffic,
    flush() {
      if (failure !== undefined) throw failure;
      recording?.flush();
    },
    stopAccepting: tap.stopAccepting,
    endIdle() {
      // A request that the relay has told of, but nobody has looked at, is under way too.
      tap.drain();
      const idle = session.idle();
      if (idle.length > 0) tap.end(idle);
    },
    async close() {
      await tap.close();
      recording?.close(tap.lost);
    },
  };
}

async function resolved(to: EndpointAddress): Promise<EndpointAddress> {
  if (to.kind === 'unix' || isIP(to.host) !== 0) return to;
  try {
    return { ...to, host: (await lookup(to.host)).address };
  } catch {
    throw new UserError(`cannot connect to ${formatEndpoint(to)}: the name is not known`);
  }
}

function hostBeside(host: HostView | undefined): TapBeside {
  return host ? { host } : {};
}
