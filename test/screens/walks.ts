// The screens that are held as text: which keys are pressed on which fixture.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fixturesFolder } from '../support/paths.js';

export interface Walk {
  /** Name of the golden files. */
  readonly name: string;
  readonly fixture: string;
  /** After each group of keys the screen is held. */
  readonly steps: readonly (readonly string[])[];
  readonly ascii?: boolean;
  /** Others than SIZES. */
  readonly sizes?: readonly Size[];
  readonly live?: boolean;
}

export type Size = readonly [columns: number, rows: number];

export const SIZES: readonly Size[] = [
  [100, 30],
  [80, 24],
  [60, 16],
];

export const WALKS: readonly Walk[] = [
  {
    name: 'overview',
    fixture: 'workers-exhausted',
    steps: [[], ['Tab'], ['Down', 'Down'], ['Tab'], ['shift-Tab', 'shift-Tab', 'Down']],
  },
  {
    name: 'figures',
    fixture: 'application-error',
    steps: [['Tab', 'Tab'], ['Down', 'Down', 'Down'], ['Enter'], ['q']],
  },
  {
    name: 'queue',
    fixture: 'workers-exhausted',
    steps: [['Enter'], ['Down'], ['+', '+'], ['Enter'], ['q', 'Tab', 'Enter']],
  },
  {
    name: 'connections',
    fixture: 'workers-exhausted',
    steps: [['2'], ['G'], ['o'], ['O'], ['g', 'n'], ['r'], ['t', '2', 't']],
  },
  {
    name: 'requests',
    fixture: 'application-error',
    steps: [['3'], ['o', 'o', 'o', 'O'], ['Enter'], ['x'], ['Right'], ['c'], ['q', 'q']],
  },
  { name: 'processes', fixture: 'uneven-load', steps: [['4'], ['m'], ['m'], ['m'], ['Down'], ['Enter']] },
  { name: 'events', fixture: 'protocol-violation', steps: [['6'], ['Down'], ['Enter'], ['Down', 'Down', 'Down']] },
  {
    name: 'timeline',
    fixture: 'healthy-keep-alive',
    steps: [['2', 'Enter'], ['z'], ['Down', 'Down'], ['x'], ['d'], ['t'], ['Enter']],
  },
  { name: 'request', fixture: 'application-stderr', steps: [['3', 'Enter'], ['Tab', 'Down'], ['v'], ['Tab', 'G']] },
  {
    name: 'filter',
    fixture: 'time-wait-application-side',
    steps: [
      ['/'],
      ['fim == web'],
      ['ctrl-u', 'dur >'],
      ['ctrl-u', 'firstfin == application'],
      ['Enter', '2'],
      ['Esc'],
      ['/', '40003', 'Enter'],
      ['/', 'ctrl-u', 'id == 999', 'Enter'],
    ],
  },
  { name: 'evidence', fixture: 'stuck-on-reuse', steps: [['e'], ['q'], ['Enter'], ['Enter']] },
  { name: 'help', fixture: 'healthy-kept', steps: [['?'], ['PgDn'], ['q'], ['2', '?'], ['Esc', 'Enter', '?']] },
  { name: 'write', fixture: 'backlog-overflow', steps: [['w'], ['Esc', '2', 'w'], ['ctrl-u', 'some name.pcap']] },
  { name: 'nothing-wrong', fixture: 'healthy-keep-alive', steps: [[], ['4'], ['5'], ['6']] },
  { name: 'not-fastcgi', fixture: 'not-fastcgi', steps: [[], ['2'], ['3'], ['4'], ['5']] },
  { name: 'dump', fixture: 'dump-kept-connection', steps: [[], ['2'], ['3'], ['2', 'Enter']] },
  { name: 'scgi', fixture: 'scgi-exchange', steps: [['3', 'Enter'], ['c']] },
  { name: 'ascii', fixture: 'workers-exhausted', ascii: true, steps: [[], ['2'], ['Enter'], ['5'], ['4'], ['?']] },
  { name: 'stream', fixture: 'accept-blocked', live: true, steps: [['2', 'Enter'], ['Enter'], ['q', 'q', 'p']] },
  {
    name: 'wide',
    fixture: 'workers-exhausted',
    sizes: [[150, 40]],
    steps: [[], ['2', 'G'], ['Enter'], ['3'], ['d'], ['5']],
  },
  { name: 'small', fixture: 'workers-exhausted', sizes: [[48, 12]], steps: [[], ['2', '?']] },
];

/** Every walk at every size. */
export function* walksAtSizes(): Generator<{ readonly walk: Walk; readonly size: Size }> {
  for (const walk of WALKS) for (const size of walk.sizes ?? SIZES) yield { walk, size };
}

/** The input of a fixture. */
export function inputOf(fixture: string): string {
  const folder = join(fixturesFolder, fixture);
  for (const name of ['capture.pcap', 'capture.pcapng.gz', 'dump.txt']) {
    if (existsSync(join(folder, name))) return join(folder, name);
  }
  throw new Error(`${fixture} has no input`);
}
