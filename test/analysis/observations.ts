// Observations of a capture, written down so that they can be told to a session again: as they were, cut into other
// pieces, or joined.
import { type NamedListener, Session } from '../../src/analysis/session.js';
import { AddressTable } from '../../src/model/address.js';
import type { ConnectionObserver } from '../../src/model/observations.js';
import { Segment } from '../../src/model/segment.js';
import type { Side } from '../../src/model/side.js';
import { TCP } from '../../src/packet/packet-codes.js';
import { PacketDecoder } from '../../src/packet/packet-decoder.js';
import { ConnectionTable } from '../../src/tcp/connection-table.js';
import { TcpTracker } from '../../src/tcp/tracker.js';
import { eachFrame } from '../support/frames.js';

/** What the connection table said of a connection when something was observed. */
interface Roles {
  readonly address0: number;
  readonly address1: number;
  readonly port0: number;
  readonly port1: number;
  readonly marks: number;
}

export interface Observation {
  readonly kind: 'opened' | 'data' | 'gap' | 'finished' | 'reset' | 'closed';
  readonly row: number;
  readonly side: Side;
  /** Of data. */
  readonly bytes: Uint8Array;
  /** Of a gap. */
  readonly length: number;
  readonly time: number;
  readonly packet: number;
  readonly position: number;
  readonly roles: Roles;
}

export interface Recording {
  readonly addresses: AddressTable;
  readonly observations: readonly Observation[];
  readonly connections: number;
}

const NO_BYTES = new Uint8Array(0);

class Recorder implements ConnectionObserver {
  readonly observations: Observation[] = [];
  connections!: ConnectionTable;

  opened(row: number, time: number, packet: number): void {
    this.add('opened', row, 0, { time, packet });
  }

  data(
    row: number,
    side: Side,
    bytes: Uint8Array,
    start: number,
    end: number,
    time: number,
    packet: number,
    position: number,
  ): void {
    this.add('data', row, side, { bytes: bytes.slice(start, end), time, packet, position });
  }

  gap(row: number, side: Side, length: number, time: number, packet: number): void {
    this.add('gap', row, side, { length, time, packet });
  }

  finished(row: number, side: Side, time: number, packet: number): void {
    this.add('finished', row, side, { time, packet });
  }

  reset(row: number, side: Side, time: number, packet: number): void {
    this.add('reset', row, side, { time, packet });
  }

  closed(row: number, time: number): void {
    this.add('closed', row, 0, { time, packet: 0 });
  }

  private add(
    kind: Observation['kind'],
    row: number,
    side: Side,
    rest: Pick<Observation, 'time' | 'packet'> & Partial<Observation>,
  ): void {
    const { address0, address1, port0, port1, marks } = this.connections;
    const roles = {
      address0: address0[row],
      address1: address1[row],
      port0: port0[row],
      port1: port1[row],
      marks: marks[row],
    };
    this.observations.push({ kind, row, side, bytes: NO_BYTES, length: 0, position: -1, roles, ...rest });
  }
}

/** Follows the capture's TCP connections and writes down what a session would hear. */
export function record(capture: Uint8Array): Recording {
  const recorder = new Recorder();
  const tracker = new TcpTracker(recorder);
  recorder.connections = tracker.connections;
  const addresses = new AddressTable();
  const decoder = new PacketDecoder(addresses);
  const segment = new Segment();
  let origin: number | undefined;
  let last = 0;
  eachFrame(capture, (frame, reader) => {
    origin ??= frame.seconds;
    if (decoder.decode(frame, segment) !== TCP) return;
    if (reader.interfaceCount > 1) segment.mayBeDuplicated = true;
    segment.time = (frame.seconds - origin) * 1e9 + frame.nanoseconds;
    segment.packet = frame.number;
    last = segment.time;
    tracker.segment(segment);
  });
  tracker.finish(last);
  return { addresses, observations: recorder.observations, connections: tracker.connections.count };
}

/** A session that hears observations, each connection under a row of the caller's choice. */
export class Replay {
  readonly session: Session;
  readonly connections = new ConnectionTable();
  /** Rows whose roles the session exchanged. */
  private readonly flipped = new Set<number>();

  constructor(recording: Recording, named: readonly NamedListener[] = []) {
    this.session = new Session(recording.addresses, { named, withoutPayload: false });
    this.session.connections = this.connections;
    this.session.flip = (row) => {
      if (!this.flipped.delete(row)) this.flipped.add(row);
      this.swap(row);
    };
  }

  /** Tells the observation as one of connection `row`; of data bytes[start .. end) only. */
  tell(observation: Observation, row: number, start = 0, end = observation.bytes.length): void {
    const { session } = this;
    const { kind, bytes, length, time, packet, position, roles } = observation;
    while (this.connections.count <= row) this.connections.add();
    this.setRoles(row, roles);
    const side = (this.flipped.has(row) ? 1 - observation.side : observation.side) as Side;
    if (kind === 'data') session.data(row, side, bytes, start, end, time, packet, position < 0 ? -1 : position + start);
    else if (kind === 'opened') session.opened(row);
    else if (kind === 'gap') session.gap(row, side, length, time, packet);
    else if (kind === 'finished') session.finished(row, side, time, packet);
    else if (kind === 'reset') session.reset(row);
    else session.closed(row);
  }

  private setRoles(row: number, roles: Roles): void {
    const { address0, address1, port0, port1, marks } = this.connections;
    address0[row] = roles.address0;
    address1[row] = roles.address1;
    port0[row] = roles.port0;
    port1[row] = roles.port1;
    marks[row] = roles.marks;
    if (this.flipped.has(row)) this.swap(row);
  }

  private swap(row: number): void {
    const { address0, address1, port0, port1 } = this.connections;
    [address0[row], address1[row]] = [address1[row], address0[row]];
    [port0[row], port1[row]] = [port1[row], port0[row]];
  }
}
