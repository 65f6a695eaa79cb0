// Finds the benchmark's captures in a cache folder, or writes them there first.
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Workload, writeKept, writeLargeBodies, writeManySmall } from './workloads.js';

/** Counted up whenever a workload changes, so that an old cache is not used. */
const CACHE_VERSION = 1;

export const cacheFolder = join(tmpdir(), `fcgi-inspect-bench-${CACHE_VERSION}`);

export type WorkloadName = 'many-small' | 'large-bodies' | 'kept';

const WRITERS: Readonly<Record<WorkloadName, (path: string, count: number) => Workload>> = {
  'many-small': writeManySmall,
  'large-bodies': writeLargeBodies,
  kept: writeKept,
};

/** Connections (many-small) or requests at scale 1. */
const COUNTS: Readonly<Record<WorkloadName, number>> = { 'many-small': 220_000, 'large-bodies': 72, kept: 100_000 };

export interface GeneratedCapture extends Workload {
  readonly path: string;
  readonly bytes: number;
}

/** The capture of a workload `scale` times its usual size. */
export function generated(name: WorkloadName, scale: number, tell: (line: string) => void): GeneratedCapture {
  mkdirSync(cacheFolder, { recursive: true });
  const count = Math.max(1, Math.round(COUNTS[name] * scale));
  const path = join(cacheFolder, `${name}-${count}.pcap`);
  const notes = `${path}.json`;
  if (!existsSync(path) || !existsSync(notes)) {
    tell(`writing ${path}`);
    writeFileSync(notes, JSON.stringify(WRITERS[name](path, count)));
  }
  const workload = JSON.parse(readFileSync(notes, 'utf8')) as Workload;
  return { ...workload, path, bytes: statSync(path).size };
}
