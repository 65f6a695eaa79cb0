// The way of a connection's bytes to its socket, with seams where faults can alter them: the request, its records, the
// bytes of a write, the socket itself. Without hooks nothing is looked at.
import type { Socket } from 'node:net';
import { RecordParser, type RecordSink } from '../../fastcgi/record-parser.js';
import { copyBytes } from '../../model/copy-bytes.js';
import type { ExchangeRequest } from './exchange-request.js';
import type { ClientSocket } from './socket-link.js';

/** A record on its way out. */
export interface OutgoingRecord {
  readonly type: number;
  readonly requestId: number;
  readonly content: Uint8Array;
  readonly paddingLength: number;
  /** The record as it would be sent, header and padding included. */
  readonly bytes: Uint8Array;
  /** Number of this record on its connection, from 0. */
  readonly index: number;
}

/**
 * Where faults are made: each hook may be left out. The client goes on as if what it meant to send had been sent.
 */
export interface OutgoingFaults {
  /**
   * Called for each record before it is sent. Returns what is sent in its place: other bytes, an empty list to drop it,
   * several pieces; undefined sends it as it is. Records that pass through come in one piece.
   */
  readonly record?: (record: OutgoingRecord, connection: number) => Uint8Array | readonly Uint8Array[] | undefined;
  /**
   * Called for the bytes of each write, after `record`. Returns what is written instead, as one piece or several (each its own
   * write); undefined writes them as they are.
   */
  readonly bytes?: (bytes: Uint8Array, connection: number) => Uint8Array | readonly Uint8Array[] | undefined;
  /** Called once for each request before it is asked. Returns what is asked in its place. */
  readonly request?: (request: ExchangeRequest) => ExchangeRequest;
  /** Called for each established connection. Returns the socket that is used in its place. */
  readonly socket?: ((socket: Socket) => ClientSocket) | undefined;
  /**
   * Called when a request, as `request` returned it, begins on a connection, before its first byte is written; again if
   * it is sent again. `alone`: no other request is in progress there.
   */
  readonly begun?: (socket: ClientSocket, request: ExchangeRequest, alone: boolean) => void;
}

/** Applies the hooks to what a connection sends. */
export class FaultyOutput implements RecordSink {
  private readonly parser = new RecordParser(this);
  private out: Uint8Array[] = [];
  private index = 0;

  constructor(
    private readonly faults: OutgoingFaults,
    private readonly connection: number,
  ) {}

  /** What is to be written for those pieces, which end where a record ends. */
  apply(pieces: readonly Uint8Array[]): readonly Uint8Array[] {
    const bytes = join(pieces);
    if (!this.faults.record) return this.whole(bytes);
    this.out = [];
    this.parser.push(bytes, 0, bytes.length);
    const altered = this.out.length === 1 ? this.out[0] : join(this.out);
    return altered.length === 0 ? [] : this.whole(altered);
  }

  private whole(bytes: Uint8Array): readonly Uint8Array[] {
    const given = this.faults.bytes?.(bytes, this.connection);
    return given === undefined ? [bytes] : listOf(given);
  }

  recordWhole(parser: RecordParser, bytes: Uint8Array, start: number, end: number): void {
    const { type, requestId, paddingLength } = parser;
    const whole = copyBytes(bytes, start - 8, end + paddingLength);
    const record = {
      type,
      requestId,
      paddingLength,
      content: copyBytes(bytes, start, end),
      bytes: whole,
      index: this.index++,
    };
    const given = this.faults.record!(record, this.connection);
    if (given === undefined) this.out.push(whole);
    else this.out.push(...listOf(given));
  }

  // What the client sends comes in whole records.
  recordBegin(): void {}
  recordContent(): void {}
  recordEnd(): void {}
  recordMissing(): void {}
  recordBadVersion(): void {}
  recordResynchronised(): void {}
  knowsRequest(): boolean {
    return false;
  }
}

function listOf(given: Uint8Array | readonly Uint8Array[]): readonly Uint8Array[] {
  return given instanceof Uint8Array ? [given] : given;
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
