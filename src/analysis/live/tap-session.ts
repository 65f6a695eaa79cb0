// The analysis of a tap while it runs: what the relay tells becomes packets, the packets go through the same pipeline as
// those of a capture, and a Snapshot can be had at any time. A fault in here ends the analysis, never the relay.
import { type EndpointAddress, formatEndpoint } from '../../model/endpoint-address.js';
import type { Frame } from '../../model/frame.js';
import { APPLICATION, type Side, WEB_SERVER } from '../../model/side.js';
import type { Check } from '../check.js';
import type { Gathered } from '../conclude.js';
import { concludeSteps } from '../conclude-steps.js';
import type { Facts } from '../facts.js';
import { Pipeline } from '../pipeline.js';
import type { ConnectionTables } from '../rows.js';
import type { Snapshot } from '../snapshot.js';
import { DEFAULT_MOST_ROWS, type Folded, fold, isTooLarge, type Remapping, withFolded } from './fold.js';
import { addressBytes, STAND_IN_PORT, standIns, type TapEnd } from './tap-addresses.js';
import { type TapFigures, WordCounts } from './tap-figures.js';
import { applyNotes, type TapNotes } from './tap-notes.js';
import { type PacketSink, TapPackets } from './tap-packets.js';
import type { TapSink } from './tap-sink.js';
import type { TapTally } from './tap-tally.js';

export interface TapSessionOptions {
  /** `to` with an IP address, not a name. */
  readonly pairs: readonly { readonly listen: EndpointAddress; readonly to: EndpointAddress }[];
  /** Milliseconds since 1970 at time 0. */
  readonly origin: number;
  readonly checks: readonly Check[];
  /** Gets every packet too. What it throws is its own affair. */
  readonly recorder?: PacketSink | undefined;
  /** A connection's row will not change any more. */
  readonly onClosed?: (row: number, connection: number) => void;
  /** Rows have new numbers, and some are gone. */
  readonly onFolded?: (rows: Remapping) => void;
  /** Counts what passes, for metrics. */
  readonly tally?: TapTally | undefined;
  /** Rows of connections, and of requests, above which the older half goes. */
  readonly mostRows?: number;
  /** Rows go only when `fold` is called; a screen shows them by their numbers. */
  readonly foldsWhenAsked?: boolean | undefined;
}

/** What is known beside the traffic. */
export type TapBeside = Partial<Pick<Gathered, 'host' | 'processes'>>;

/** What the session keeps of an open connection. */
interface Open {
  readonly pair: number;
  row: number;
  /** Which side ended its stream first, or -1. */
  firstEnd: number;
  ended: number;
}

const NO_ADDRESS = Uint8Array.of(0, 0, 0, 0);
const LARGEST_PORT = 65_535;
/** Packets between two looks at the size of the tables, less one. */
const FOLD_MASK = 1023;

export class TapSession implements TapSink {
  readonly notes: TapNotes;
  pipeline: Pipeline;
  /** Connections whose row is still changing: number to what is known. */
  private readonly open = new Map<number, Open>();
  private readonly packets: TapPackets;
  private readonly applications: readonly TapEnd[];
  private readonly webServers: readonly (Uint8Array | undefined)[];
  private readonly portsInUse = new Set<number>();
  private readonly ports = new Map<number, number>();
  private nextPort = 0;
  private lastAddress: { readonly text: string; readonly bytes: Uint8Array | undefined } = {
    text: '',
    bytes: undefined,
  };
  private failure: string | null = null;
  private folded: Folded | undefined;
  private sinceFold = 0;
  private readonly figure = {
    connections: 0,
    bytes: [0, 0] as [number, number],
    paused: [0, 0] as [number, number],
    cut: 0,
    resetsLost: 0,
    timeWaitToWebServer: 0,
    timeWaitToApplication: 0,
  };
  private readonly connectErrors = new WordCounts();
  private readonly notAcceptedCodes = new WordCounts();
  private readonly faults = new WordCounts();

  constructor(private readonly options: TapSessionOptions) {
    const unix = standIns(options.pairs);
    const standIn = (address: EndpointAddress, numbered: boolean) => {
      const name = formatEndpoint(address);
      return addressBytes(unix.find((each) => each.name === name && each.numbered === numbered)?.address ?? '');
    };
    this.applications = options.pairs.map(({ to }) =>
      to.kind === 'unix'
        ? { address: standIn(to, false) ?? NO_ADDRESS, port: STAND_IN_PORT }
        : { address: addressBytes(to.host) ?? NO_ADDRESS, port: to.port },
    );
    this.webServers = options.pairs.map(({ listen }) => (listen.kind === 'unix' ? standIn(listen, true) : undefined));
    this.notes = {
      standIns: unix,
      applications: this.applications.map(({ address, port }) => ({ address: addressText(address), port })),
    };
    this.pipeline = this.newPipeline();
    this.packets = new TapPackets(
      { packet: (connection, frame, error) => this.packet(connection, frame, error) },
      options.origin,
    );
  }

