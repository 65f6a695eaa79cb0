// What lighttpd's error log tells of each application process: how many requests it was given, how many at once, and
// whether it closed connections early or the printed load stopped agreeing with the log.
import type { LighttpdEvent } from './lighttpd-line.js';
import { LoadDrift } from './load-drift.js';
import { epochSeconds, type ZoneOffset } from './log-time.js';

/** Times are whole seconds since 1970. */
export interface ProcessLoad {
  /** 0 when lighttpd did not start the process: then the socket names it. */
  readonly pid: number;
  /** `unix:/path` or `tcp:host:port`. */
  readonly socket: string;
  /** Times it was given a connection; lighttpd sends one request on each. */
  readonly requests: number;
  readonly released: number;
  /** The highest load that was printed. */
  readonly maxLoad: number;
  /** [second, the highest load printed in it], in the order of the log. */
  readonly load: readonly (readonly [number, number])[];
  /** "unexpected end-of-file" lines: it closed a connection before the answer was complete. */
  readonly endOfFile: number;
  /** Those of them after which the same process was given another request: it had not died. */
  readonly endOfFileAlive: number;
  /** Those of them that came before its first request: the connections were those of the process before it. */
  readonly endOfFileInherited: number;
  /** Connections on which no response came at all. */
  readonly responsesNotReceived: number;
  readonly connectFailures: number;
  /** Those of them where nobody listened: connection refused, or no such socket file. */
  readonly listenerGone: number;
  readonly firstTime: number;
  readonly lastTime: number;
  /**
   * Printed load minus the connections that the log shows open (got minus released), at the end; 0 when they agree. It
   * means something when it has lasted (`driftLines`, since `driftSince`) and the log is complete (`jumps` is 0). The
   * counter is the socket's: of several processes that had it one after the other, the last one carries these fields.
   */
  readonly drift: number;
  readonly driftLines: number;
  readonly driftSince: number;
  /** How often the load fell by more than one line explains: lines are missing, or it was decremented without one. */
  readonly jumps: number;
  /** How often a load below 0 was printed. */
  readonly negativeLoads: number;
}

type Draft = { -readonly [Key in Exclude<keyof ProcessLoad, 'load'>]: ProcessLoad[Key] } & {
  load: [number, number][];
};

interface Entry {
  readonly process: Draft;
  /** Who had the socket before it, since the server was started. */
  readonly before: Entry | undefined;
  /** End-of-file lines since the last request it was given. */
  unconfirmed: number;
}

/** ECONNREFUSED and ENOENT, as the system's messages say them. */
const NOBODY_LISTENS = /Connection refused|No such file or directory/;

/** Folds the events of a log into its processes, in the order in which they appear. */
export class ProcessLoads {
  private readonly entries = new Map<string, Entry>();
  private readonly latestAt = new Map<string, Entry>();
  private readonly latestOf = new Map<number, Entry>();
  /** By socket: a process that takes another's place takes over its counter, with what is still open. */
  private readonly drifts = new Map<string, LoadDrift>();
  private readonly failures = new Map<string, number>();
  private serverStarted = false;
  /** Entries made since the server was started. */
  private present = new Set<Entry>();

  /** @param zone the zone of the log's times */
  constructor(private readonly zone: ZoneOffset) {}

  add(event: LighttpdEvent): void {
    const time = epochSeconds(event.time, this.zone);
    switch (event.kind) {
      case 'server-started':
        this.serverStarted = true;
        this.failures.clear();
        this.present.clear();
        for (const drift of this.drifts.values()) drift.restart();
        return;
      case 'got':
        if (event.pid !== undefined) this.got(event, event.pid, time);
        return;
      case 'released':
        if (event.pid !== undefined) this.released(event, event.pid, time);
        return;
      case 'end-of-file':
        if (event.pid !== undefined) this.endOfFile(event, event.pid, time);
        return;
      case 'connect-failed':
        this.connectFailed(event);
        return;
      case 'response-not-received': {
        const entry = this.latestAt.get(event.socket);
        if (entry !== undefined) entry.process.responsesNotReceived++;
        return;
      }
    }
  }

  /** The processes so far. */
  result(): ProcessLoad[] {
    for (const [socket, drift] of this.drifts) Object.assign(this.latestAt.get(socket)!.process, drift.figures());
    return [...this.entries.values()].map(({ process }) => ({
      ...process,
      load: process.load.map(([time, load]) => [time, load]),
    }));
  }

