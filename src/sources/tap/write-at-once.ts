// Writes bytes that are only lent to a socket. Where nothing waits to be written the system is asked at once, by the
// descriptor: what it takes, which is nearly always everything, need not be copied, and costs no stream's work.
import { writeSync } from 'node:fs';
import type { Socket } from 'node:net';

type WithHandle = Socket & { _handle?: { readonly fd?: number } | null };

/**
 * Writes all of it, now or when the socket takes it: what waits is copied, and counts as `socket.writableLength`. A failure
 * is the socket's: it is destroyed with the error, as a stream's write does it.
 */
export function writeAtOnce(socket: Socket, bytes: Uint8Array): void {
  const taken = take(socket, bytes);
  if (taken < bytes.length && !socket.destroyed) socket.write(Buffer.from(bytes.subarray(taken)));
}

/** How many bytes the system has taken; 0 as well where it cannot be asked. */
function take(socket: Socket, bytes: Uint8Array): number {
  // What waits goes first. Windows' sockets have no descriptor.
  if (socket.writableLength > 0 || socket.connecting) return 0;
  const descriptor = (socket as WithHandle)._handle?.fd ?? -1;
  if (descriptor < 0) return 0;
  try {
    return writeSync(descriptor, bytes);
  } catch (error) {
    // Written again it would not fail alike: a reset is told only once.
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') socket.destroy(error as Error);
    return 0;
  }
}
