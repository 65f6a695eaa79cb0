// Writes packets as a capture file: classic pcap with nanoseconds, the packets as they were captured.
import { closeSync, openSync, writeSync } from 'node:fs';
import { UserError } from '../model/errors.js';
import type { Frame } from '../model/frame.js';

const NANOSECOND_MAGIC = 0xa1b23c4d;
const SNAP_LENGTH = 262_144;
/** Bytes collected before a write. */
const BLOCK = 256 * 1024;

export class PacketFile {
  packets = 0;
  /** Packets of another link type than the first one's: a classic file has room for one. */
  leftOut = 0;
  private linkType = -1;
  private readonly descriptor: number;
  private parts: Buffer[] = [];
  private collected = 0;

  /**
   * A new file; one that exists is left alone.
   * @throws UserError when it cannot be written
   */
  constructor(private readonly path: string) {
    try {
      this.descriptor = openSync(path, 'wx');
    } catch (error) {
      throw cannotWrite(path, error);
    }
  }

  add(frame: Frame): void {
    if (this.linkType === -1) this.begin(frame.linkType);
    if (frame.linkType !== this.linkType) {
      this.leftOut++;
      return;
    }
    const head = Buffer.alloc(16);
    head.writeUInt32LE(frame.seconds >>> 0, 0);
    head.writeUInt32LE(frame.nanoseconds, 4);
    head.writeUInt32LE(frame.capturedLength, 8);
    head.writeUInt32LE(frame.originalLength, 12);
    this.push(head);
    this.push(Buffer.from(frame.data.slice(frame.offset, frame.offset + frame.capturedLength)));
    this.packets++;
  }

  close(): void {
    if (this.linkType === -1) this.begin(1);
    this.flush();
    closeSync(this.descriptor);
  }

  private begin(linkType: number): void {
    this.linkType = linkType;
    const head = Buffer.alloc(24);
    head.writeUInt32LE(NANOSECOND_MAGIC, 0);
    head.writeUInt16LE(2, 4);
    head.writeUInt16LE(4, 6);
    head.writeUInt32LE(SNAP_LENGTH, 16);
    head.writeUInt32LE(linkType, 20);
    this.push(head);
  }

  private push(bytes: Buffer): void {
    this.parts.push(bytes);
    this.collected += bytes.length;
    if (this.collected >= BLOCK) this.flush();
  }

  private flush(): void {
    const bytes = Buffer.concat(this.parts);
    this.parts = [];
    this.collected = 0;
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(this.descriptor, bytes, at);
    } catch (error) {
      throw cannotWrite(this.path, error);
    }
  }
}

function cannotWrite(path: string, error: unknown): UserError {
  const code = (error as NodeJS.ErrnoException).code;
  const reason =
    code === 'EEXIST'
      ? 'it exists already'
      : code === 'ENOENT'
        ? 'there is no such folder'
        : code === 'EACCES' || code === 'EPERM'
          ? 'permission denied'
          : error instanceof Error
            ? error.message
            : String(error);
  return new UserError(`cannot write ${path}: ${reason}`);
}
