// Keeps the state, and does what it asks for beside the keys: takes snapshots while input is read, filters and sorts,
// works out charts, reads opened rows again. Knows no terminal; time and everything outside are handed in.
import type { Remapping } from '../analysis/live/fold.js';
import type { Snapshot } from '../analysis/snapshot.js';
import type { HistoryTable } from '../tcp/history-table.js';
import { queueDepth, type Series, seriesSteps } from './charts/series.js';
import type { ReadingProgress, ScreenData, Shown } from './data.js';
import { deriveSteps } from './derive.js';
import type { ConnectionContents, RequestContents } from './ladder/contents.js';
import { SortScratch } from './rows/radix-sort.js';
import type { Selected } from './rows/select.js';
import { orderKeys, rowTotals, tableSteps } from './rows/table-steps.js';
import { type Command, type Detail, type State, type TableName, topDetail } from './state.js';
import { type Happening, update } from './update.js';
import { wantedChart } from './views/chart-panel.js';
import { type Job, runJob, type Turns } from './work.js';

/** What was read so far, and whatever comes to it. */
export interface Subject {
  /** The Snapshot in steps; nothing is added to what it is made of while it is being made. */
  snapshotSteps(): Generator<void, Snapshot, void>;
  readonly histories: HistoryTable;
}

/** What a screen cannot do itself. */
export interface Services {
  /** Reads a row's packets again; undefined where the input cannot be read twice. */
  readonly reread:
    | {
        connection(shown: Shown, row: number, tools: RereadTools): Promise<ConnectionContents>;
        request(shown: Shown, row: number, tools: RereadTools): Promise<RequestContents>;
      }
    | undefined;
  /** Carries out a command: ends, suspends, writes. What it returns is told in the bar. */
  command(command: Command, shown: Shown | undefined): Promise<{ text: string; bad: boolean } | undefined>;
  /** Something went wrong that is our fault. */
  failed(error: unknown): void;
}

export interface RereadTools {
  readonly signal: AbortSignal;
  onProgress(share: number): void;
}

/** Milliseconds between two snapshots at least, and how many times the making of one must lie between two. */
const SNAPSHOT_INTERVAL = 250;
const SNAPSHOT_SHARE = 8;
/** The first one comes as soon as something has been read. */
const FIRST_SNAPSHOT = 60;
/** Rows from which on sorting and filtering show their progress. */
const MANY = 100_000;
/** Milliseconds between two drawings of a progress. */
const BUSY_INTERVAL = 50;
/** Milliseconds after which the memory of sorts is given back. */
const SCRATCH_KEPT = 2_000;

export class Controller {
  state: State;
  private readonly listeners = new Set<() => void>();
  private notified = true;
  private subject: Subject | undefined;
  private progress: ReadingProgress;
  private revision = 0;
  private snapshotAt = -Infinity;
  private snapshotCost = 0;
  /** What had been heard at the last snapshot. */
  private snapshotHeard = -1;
  private making: Promise<void> | undefined;
  private ended = false;
  private closed = false;
  private stopClock: () => void;
  private readonly began: number;
  private base: Selected | undefined;
  private baseKey = '';
  private orderKeys: Record<TableName, string> = { connections: '', requests: '' };
  private readonly scratch = new SortScratch();
  private forgetScratch: () => void = () => {};
  private tableJob: Job | undefined;
  private tableJobKey = '';
  private seriesJob: Job | undefined;
  private seriesKey = '';
  private loading: { detail: Detail; revision: number; abort: AbortController } | undefined;

