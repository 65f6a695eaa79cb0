// Listening on an AF_UNIX path: with the permissions that were asked for from its first moment, and in place of a file
// that a dead process left behind, never of one that somebody listens on.
import { chmodSync, lstatSync, unlinkSync } from 'node:fs';
import { connect, type Server } from 'node:net';
import { ListenError } from './errors.js';
import { listenError } from './listen-address.js';

/** @throws ListenError */
export async function listenOnPath(server: Server, path: string, mode: number, backlog: number): Promise<void> {
  try {
    await bind(server, path, backlog);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw listenError(error as Error, { path });
    if (!isSocketFile(path)) {
      throw new ListenError('ERR_NOT_A_SOCKET', `${path} exists and is no socket`, 'choose another path or remove it');
    }
    if (await isListening(path)) throw listenError(error as Error, { path });
    removeFile(path);
    try {
      await bind(server, path, backlog);
    } catch (second) {
      throw listenError(second as Error, { path });
    }
  }
  try {
    chmodSync(path, mode);
  } catch (error) {
    server.close();
    throw listenError(error as Error, { path });
  }
}

function bind(server: Server, path: string, backlog: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    // Nobody else may connect before the mode is set.
    const before = restrictFiles();
    try {
      server.listen({ path, backlog }, () => {
        server.off('error', reject);
        resolve();
      });
    } finally {
      if (before !== undefined) process.umask(before);
    }
  });
}

function restrictFiles(): number | undefined {
  try {
    return process.umask(0o177);
  } catch {
    return undefined; // a worker thread may not; the mode is set right afterwards
  }
}

function isSocketFile(path: string): boolean {
  try {
    return lstatSync(path).isSocket();
  } catch {
    return true; // gone meanwhile: then nothing is in the way
  }
}

/** Whether somebody listens there, as far as can be told: only a refusal says that nobody does. */
function isListening(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path);
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', (error: NodeJS.ErrnoException) =>
      resolve(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT'),
    );
  });
}

function removeFile(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw listenError(error as Error, { path });
  }
}
