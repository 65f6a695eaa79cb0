// /proc/net/unix: which paths are listened on, how many connections wait there, which sockets were accepted.

/** Kept of one path; an accept queue holds at most net.core.somaxconn. */
const MOST_SOCKETS = 200_000;

/** SO_ACCEPTCON in the flags. */
const LISTENS = 0x10000;
/** socket_state in include/uapi/linux/net.h */
const CONNECTING = 2;
const CONNECTED = 3;

export interface UnixListener {
  /** `/run/app.sock`; `@name` in the abstract namespace. */
  readonly path: string;
  readonly inodes: number[];
  /**
   * Connections that wait to be accepted: sockets without an inode, one entry each. The kernel's (hashed) address of the
   * socket; zeros where it does not say.
   */
  readonly queued: string[];
  /** Inodes of the sockets that were accepted. */
  readonly accepted: number[];
}

const ROW = /^([0-9a-fA-F]+): [0-9A-F]{8} [0-9A-F]{8} ([0-9A-F]{8}) ([0-9A-F]{4}) ([0-9A-F]{2})\s+(\d+) (.+)$/;

/** Stream and sequenced-packet sockets with a path, by path. A path may be listened on by sockets that others replaced. */
export function parseUnixTable(text: string): Map<string, UnixListener> {
  const all = new Map<string, UnixListener>();
  let count = 0;
  for (const line of text.split('\n')) {
    const match = ROW.exec(line);
    if (!match || (match[3] !== '0001' && match[3] !== '0005')) continue;
    if (++count > MOST_SOCKETS) break;
    const [, address, flags, , state, inodeText, path] = match;
    let listener = all.get(path);
    if (!listener) all.set(path, (listener = { path, inodes: [], queued: [], accepted: [] }));
    const inode = Number(inodeText);
    if (Number.parseInt(flags, 16) & LISTENS) listener.inodes.push(inode);
    else if (Number.parseInt(state, 16) === CONNECTING && inode === 0) listener.queued.push(address);
    else if (Number.parseInt(state, 16) === CONNECTED && inode !== 0) listener.accepted.push(inode);
  }
  for (const [path, { inodes }] of all) if (inodes.length === 0) all.delete(path);
  return all;
}