  opened(
    connection: number,
    pair: number,
    webServer: { readonly address: string; readonly port: number } | undefined,
    time: number,
  ): void {
    this.figure.connections++;
    this.options.tally?.opened(pair);
    this.open.set(connection, { pair, row: -1, firstEnd: -1, ended: 0 });
    const address = (webServer === undefined ? this.webServers[pair] : this.bytesOf(webServer.address)) ?? NO_ADDRESS;
    const port = webServer === undefined ? this.takePort(connection) : webServer.port;
    this.packets.opened(connection, { address, port }, this.applications[pair], time);
  }

  connected(connection: number, time: number): void {
    this.packets.connected(connection, time);
  }

  failed(connection: number, code: string, time: number): void {
    this.connectErrors.add(code);
    this.options.tally?.connectFailed(this.pairOf(connection), code);
    this.packets.failed(connection, code, time);
  }

  data(
    connection: number,
    side: Side,
    bytes: Uint8Array,
    start: number,
    end: number,
    position: number,
    time: number,
  ): void {
    this.figure.bytes[side] += end - start;
    this.options.tally?.passed(this.pairOf(connection), side, end - start);
    this.packets.data(connection, side, bytes, start, end, position, time);
  }

  paused(connection: number, side: Side, time: number): void {
    this.packets.paused(connection, side, time);
  }

  resumed(connection: number, side: Side, time: number): void {
    this.packets.resumed(connection, side, time);
  }

  finished(connection: number, side: Side, knew: boolean, length: number, time: number): void {
    const open = this.open.get(connection);
    if (open !== undefined) {
      if (open.firstEnd === -1) open.firstEnd = side;
      open.ended++;
    }
    this.packets.finished(connection, side, knew, length, time);
  }

  reset(connection: number, side: Side, _code: string, time: number): void {
    const open = this.open.get(connection);
    if (open !== undefined) {
      open.firstEnd = -1;
      const { listen, to } = this.options.pairs[open.pair];
      if ((side === WEB_SERVER ? to : listen).kind === 'unix') this.figure.resetsLost++;
    }
    this.packets.reset(connection, side, time);
  }

  cut(): void {
    this.figure.cut++;
  }

  closed(connection: number, paused: readonly [number, number]): void {
    this.figure.paused[0] += paused[0];
    this.figure.paused[1] += paused[1];
    this.packets.closed(connection);
    const open = this.open.get(connection);
    if (open === undefined) return;
    this.open.delete(connection);
    this.options.tally?.closed(open.pair, paused);
    this.givePort(connection);
    if (open.ended === 2) this.noteTimeWait(open);
    if (open.row < 0 || this.failure !== null) return;
    this.pipeline.tracker.release(open.row, this.pipeline.lastTime);
    this.options.onClosed?.(open.row, connection);
  }

  fault(connection: number, name: string): void {
    this.faults.add(name);
    this.options.tally?.faultMade(this.pairOf(connection), name);
  }

  notAccepted(_pair: number, code: string): void {
    this.notAcceptedCodes.add(code);
  }

  /** Connections without a request under way: those that may be ended at any time. */
  idle(): number[] {
    const { session } = this.pipeline;
    return [...this.open].flatMap(([connection, { row }]) => (row < 0 || session.isIdle(row) ? [connection] : []));
  }

  /** The bytes of a web server's address, which is mostly that of the connection before. */
  private bytesOf(address: string): Uint8Array | undefined {
    if (address !== this.lastAddress.text) this.lastAddress = { text: address, bytes: addressBytes(address) };
    return this.lastAddress.bytes;
  }

  private pairOf(connection: number): number {
    return this.open.get(connection)?.pair ?? 0;
  }

  /** Connections so far. */
  get connections(): number {
    return this.figure.connections;
  }

  /** Payload so far. */
  get bytes(): number {
    return this.figure.bytes[0] + this.figure.bytes[1];
  }

  get openConnections(): number {
    return this.open.size;
  }

  /** The tables as they stand, for rows that have ended. */
  get tables(): ConnectionTables & Pick<Facts, 'strings'> {
    const { addresses, session, tracker } = this.pipeline;
    const { conversations, log } = session;
    const { requests, strings } = log;
    return { addresses, connections: tracker.connections, conversations, requests, strings, hasPayload: true };
  }

  /** What a connection speaks, as far as it is known. */
  protocolOf(row: number): string {
    const { address1, port1 } = this.pipeline.tracker.connections;
    return this.pipeline.session.listeners.get(address1[row] * 65536 + port1[row]) ?? 'fastcgi';
  }

  /** Connections with requests under way. */
  get busy(): number {
    return this.open.size - this.idle().length;
  }

  /**
   * What is concluded now.
   * @param time milliseconds since the origin; undefined: at the last packet, as of a recording that ends there
   * @param beside what is known beside the traffic: what the host shows, what a log tells
   */
  snapshot(lost: number, time?: number, beside: TapBeside = {}): Snapshot {
    const steps = this.snapshotSteps(lost, time, beside);
    let step = steps.next();
    while (!step.done) step = steps.next();
    return step.value;
  }