  constructor(
    initial: State,
    private readonly services: Services,
    private readonly turns: Turns,
  ) {
    this.state = initial;
    this.progress = initial.data.progress;
    this.began = turns.now();
    this.stopClock = turns.after(SNAPSHOT_INTERVAL, () => this.tick());
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  dispatch(happening: Happening): void {
    if (this.closed) return;
    this.change(happening);
    this.follow();
  }

  /** The inputs are open. */
  opened(subject: Subject): void {
    this.subject = subject;
  }

  /** How far the reading is; a snapshot is begun when it is time for one. */
  read(progress: Omit<ReadingProgress, 'elapsed'>): void {
    this.progress = { ...progress, elapsed: this.elapsed };
    this.takeSnapshotIfDue();
  }

  /** While a snapshot is made nothing may be added to what it is made of. */
  hold(): Promise<void> | undefined {
    return this.making;
  }

  /**
   * A source without an end keeps only so many rows: the rest have new numbers now, and what is shown must be made anew
   * before it is drawn again. To be called where `hold` gives nothing to wait for.
   */
  renumbered(rows: Remapping): void {
    const { subject } = this;
    if (!subject || this.closed) return;
    this.tableJob?.cancel();
    this.seriesJob?.cancel();
    this.tableJobKey = '';
    this.seriesKey = '';
    this.base = undefined;
    this.baseKey = '';
    this.orderKeys = { connections: '', requests: '' };
    const steps = shownSteps(subject, ++this.revision, this.progress.packets, this.elapsed);
    let step = steps.next();
    while (!step.done) step = steps.next();
    this.snapshotAt = this.turns.now();
    this.snapshotHeard = heard(this.progress);
    this.dispatch({ kind: 'renumbered', rows, data: this.withShown(step.value) });
  }

  /** The input has ended: the last snapshot is made, whatever is paused. */
  async finished(warnings: readonly string[]): Promise<void> {
    this.ended = true;
    if (this.making) await this.making;
    await this.takeSnapshot();
    this.change({ kind: 'data', data: { ...this.state.data, phase: 'done', warnings, progress: this.progressNow() } });
    this.follow();
  }

  close(): void {
    this.closed = true;
    this.stopClock();
    this.forgetScratch();
    this.tableJob?.cancel();
    this.seriesJob?.cancel();
    this.loading?.abort.abort();
  }

  private get elapsed(): number {
    return this.turns.now() - this.began;
  }

  private progressNow(): ReadingProgress {
    return { ...this.progress, elapsed: this.elapsed };
  }

  private change(happening: Happening): void {
    const next = update(this.state, happening);
    if (next === this.state) return;
    this.state = next;
    if (!this.notified) return;
    // Several changes of one turn are drawn once.
    this.notified = false;
    queueMicrotask(() => {
      this.notified = true;
      if (!this.closed) for (const listener of this.listeners) listener();
    });
  }

  /** Starts what the state asks for. */
  private follow(): void {
    this.runCommands();
    this.followTables();
    this.followChart();
    this.followDetail();
  }

  private runCommands(): void {
    const { commands } = this.state;
    if (commands.length === 0) return;
    this.change({ kind: 'commands-taken' });
    for (const command of commands) {
      this.services.command(command, this.state.data.shown).then(
        (told) => told && this.dispatch({ kind: 'message', ...told }),
        (error: unknown) => this.services.failed(error),
      );
    }
  }

  // The clock of a live source, the counters of a file: a few times a second while something changes.
  private tick(): void {
    if (this.closed) return;
    this.stopClock = this.turns.after(SNAPSHOT_INTERVAL, () => this.tick());
    if (this.ended) return;
    this.takeSnapshotIfDue();
    const { data } = this.state;
    const seconds = (milliseconds: number) => Math.floor(milliseconds / 1000);
    const isNews =
      heard(data.progress) !== heard(this.progress) ||
      data.progress.bytes !== this.progress.bytes ||
      (data.phase === 'live' && seconds(data.progress.elapsed) !== seconds(this.elapsed));
    if (isNews) this.change({ kind: 'data', data: { ...data, progress: this.progressNow() } });
  }

  private takeSnapshotIfDue(): void {
    if (!this.subject || this.making || this.ended || this.state.paused) return;
    if (heard(this.progress) === this.snapshotHeard || heard(this.progress) === 0) return;
    const now = this.turns.now();
    const wait = this.revision === 0 ? FIRST_SNAPSHOT : Math.max(SNAPSHOT_INTERVAL, this.snapshotCost * SNAPSHOT_SHARE);
    if (now - Math.max(this.began, this.snapshotAt) < wait) return;
    void this.takeSnapshot();
  }

  private takeSnapshot(): Promise<void> {
    const { subject } = this;
    if (!subject) return Promise.resolve();
    const began = this.turns.now();
    const { packets } = this.progress;
    const before = heard(this.progress);
    this.making = new Promise((resolve) => {
      runJob(shownSteps(subject, ++this.revision, packets, this.elapsed), this.turns, {
        done: (shown) => {
          this.making = undefined;
          this.snapshotAt = this.turns.now();
          this.snapshotCost = this.snapshotAt - began;
          this.snapshotHeard = before;
          this.dispatch({ kind: 'data', data: this.withShown(shown) });
          resolve();
        },
        failed: (error) => {
          this.making = undefined;
          this.services.failed(error);
          resolve();
        },
      });
    });
    return this.making;
  }

  private withShown(shown: Shown): ScreenData {
    return { ...this.state.data, shown, progress: this.progressNow() };
  }

  private followTables(): void {
    const { shown } = this.state.data;
    if (!shown) return;
    const baseKey = `${shown.revision} ${this.state.filter.applied}`;
    const orders = orderKeys(this.state, baseKey);
    const wanted = `${orders.connections} ${orders.requests}`;
    if (
      wanted === this.tableJobKey ||
      (orders.connections === this.orderKeys.connections && orders.requests === this.orderKeys.requests)
    )
      return;
    this.tableJob?.cancel();
    this.tableJobKey = wanted;
    const base = baseKey === this.baseKey ? this.base : undefined;
    const totals = rowTotals(shown);
    const isLong = totals.connections + totals.requests > MANY;
    const what = base ? 'sorting' : 'filtering';
    const hasWork = base !== undefined || this.state.filter.applied !== '';
    const showsProgress = isLong && hasWork;
    if (showsProgress) this.change({ kind: 'busy', busy: { what, share: 0 } });
    let drawn = this.turns.now();
    const kept = {
      base,
      connections: orders.connections === this.orderKeys.connections ? this.state.tables.connections.rows : undefined,
      requests: orders.requests === this.orderKeys.requests ? this.state.tables.requests.rows : undefined,
    };
    this.keepScratch();
    this.tableJob = runJob(tableSteps(this.state, shown, kept, this.scratch), this.turns, {
      step: (share) => {
        // Drawing takes time from the work.
        if (!showsProgress || this.turns.now() - drawn < BUSY_INTERVAL) return;
        drawn = this.turns.now();
        this.change({ kind: 'busy', busy: { what, share } });
      },
      done: ({ base: selected, ordered }) => {
        this.tableJob = undefined;
        this.tableJobKey = '';
        this.base = selected;
        this.baseKey = baseKey;
        this.orderKeys = orders;
        if (this.state.busy && this.state.busy.what !== 'reading') this.change({ kind: 'busy', busy: undefined });
        this.dispatch({ kind: 'selected', selected: ordered, totals });
        this.forgetScratch = this.turns.after(SCRATCH_KEPT, () => this.scratch.release());
      },
      failed: (error) => this.services.failed(error),
    });
  }

  private keepScratch(): void {
    this.forgetScratch();
    this.forgetScratch = () => {};
  }

  private followChart(): void {
    const wanted = wantedChart(this.state);
    const { shown } = this.state.data;
    if (!wanted || !shown || wanted.key === this.seriesKey) return;
    this.seriesKey = wanted.key;
    this.seriesJob?.cancel();
    const { listener, metric, span, cells, key } = wanted;
    const { facts } = shown.snapshot;
    const done = (series: readonly Series[]) => this.change({ kind: 'series', key, series, ...span });
    if (metric === 'depth') {
      done(queueDepth(facts, listener, span, cells));
      return;
    }
    this.seriesJob = runJob(seriesSteps(facts, listener, metric, span, cells), this.turns, {
      done,
      failed: (error) => this.services.failed(error),
    });
  }

  private followDetail(): void {
    const detail = topDetail(this.state);
    const { shown, phase } = this.state.data;
    const { loading } = this;
    if (
      loading &&
      loading.detail.kind === detail?.kind &&
      loading.detail.row === detail.row &&
      loading.revision === shown?.revision
    )
      return;
    if (loading) {
      loading.abort.abort();
      this.loading = undefined;
      if (this.state.busy?.what === 'reading') this.change({ kind: 'busy', busy: undefined });
    }
    if (!detail || !shown || phase !== 'done' || !this.services.reread) return;
    const abort = new AbortController();
    this.loading = { detail, revision: shown.revision, abort };
    const tools: RereadTools = {
      signal: abort.signal,
      onProgress: (share) => {
        if (!abort.signal.aborted) this.change({ kind: 'busy', busy: { what: 'reading', share } });
      },
    };
    this.load(detail, shown, tools).then(
      (happening) => {
        if (abort.signal.aborted) return;
        if (this.state.busy?.what === 'reading') this.change({ kind: 'busy', busy: undefined });
        this.dispatch(happening);
      },
      (error: unknown) => {
        if (!abort.signal.aborted)
          this.dispatch({ kind: 'message', text: error instanceof Error ? error.message : String(error), bad: true });
      },
    );
  }

  private async load(detail: Detail, shown: Shown, tools: RereadTools): Promise<Happening> {
    const reread = this.services.reread!;
    if (detail.kind === 'timeline')
      return { kind: 'connection', contents: await reread.connection(shown, detail.row, tools) };
    return { kind: 'request', contents: await reread.request(shown, detail.row, tools) };
  }
}

/** Grows with everything that may change a snapshot. */
function heard({ packets, looks = 0 }: Omit<ReadingProgress, 'elapsed'>): number {
  return packets + looks;
}

function* shownSteps(subject: Subject, revision: number, packets: number, at: number): Generator<void, Shown, void> {
  const snapshot = yield* subject.snapshotSteps();
  const derived = yield* deriveSteps(snapshot);
  return { revision, snapshot, histories: subject.histories, derived, packets, at };
}
