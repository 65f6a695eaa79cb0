// What the kernel says about an application's TCP connections: ss.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { eventually } from './eventually.js';
import { familyOf } from './process-tree.js';
import { type Program, programPath } from './programs.js';

export const ss: Program = { name: 'ss', package: 'iproute2' };

const run = promisify(execFile);

export interface SocketRow {
  /** As ss prints it: LISTEN, ESTAB, TIME-WAIT, ... */
  readonly state: string;
  /** Bytes that nobody has read; for a listener: connections that nobody has accepted. */
  readonly received: number;
  /** Bytes that the peer has not acknowledged; for a listener: the most that may wait. */
  readonly sent: number;
  readonly local: string;
  readonly peer: string;
  /** Which side of the application's connections this is. */
  readonly side: 'application' | 'web-server';
}

/** Every socket at either end of connections to this endpoint. */
export async function socketsOf(endpoint: string): Promise<SocketRow[]> {
  const { stdout } = await run(programPath(ss), ['-Htan', `src ${endpoint} or dst ${endpoint}`]);
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [state, received, sent, local, peer] = line.trim().split(/\s+/);
      const side = local === endpoint ? 'application' : 'web-server';
      return { state, received: Number(received), sent: Number(sent), local, peer, side };
    });
}

export async function isListening(endpoint: string): Promise<boolean> {
  return (await socketsOf(endpoint)).some(({ state }) => state === 'LISTEN');
}

/** Whether this process or one of its family captures packets, with its filter in force. */
export async function isCapturing(pid: number): Promise<boolean> {
  const { stdout } = await run(programPath(ss), ['-0', '-Hnpb']);
  const pids = familyOf(pid);
  // A line for each socket, then one for its filter. At first libpcap sets one of a single instruction, to refuse all.
  return stdout
    .split(/\n(?=\S)/)
    .some(
      (row) =>
        pids.some((member) => row.includes(`pid=${member},`)) && Number(/bpf filter \((\d+)\)/.exec(row)?.[1] ?? 0) > 1,
    );
}

/** Sockets at rest: TIME_WAIT by side, and connections that are kept. */
export interface RestingSockets {
  readonly timeWait: { readonly application: number; readonly 'web-server': number };
  readonly established: number;
}

/**
 * Waits until nothing moves any more: every connection is closed on both sides, but for `kept` ones that are open and
 * have nothing in their buffers.
 */
export async function socketsAtRest(endpoint: string | readonly string[], kept = 0): Promise<RestingSockets> {
  let seen = '';
  const asked = async () => {
    const all = (await Promise.all([endpoint].flat().map(socketsOf))).flat();
    const rows = all.filter(({ state }) => state !== 'LISTEN');
    seen = rows.map((row) => `${row.state} ${row.received} ${row.sent} ${row.local} ${row.peer}`).join('\n');
    const open = rows.filter(({ state }) => state !== 'TIME-WAIT');
    const idle = open.every(({ state, received, sent }) => state === 'ESTAB' && received === 0 && sent === 0);
    if (!idle || open.length !== 2 * kept) return undefined;
    const waiting = rows.filter(({ state }) => state === 'TIME-WAIT');
    const count = (side: SocketRow['side']) => waiting.filter((row) => row.side === side).length;
    return {
      timeWait: { application: count('application'), 'web-server': count('web-server') },
      established: open.length / 2,
    };
  };
  try {
    return await eventually(`rest on ${endpoint}, ${kept} connections kept`, asked, 30);
  } catch (error) {
    throw new Error(`${(error as Error).message}; there is\n${seen}`);
  }
}

/** Waits until as many workers of the application have read a request each and work on it. */
export async function inProgress(application: string, count: number): Promise<void> {
  await eventually(`${count} requests in progress`, async () => {
    const rows = await socketsOf(application);
    const held = rows.filter(({ side, state }) => side === 'application' && state === 'ESTAB');
    // PHP leaves the empty record that ends STDIN unread until a script wants its input.
    return held.length === count && held.every(({ received }) => received <= 8);
  });
}
