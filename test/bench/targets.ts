// What the product is to reach, as ratios between programs that read the same file in the same run.
import type { ContenderName } from './contenders.js';
import type { WorkloadName } from './generate.js';

/** Figures of one program on one capture: the smallest wall time and the largest memory of its runs. */
export interface Figures {
  readonly seconds: number;
  /** Bytes. */
  readonly memory: number;
}

export interface Target {
  readonly workload: WorkloadName;
  /** What is compared with what. */
  readonly what: string;
  /** The program the product is compared with, if it is one. */
  readonly peer?: Exclude<ContenderName, 'fcgi-inspect'>;
  /** Which way is good. */
  readonly better: 'more' | 'less';
  /** What must be reached; undefined where there is only an aim. */
  readonly atLeast?: number;
  readonly aim?: number;
  readonly unit: 'x' | 'MB' | 'kB' | 'bytes' | 'ms';
}

export const TARGETS: readonly Target[] = [
  {
    workload: 'many-small',
    what: 'faster than',
    peer: 'tshark fields',
    better: 'more',
    atLeast: 25,
    aim: 45,
    unit: 'x',
  },
  { workload: 'many-small', what: 'faster than', peer: 'tshark conv', better: 'more', atLeast: 9, aim: 16, unit: 'x' },
  { workload: 'many-small', what: 'time of', peer: 'header walk', better: 'less', atLeast: 5, aim: 2.7, unit: 'x' },
  { workload: 'many-small', what: 'memory', better: 'less', atLeast: 300, aim: 200, unit: 'MB' },
  {
    workload: 'large-bodies',
    what: 'faster than',
    peer: 'tshark fields',
    better: 'more',
    atLeast: 2,
    aim: 2,
    unit: 'x',
  },
  { workload: 'large-bodies', what: 'time of', peer: 'header walk', better: 'less', aim: 1.6, unit: 'x' },
  { workload: 'kept', what: 'faster than', peer: 'tshark fields', better: 'more', atLeast: 20, aim: 40, unit: 'x' },
];

/** Growth of many-small: time stays linear (with room for noise), memory grows by so many bytes a connection. */
export const GROWTH = {
  timePerScale: { atLeast: 1.25, aim: 1.1 },
  fixedMemory: 150 * 1024 * 1024,
  bytesPerConnection: { atLeast: 400, aim: 200 },
} as const;

export interface Row {
  readonly workload: string;
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  readonly better: 'more' | 'less';
  readonly atLeast: number | null;
  readonly reached: boolean | null;
  readonly aim: number | null;
  readonly aimReached: boolean | null;
}

export function row(target: Omit<Target, 'workload'> & { readonly workload: string }, value: number): Row {
  const { workload, what, better, unit, atLeast = null, aim = null } = target;
  const holds = (limit: number | null): boolean | null =>
    limit === null ? null : better === 'more' ? value >= limit : value <= limit;
  return { workload, what, value, unit, better, atLeast, reached: holds(atLeast), aim, aimReached: holds(aim) };
}