  /** The same in steps; nothing may be told to the session until the last one is made. */
  *snapshotSteps(lost: number, time?: number, beside: TapBeside = {}): Generator<void, Snapshot, void> {
    const { pipeline } = this;
    const { origin, lastTime } = pipeline;
    if (time !== undefined && origin !== undefined) {
      const now = (this.options.origin / 1000 - origin.seconds) * 1e9 - origin.nanoseconds + time * 1e6;
      pipeline.lastTime = Math.max(lastTime, Math.round(now));
    }
    const gathered = { ...this.gathered(), ...beside };
    try {
      const snapshot = yield* concludeSteps(gathered);
      return { ...withFolded(snapshot, this.folded), tap: this.figures(lost) };
    } finally {
      pipeline.lastTime = lastTime;
    }
  }

  private gathered(): Gathered {
    const { pipeline } = this;
    const names = this.options.pairs.map(({ listen, to }) => `${formatEndpoint(listen)} -> ${formatEndpoint(to)}`);
    return {
      pipeline,
      files: names.map((name, index) => ({
        name: `tap ${name}`,
        format: 'tap',
        compression: null,
        linkTypes: [],
        packets: index === 0 ? pipeline.packets : 0,
        bytes: index === 0 ? this.figure.bytes[0] + this.figure.bytes[1] : 0,
        cut: false,
      })),
      problems: [],
      processes: [],
      checks: this.options.checks,
    };
  }

  figures(lost: number): TapFigures {
    const { figure } = this;
    return {
      pairs: this.options.pairs.map(({ listen, to }) => ({ listen: formatEndpoint(listen), to: formatEndpoint(to) })),
      connections: figure.connections,
      open: this.open.size,
      bytesFromWebServer: figure.bytes[WEB_SERVER],
      bytesFromApplication: figure.bytes[APPLICATION],
      connectErrors: { ...this.connectErrors.counts },
      notAccepted: { ...this.notAcceptedCodes.counts },
      faults: { ...this.faults.counts },
      pausedWebServer: figure.paused[WEB_SERVER] / 1000,
      pausedApplication: figure.paused[APPLICATION] / 1000,
      cut: figure.cut,
      resetsLost: figure.resetsLost,
      timeWaitToWebServer: figure.timeWaitToWebServer,
      timeWaitToApplication: figure.timeWaitToApplication,
      lost,
      failure: this.failure,
    };
  }

  /** Where the tables are large the older rows go. Returns what became of the numbers of the others. */
  fold(): Remapping | undefined {
    const { pipeline, options } = this;
    const most = options.mostRows ?? DEFAULT_MOST_ROWS;
    if (this.failure !== null || !isTooLarge(pipeline, most)) return undefined;
    try {
      const open = [...this.open.values()];
      const rows = open.flatMap(({ row }) => (row < 0 ? [] : [row]));
      const result = fold(this.gathered(), rows, most, this.folded);
      this.folded = result.folded;
      for (const each of open) if (each.row >= 0) each.row = result.rows.connections[each.row];
      options.onFolded?.(result.rows);
      return result.rows;
    } catch (error) {
      this.fail(error);
      return undefined;
    }
  }

  private fail(error: unknown): void {
    this.failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
  }

  private newPipeline(): Pipeline {
    const pipeline = new Pipeline();
    applyNotes(pipeline, this.notes);
    return pipeline;
  }

  private packet(connection: number, frame: Frame, connectError: number): void {
    frame.connectError = connectError;
    this.options.recorder?.packet(connection, frame, connectError);
    if (this.failure !== null) return;
    try {
      const row = this.pipeline.frame(frame);
      const open = this.open.get(connection);
      if (open !== undefined && row >= 0) open.row = row;
      if ((++this.sinceFold & FOLD_MASK) === 0 && this.options.foldsWhenAsked !== true) this.fold();
    } catch (error) {
      this.fail(error);
    }
  }

  /** Whoever ends its stream first is passed on by the tap, which so is the first to close towards the other side. */
  private noteTimeWait({ pair, firstEnd }: Open): void {
    const { listen, to } = this.options.pairs[pair];
    if (firstEnd === APPLICATION && listen.kind === 'tcp') this.figure.timeWaitToWebServer++;
    else if (firstEnd === WEB_SERVER && to.kind === 'tcp') this.figure.timeWaitToApplication++;
  }

  /** A number in place of the port that AF_UNIX has not, from 1. */
  private takePort(connection: number): number {
    if (this.portsInUse.size >= LARGEST_PORT) return 0;
    do this.nextPort = (this.nextPort % LARGEST_PORT) + 1;
    while (this.portsInUse.has(this.nextPort));
    this.portsInUse.add(this.nextPort);
    this.ports.set(connection, this.nextPort);
    return this.nextPort;
  }

  private givePort(connection: number): void {
    const port = this.ports.get(connection);
    if (port === undefined) return;
    this.ports.delete(connection);
    this.portsInUse.delete(port);
  }
}

function addressText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups: string[] = [];
  for (let at = 0; at < 16; at += 2) groups.push(((bytes[at] << 8) | bytes[at + 1]).toString(16));
  return groups.join(':');
}
