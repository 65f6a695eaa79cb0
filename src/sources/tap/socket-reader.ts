// Reads what arrives at a socket. Where little comes it is read into one buffer that all connections share: a new buffer for
// each read costs more than the reading. Where much comes, a socket has a large buffer of its own, whose bytes stay as they
// are while it is not read.
import { type OnReadOpts, Socket, type SocketConstructorOpts } from 'node:net';

/** Bytes of a read that are many. */
export const MUCH = 1 << 16;
const SHARED_SIZE = MUCH;
const OWN_SIZE = 1 << 18;
/** Reads that would have fitted into the shared buffer, one after the other, after which the own one is given back. */
const QUIET = 16;
/** Own buffers at once, 16 MB; whoever comes later does with the shared one. */
const MOST_OWN = 64;

/** Filled and emptied within one call; on Windows reads are in progress at the same time. */
const shared = process.platform === 'win32' ? undefined : Buffer.allocUnsafeSlow(SHARED_SIZE);
/** Own buffers that were made, and those of them that nobody has. */
let made = 0;
const spare: Buffer[] = [];

function take(): Buffer | undefined {
  const buffer = spare.pop();
  if (buffer !== undefined || made === MOST_OWN) return buffer;
  made++;
  return Buffer.allocUnsafeSlow(OWN_SIZE);
}

export class SocketReader {
  private own: Buffer | undefined;
  private next: Buffer | undefined;
  private quiet = 0;

  /**
   * @param arrived hears the bytes, which are only lent: for the call, and where they stay, which only MUCH or more do, for as
   *   long as the socket is paused in it
   */
  constructor(private readonly arrived: (bytes: Buffer, stays: boolean) => void) {
    if (shared === undefined) this.own = Buffer.allocUnsafeSlow(OWN_SIZE);
    this.next = shared ?? this.own;
  }

  /** What the socket is made with. */
  get options(): OnReadOpts {
    return {
      // Asked for before the first read and after each one; undefined: that of before.
      buffer: () => {
        const { next } = this;
        this.next = undefined;
        return next as Uint8Array;
      },
      callback: (length, buffer) => {
        this.read(length, buffer as Buffer);
        return true;
      },
    };
  }

  /** The connection is closed. */
  close(): void {
    if (this.own !== undefined && shared !== undefined) spare.push(this.own);
    this.own = undefined;
  }

  private read(length: number, buffer: Buffer): void {
    this.arrived(buffer.subarray(0, length), buffer !== shared && length >= MUCH);
    if (shared === undefined) return;
    if (buffer === shared) {
      // More was there than fits.
      if (length === SHARED_SIZE) this.next = this.own = take();
      return;
    }
    this.quiet = length < MUCH ? this.quiet + 1 : 0;
    if (this.quiet < QUIET) return;
    this.quiet = 0;
    // What was written from it is written: otherwise nothing would have been read.
    this.close();
    this.next = shared;
  }
}

/**
 * The accepted socket as one that reads with the reader. Node takes a reader only where a socket is made (`onread`), and
 * makes those of a server itself, to read into new memory each time: a sixth of what a relay's thread does. So a second one
 * is made of what the first one stands for, by the names that Node's own modules use; where they do not exist, undefined.
 * @param accepted with `pauseOnConnect`: nothing was read yet. It must not be used any more
 */
export function readingWith(
  reader: SocketReader,
  accepted: Socket,
  options: SocketConstructorOpts,
): Socket | undefined {
  const first = accepted as Socket & { _handle?: object | null };
  const handle = first._handle;
  if (shared === undefined || typeof handle !== 'object' || handle === null) return undefined;
  const made = new Socket({ ...options, handle, onread: reader.options } as SocketConstructorOpts) as typeof first;
  if (made._handle !== handle) {
    made.destroy();
    return undefined;
  }
  first._handle = null;
  return made;
}
