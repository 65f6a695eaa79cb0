// Tells a session of connections, piece by piece, without packets.
import { type NamedListener, Session } from '../../src/analysis/session.js';
import { AddressTable } from '../../src/model/address.js';
import { APPLICATION, type Side, WEB_SERVER } from '../../src/model/side.js';
import { ConnectionTable, MARK_SYN } from '../../src/tcp/connection-table.js';
import { type Bytes, toBytes } from '../support/bytes.js';

export interface OpenOptions {
  readonly port?: number;
  /** False: its beginning was not captured. */
  readonly syn?: boolean;
  /** The application is taken for the side that opened it, as a capture that begins late may show it. */
  readonly turned?: boolean;
}

export interface ToldRequest {
  readonly connection: number;
  readonly requestId: number;
  readonly uri: string;
  readonly status: number;
  readonly begin: number;
  readonly end: number;
  readonly stdin: number;
  readonly stdout: number;
  readonly problems: number;
}

export class SessionTalk {
  readonly session: Session;
  readonly connections = new ConnectionTable();
  private readonly addresses = new AddressTable();
  private readonly swapped = new Set<number>();
  private clock = 0;

  constructor(named: readonly NamedListener[] = [], withoutPayload = false) {
    this.session = new Session(this.addresses, { named, withoutPayload });
    this.session.connections = this.connections;
    this.session.flip = (row) => {
      const { address0, address1, port0, port1 } = this.connections;
      [address0[row], address1[row]] = [address1[row], address0[row]];
      [port0[row], port1[row]] = [port1[row], port0[row]];
      if (!this.swapped.delete(row)) this.swapped.add(row);
    };
  }

  /** A new connection to 127.0.0.1; returns its row. */
  open({ port = 9000, syn = true, turned = false }: OpenOptions = {}): number {
    const { connections } = this;
    const row = connections.add();
    const host = this.addresses.ipv4(0x7f000001);
    connections.address0[row] = connections.address1[row] = host;
    connections.port0[row] = turned ? port : 40000 + row;
    connections.port1[row] = turned ? 40000 + row : port;
    if (turned) this.swapped.add(row);
    if (syn) connections.marks[row] = MARK_SYN;
    this.session.opened(row);
    return row;
  }

  web(row: number, data: Bytes): this {
    return this.data(row, WEB_SERVER, toBytes(data));
  }

  app(row: number, data: Bytes): this {
    return this.data(row, APPLICATION, toBytes(data));
  }

  gap(row: number, side: Side, length: number): this {
    this.clock++;
    this.session.gap(row, this.side(row, side), length, this.clock, this.clock);
    return this;
  }

  fin(row: number, side: Side): this {
    this.clock++;
    this.session.finished(row, this.side(row, side), this.clock, this.clock);
    return this;
  }

  reset(row: number): this {
    this.session.reset(row);
    return this;
  }

  close(row: number): this {
    this.session.closed(row);
    return this;
  }

  /** The input is over. */
  end(): this {
    for (let row = 0; row < this.connections.count; row++) this.session.closed(row);
    this.session.finish();
    return this;
  }

  get now(): number {
    return this.clock;
  }

  /** Listeners as `port protocol`. */
  get listeners(): string[] {
    return [...this.session.listeners].map(([key, protocol]) => `${key % 65536} ${protocol}`).sort();
  }

  get requests(): ToldRequest[] {
    const { requests, strings } = this.session.log;
    return Array.from({ length: requests.count }, (_, row) => ({
      connection: requests.connection[row],
      requestId: requests.requestId[row],
      uri: strings.text(requests.uri[row]),
      status: requests.httpStatus[row],
      begin: requests.begin[row],
      end: requests.end[row],
      stdin: requests.stdinBytes[row],
      stdout: requests.stdoutBytes[row],
      problems: requests.problems[row],
    }));
  }

  /** URI and status of each request, in the order they began. */
  get answers(): string[] {
    return this.requests.map(({ uri, status, end }) => `${uri} ${Number.isNaN(end) ? 'unfinished' : status}`);
  }

  /** Codes of the problems, in the order they were met. */
  get problems(): string[] {
    return this.session.log.anomalies.places.map((place) => place.code);
  }

  /** First bytes of a side that speaks another protocol. */
  foreign(row: number, side: Side): string {
    return Buffer.from(this.session.foreign.get(row * 2 + side) ?? []).toString('latin1');
  }

  private data(row: number, side: Side, bytes: Uint8Array): this {
    this.clock++;
    this.session.data(row, this.side(row, side), bytes, 0, bytes.length, this.clock, this.clock, -1);
    return this;
  }

  /** The side as the connection table has it at the moment. */
  private side(row: number, side: Side): Side {
    return (this.swapped.has(row) ? 1 - side : side) as Side;
  }
}
