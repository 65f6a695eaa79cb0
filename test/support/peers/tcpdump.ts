// Captures what a test's servers say to each other, from before the first packet until after the last.
import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { readFileSync } from 'node:fs';
import type { Daemon } from './daemon.js';
import { eventually } from './eventually.js';
import { type Program, programPath } from './programs.js';
import { endpointParts, type Stage } from './stage.js';

export const tcpdump: Program = { name: 'tcpdump', package: 'tcpdump', hindrance: noRights };

/** It opens the interface also when it is only to say how it would filter. */
function noRights(): string | undefined {
  const { status } = spawnSync(programPath(tcpdump), ['-i', 'lo', '-d', 'tcp'], { stdio: 'ignore' });
  if (status === 0) return undefined;
  return 'tcpdump may not capture on lo (be root, or setcap cap_net_raw,cap_net_admin=eip "$(command -v tcpdump)")';
}

export interface TcpdumpOptions {
  /** Default `lo`. */
  readonly interface?: string;
  /** Bytes of each packet; default: all. */
  readonly snapshotLength?: number;
}

export interface Capture {
  readonly path: string;
  /** Ends the capture once everything that was sent before is in the file. Returns its path. */
  finish(): Promise<string>;
}

/** Arguments that choose the packets of these endpoints (`host:port`). */
export function captureFilter(endpoints: readonly string[]): string {
  return endpoints
    .map(endpointParts)
    .map(({ host, port }) => `(host ${host} and tcp port ${port})`)
    .join(' or ');
}

/** Resolves when packets are being captured. */
export async function startCapture(
  stage: Stage,
  endpoints: readonly string[],
  options: TcpdumpOptions = {},
): Promise<Capture> {
  const marker = await openMarker(stage);
  const path = stage.path('capture.pcap');
  const user = process.getuid?.() === 0 ? ['-Z', 'root'] : [];
  const snapshot = options.snapshotLength === undefined ? [] : ['-s', String(options.snapshotLength)];
  const daemon = stage.start(
    programPath(tcpdump),
    ['-i', options.interface ?? 'lo', '-U', '-n', '-B', '16384', ...user, ...snapshot, '-w', path].concat(
      `${captureFilter(endpoints)} or (udp dst port ${marker.port})`,
    ),
    { stopSignal: 'SIGINT' },
  );
  // It says so when the filter is in force.
  await daemon.until('listening', () => /listening on/.test(daemon.output));
  return {
    path,
    async finish() {
      await marker.arrive(path);
      await daemon.stop();
      assertNoneDropped(daemon);
      return path;
    },
  };
}

function assertNoneDropped(daemon: Daemon): void {
  const dropped = /^(\d+) packets? dropped by kernel/m.exec(daemon.output)?.[1];
  if (dropped !== '0') throw new Error(`tcpdump did not get every packet: ${daemon.output}`);
}

/** A datagram that is captured too. Packets are captured in the order in which the kernel delivers them. */
export async function openMarker(stage: Stage): Promise<{ port: number; arrive(path: string): Promise<void> }> {
  const { address } = stage;
  const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
  await new Promise<void>((resolve, reject) => socket.on('error', reject).bind(0, address, resolve));
  stage.atEnd(() => socket.close());
  const { port } = socket.address();
  return {
    port,
    async arrive(path) {
      const text = `end of the capture ${process.pid} ${process.hrtime.bigint()}`;
      await new Promise<void>((resolve, reject) =>
        socket.send(text, port, address, (error) => (error ? reject(error) : resolve())),
      );
      await eventually('the last packet in the capture', () => readFileSync(path).includes(text), 50);
    },
  };
}
