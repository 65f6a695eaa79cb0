// Every record that really was sent or received, with its time: for people who look at a conversation. Decoded from the
// bytes on the socket by a parser of its own, so that what faults do to outgoing bytes shows as well.
import { RecordParser, type RecordSink } from '../../fastcgi/record-parser.js';
import { copyBytes } from '../../model/copy-bytes.js';

/** One thing that happened on a connection. `time` is the client clock's, in milliseconds. */
export type TraceEvent =
  | {
      readonly kind: 'connecting' | 'connected' | 'reused' | 'closed';
      readonly time: number;
      /** Number of the connection within its client, from 1. */
      readonly connection: number;
      /** With `connected` over TCP: our own end, `127.0.0.1:40001`. */
      readonly local?: string;
      /** With `closed`: who ended it. */
      readonly by?: 'client' | 'application' | 'reset';
    }
  | {
      /** Connecting failed and will be tried again. */
      readonly kind: 'connect-retry';
      readonly time: number;
      readonly connection: number;
      /** The try that failed, from 1. */
      readonly attempt: number;
      /** Milliseconds until the next one. */
      readonly delay: number;
      /** The system's name of the error: `ECONNREFUSED`. */
      readonly code: string;
    }
  | TraceRecord
  | {
      /** Bytes that begin no record: from `bytes` on this direction is not decoded. */
      readonly kind: 'undecodable';
      readonly direction: 'sent' | 'received';
      readonly time: number;
      readonly connection: number;
      /** The first byte of what should be a record: its version. */
      readonly version: number;
    };

export interface TraceRecord {
  readonly kind: 'record';
  readonly direction: 'sent' | 'received';
  /** When the record was complete. */
  readonly time: number;
  readonly connection: number;
  readonly type: number;
  readonly requestId: number;
  readonly paddingLength: number;
  /** The whole content. */
  readonly content: Uint8Array;
}

export type TraceHook = (event: TraceEvent) => void;

/** Decodes one direction of one connection for the hook. */
export class TraceTap implements RecordSink {
  private readonly parser = new RecordParser(this);
  private parts: Uint8Array[] = [];

  constructor(
    private readonly hook: TraceHook,
    private readonly direction: 'sent' | 'received',
    private readonly connection: number,
    private readonly now: () => number,
  ) {}

  push(bytes: Uint8Array, start = 0, end = bytes.length): void {
    this.parser.push(bytes, start, end);
  }

  recordBegin(): void {
    this.parts = [];
  }

  recordContent(_parser: RecordParser, bytes: Uint8Array, start: number, end: number): void {
    this.parts.push(copyBytes(bytes, start, end));
  }

  recordWhole(parser: RecordParser, bytes: Uint8Array, start: number, end: number): void {
    this.tell(parser, copyBytes(bytes, start, end));
  }

  recordEnd(parser: RecordParser): void {
    const content = new Uint8Array(parser.contentLength);
    let at = 0;
    for (const part of this.parts) {
      content.set(part, at);
      at += part.length;
    }
    this.parts = [];
    this.tell(parser, content);
  }

  recordBadVersion(_parser: RecordParser, version: number): void {
    const { direction, connection } = this;
    this.hook({ kind: 'undecodable', direction, time: this.now(), connection, version });
  }

  recordMissing(): void {}
  recordResynchronised(): void {}
  knowsRequest(): boolean {
    return false;
  }

  private tell({ type, requestId, paddingLength }: RecordParser, content: Uint8Array): void {
    const { direction, connection } = this;
    this.hook({ kind: 'record', direction, time: this.now(), connection, type, requestId, paddingLength, content });
  }
}
