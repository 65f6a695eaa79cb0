// Writes what a tap saw as pcapng: whole blocks in every write, so that whatever ends the tap leaves a file that can be
// read to its last block; a new file after a size or a time, the oldest ones removed. A disk that fails ends the
// recording, never the relay.
import { closeSync, fstatSync, ftruncateSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { extname } from 'node:path';
import type { PacketSink } from '../../analysis/live/tap-packets.js';
import { connectErrorComment } from '../../capture/pcapng-tap.js';
import {
  interfaceDescription,
  interfaceStatistics,
  packetLength,
  putPacket,
  sectionHeader,
} from '../../capture/pcapng-writer.js';
import { UserError } from '../../model/errors.js';
import type { Frame } from '../../model/frame.js';
import { LINK_RAW } from '../../packet/link-numbers.js';
import type { Clock } from '../clock.js';

export interface RecordingOptions {
  readonly file: string;
  /** A new file after so many bytes, or milliseconds. */
  readonly rotateSize?: number | undefined;
  readonly rotateTime?: number | undefined;
  /** Files that are kept. */
  readonly rotateFiles?: number | undefined;
  /** The interface's comment. */
  readonly comment: string;
  /** Program and version. */
  readonly application: string;
  readonly clock: Clock;
}

const BUFFER = 1 << 20;
/** Bytes that are written at once while traffic goes on. */
const ENOUGH = 256 << 10;

export class Recording implements PacketSink {
  /** Why it has ended before its time; undefined while all is well. */
  failure: string | undefined;
  /** Files written so far, those that were removed included. */
  readonly files: string[] = [];
  /** Bytes of all files, those that wait to be written included. */
  bytes = 0;
  packets = 0;
  private descriptor = -1;
  private size = 0;
  private begun = 0;
  private buffer = new Uint8Array(BUFFER);
  private used = 0;
  private time = 0n;
  private readonly comments = new Map<number, Uint8Array>();
  private readonly utf8 = new TextEncoder();

  /** @throws UserError if the file cannot be written */
  constructor(private readonly options: RecordingOptions) {
    try {
      this.begin();
    } catch (error) {
      throw new UserError(`cannot write ${options.file}: ${(error as Error).message}`);
    }
  }

  packet(_connection: number, frame: Frame, connectError: number): void {
    if (this.failure !== undefined) return;
    const comment = connectError === 0 ? undefined : this.comment(connectError);
    const length = packetLength(frame, comment);
    if (this.isFull(length)) this.attempt(() => this.rotate());
    if (this.used + length > this.buffer.length) this.flush();
    if (this.failure !== undefined) return;
    this.used = putPacket(this.buffer, this.used, frame, comment);
    this.packets++;
    this.size += length;
    this.bytes += length;
    this.time = BigInt(frame.seconds) * 1_000_000_000n + BigInt(frame.nanoseconds);
    if (this.used >= ENOUGH) this.flush();
  }

  /** Writes what waits; to be called a few times a second. */
  flush(): void {
    if (this.failure !== undefined || this.used === 0) return;
    this.attempt(() => this.write());
  }

  /** Ends the last file. `lost`: packets that did not get here. */
  close(lost: number): void {
    if (this.failure === undefined) {
      if (lost > 0) {
        const block = interfaceStatistics(lost, this.time);
        this.flush();
        this.buffer.set(block, 0);
        this.used = block.length;
      }
      this.flush();
    }
    if (this.descriptor >= 0) closeSync(this.descriptor);
    this.descriptor = -1;
  }

  private isFull(more: number): boolean {
    const { rotateSize, rotateTime, clock } = this.options;
    if (rotateSize !== undefined && this.size + more > rotateSize) return true;
    return rotateTime !== undefined && clock.now() - this.begun >= rotateTime;
  }

  private rotate(): void {
    this.write();
    closeSync(this.descriptor);
    this.descriptor = -1;
    this.begin();
    const { rotateFiles } = this.options;
    if (rotateFiles === undefined || this.files.length <= rotateFiles) return;
    unlinkSync(this.files[this.files.length - 1 - rotateFiles]);
  }

  private begin(): void {
    const { file, rotateSize, rotateTime, comment, application, clock } = this.options;
    const rotates = rotateSize !== undefined || rotateTime !== undefined;
    const name = rotates ? numbered(file, this.files.length + 1) : file;
    this.descriptor = openSync(name, 'w', 0o600);
    this.files.push(name);
    this.begun = clock.now();
    this.size = 0;
    for (const block of [sectionHeader(application), interfaceDescription(LINK_RAW, 'tap', comment)]) {
      this.buffer.set(block, this.used);
      this.used += block.length;
      this.size += block.length;
      this.bytes += block.length;
    }
    this.write();
  }

  private write(): void {
    let at = 0;
    const before = fstatSync(this.descriptor);
    try {
      while (at < this.used) at += writeSync(this.descriptor, this.buffer, at, this.used - at);
    } catch (error) {
      // A block that does not fit on the disk whole is taken back.
      if (before.isFile()) ftruncateSync(this.descriptor, before.size);
      throw error;
    }
    this.used = 0;
  }

  private attempt(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.failure = (error as Error).message;
      this.used = 0;
      if (this.descriptor >= 0) closeSync(this.descriptor);
      this.descriptor = -1;
    }
  }

  private comment(connectError: number): Uint8Array {
    let bytes = this.comments.get(connectError);
    if (bytes === undefined) {
      bytes = this.utf8.encode(connectErrorComment(connectError));
      this.comments.set(connectError, bytes);
    }
    return bytes;
  }
}

/** `tap.pcapng` becomes `tap-00001.pcapng`. */
function numbered(file: string, number: number): string {
  const extension = extname(file);
  const stem = extension === '' ? file : file.slice(0, -extension.length);
  return `${stem}-${String(number).padStart(5, '0')}${extension}`;
}
