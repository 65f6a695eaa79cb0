// Types of the npm package pcap-parser 0.2.1, as far as they are used.
declare module 'pcap-parser' {
  import type { EventEmitter } from 'node:events';

  export interface PacketHeader {
    readonly timestampSeconds: number;
    readonly timestampMicroseconds: number;
    readonly capturedLength: number;
    readonly originalLength: number;
  }

  export interface Packet {
    readonly header: PacketHeader;
    readonly data: Buffer;
  }

  export interface Parser extends EventEmitter {
    /** Bytes that were given and not yet parsed. */
    buffer: Buffer | null;
    on(event: 'packet', listener: (packet: Packet) => void): this;
    on(event: 'error', listener: (error: Error) => void): this;
    on(event: 'end', listener: () => void): this;
  }

  /** What the parser uses of a readable stream. */
  export interface Input extends EventEmitter {
    pause(): void;
    resume(): void;
  }

  export function parse(input: Input | string): Parser;
}