  private got(event: LighttpdEvent, pid: number, time: number): void {
    const entry = this.entry(pid, event.socket, time);
    entry.process.requests++;
    entry.process.endOfFileAlive += entry.unconfirmed;
    entry.unconfirmed = 0;
    if (event.load === undefined) return;
    this.drift(event.socket).got(event.load, time);
    notice(entry.process, event.load, time);
  }

  private released(event: LighttpdEvent, pid: number, time: number): void {
    const entry = this.entry(pid, event.socket, time);
    // What is released before its first request was the other's.
    const owner = isInherited(entry) ? entry.before!.process : entry.process;
    owner.released++;
    const failed = this.failures.get(event.socket) ?? 0;
    if (failed > 0) this.failures.set(event.socket, failed - 1);
    if (event.load === undefined) return;
    this.drift(event.socket).released(event.load, time, failed === 0);
    notice(owner, event.load, time);
  }

  // The line's socket was cut off in old versions; its pid is enough then.
  private endOfFile(event: LighttpdEvent, pid: number, time: number): void {
    const entry = (event.socket === '' ? this.latestOf.get(pid) : undefined) ?? this.entry(pid, event.socket, time);
    entry.process.lastTime = time;
    entry.process.endOfFile++;
    // lighttpd starts the next process before it looks at what the dead one left, and then prints the new pid.
    if (isInherited(entry)) entry.process.endOfFileInherited++;
    else if (pid !== 0 && entry.process.requests > 0) entry.unconfirmed++;
  }

  // gw_backend.c counts the attempt in the load and prints "released proc" for it; mod_fastcgi.c did neither.
  private connectFailed(event: LighttpdEvent): void {
    const entry = this.latestAt.get(event.socket);
    if (entry !== undefined) {
      entry.process.connectFailures++;
      if (NOBODY_LISTENS.test(event.text)) entry.process.listenerGone++;
    }
    if (event.source !== 'gw_backend.c') return;
    this.failures.set(event.socket, (this.failures.get(event.socket) ?? 0) + 1);
  }

  private entry(pid: number, socket: string, time: number): Entry {
    const key = `${pid} ${socket}`;
    let entry = this.entries.get(key);
    if (entry === undefined) {
      const latest = this.latestAt.get(socket);
      const before = latest !== undefined && this.present.has(latest) ? latest : undefined;
      entry = { process: newProcess(pid, socket, time), before, unconfirmed: 0 };
      this.entries.set(key, entry);
      this.present.add(entry);
    }
    this.latestAt.set(socket, entry);
    this.latestOf.set(pid, entry);
    entry.process.lastTime = time;
    return entry;
  }

  private drift(socket: string): LoadDrift {
    let drift = this.drifts.get(socket);
    if (drift === undefined) {
      drift = new LoadDrift();
      if (this.serverStarted) drift.restart();
      this.drifts.set(socket, drift);
    }
    return drift;
  }
}

/** The processes of a log's events. */
export function processLoads(events: Iterable<LighttpdEvent>, zone: ZoneOffset): ProcessLoad[] {
  const loads = new ProcessLoads(zone);
  for (const event of events) loads.add(event);
  return loads.result();
}

/** Whether a line with the entry's pid is about a connection of the process before it. */
function isInherited({ process, before }: Entry): boolean {
  return process.pid !== 0 && process.requests === 0 && before !== undefined;
}

function newProcess(pid: number, socket: string, time: number): Draft {
  return {
    pid,
    socket,
    requests: 0,
    released: 0,
    maxLoad: 0,
    load: [],
    endOfFile: 0,
    endOfFileAlive: 0,
    endOfFileInherited: 0,
    responsesNotReceived: 0,
    connectFailures: 0,
    listenerGone: 0,
    firstTime: time,
    lastTime: time,
    drift: 0,
    driftLines: 0,
    driftSince: time,
    jumps: 0,
    negativeLoads: 0,
  };
}

function notice(process: Draft, load: number, time: number): void {
  process.maxLoad = Math.max(process.maxLoad, load);
  if (load < 0) process.negativeLoads++;
  const last = process.load.at(-1);
  if (last !== undefined && last[0] === time) last[1] = Math.max(last[1], load);
  else process.load.push([time, load]);
}
