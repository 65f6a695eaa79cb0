// Segments written as short lines, put through a tracker. A line is
//
//   [@seconds] > FLAGS sequence acknowledgment ['payload'] [name=value ...]
//
// `>` is sent by the web server (192.0.2.1:40000), `<` by the application (192.0.2.2:9000). Flags are letters of
// S A F R P U, or `-` for none. Numbers are relative to the initial sequence numbers, so the SYN is 0 and the first
// byte 1; the acknowledgment may be `-`. Without `@` a packet comes 10 microseconds after the one before. Names:
// window, wire (payload length on the wire), port (the web server's), ts, id, dup (1: may be a duplicate), isn.
import { ACK, FIN, PSH, RST, Segment, SYN, URG } from '../../src/model/segment.js';
import { CONNECTION_STATES } from '../../src/tcp/connection-table.js';
import type { TrackerLimits } from '../../src/tcp/limits.js';
import { TcpTracker } from '../../src/tcp/tracker.js';
import { Recorder } from './recorder.js';

const FLAGS: Record<string, number> = { S: SYN, A: ACK, F: FIN, R: RST, P: PSH, U: URG, '-': 0 };
const STEP = 10_000;

export interface WireOptions {
  limits?: Partial<TrackerLimits>;
  /** Initial sequence numbers of web server and application. */
  initial?: [number, number];
}

export class Wire {
  readonly recorder = new Recorder();
  readonly tracker: TcpTracker;
  private readonly segment = new Segment();
  private readonly initial: [number, number];
  private time = 0;
  private packet = 0;

  constructor(options: WireOptions = {}) {
    this.tracker = new TcpTracker(this.recorder, { seed: 1, ...options.limits });
    this.initial = options.initial ?? [1000, 5000];
  }

  /** Sends the lines; returns the row of the last one. */
  send(...lines: string[]): number {
    let row = -1;
    for (const line of lines) row = this.line(line);
    return row;
  }

  finish(): this {
    this.tracker.finish(this.time);
    return this;
  }

  /** The last packet's time in nanoseconds. */
  get now(): number {
    return this.time;
  }

  history(row = 0): string {
    return this.tracker.histories.text(this.tracker.connections.history[row]);
  }

  state(row = 0): string {
    return CONNECTION_STATES[this.tracker.connections.state[row]];
  }

  events(row = 0): string {
    return this.recorder.told[row].events.join(', ');
  }

  private line(line: string): number {
    const match = /^(?:@(\S+) )?([<>]) (\S+) (-?\d+) (-?\d*)(?: '(.*)')?((?: \w+=-?\d+)*)$/.exec(line);
    if (match === null) throw new Error(`cannot read ${line}`);
    const [, at, direction, flags, sequence, acknowledgment, payload = '', names] = match;
    const given = new Map(
      names
        .trim()
        .split(' ')
        .filter(Boolean)
        .map((name) => [name.split('=')[0], Number(name.split('=')[1])]),
    );
    const s = this.segment;
    const side = direction === '>' ? 0 : 1;
    const data = Buffer.from(payload, 'latin1');
    const port = given.get('port') ?? 40000;
    this.time = at === undefined ? this.time + STEP : Number(at) * 1e9;
    s.source = side;
    s.destination = 1 - side;
    s.sourcePort = side === 0 ? port : 9000;
    s.destinationPort = side === 0 ? 9000 : port;
    s.flags = [...flags].reduce((bits, letter) => bits | FLAGS[letter], 0);
    const shift = given.get('isn') ?? 0;
    s.sequence = (this.initial[side] + shift + Number(sequence)) >>> 0;
    const peer = this.initial[1 - side] + shift;
    s.acknowledgment = acknowledgment === '-' ? 0 : (peer + Number(acknowledgment)) >>> 0;
    s.window = given.get('window') ?? 500;
    s.timestampValue = given.get('ts') ?? -1;
    s.identification = given.get('id') ?? 0;
    s.mayBeDuplicated = given.get('dup') === 1;
    s.data = data;
    s.payloadOffset = 0;
    s.payloadLength = data.length;
    s.wireLength = given.get('wire') ?? data.length;
    s.time = this.time;
    s.packet = ++this.packet;
    s.position = this.packet * 1000;
    return this.tracker.segment(s);
  }
}

/** The three-way handshake. */
export const HANDSHAKE = ['> S 0 -', '< SA 0 1', '> A 1 1'];
