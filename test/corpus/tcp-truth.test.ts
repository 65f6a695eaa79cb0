// Connections of the recorded captures against their truth files, which an independent parser made and the servers'
// logs confirm: how many, who closed first, resets, TIME_WAIT, repeated SYNs, bytes; and the same in the other captures
// of the same traffic (other formats, other link types, the other end of the wire).
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { MARK_SYN, MARK_SYN_ACK } from '../../src/tcp/connection-table.js';
import { sharedRoot } from '../support/paths.js';
import { Recorder } from '../tcp/recorder.js';
import { type TrackedCapture, trackCapture } from './tcp-capture.js';

const skip = sharedRoot === undefined ? 'FCGI_INSPECT_SHARED names no folder with the captures' : false;
const folder = join(sharedRoot ?? '', 'captures');

type Counts = Record<string, number>;

interface TruthConnection {
  client: string;
  server: string;
  packets: number;
  syn: number;
  synack: number;
  first_fin: string | null;
  time_wait: string | null;
  bytes_c2s: number;
  bytes_s2c: number;
}

interface Truth {
  file: string;
  fcgi_ports: number[];
  tcp: {
    connections: number;
    never_established: number;
    no_syn_seen: number;
    extra_syns: number;
    extra_synacks: number;
    first_fin: Counts;
    rst: Counts;
    time_wait_left_on: Counts;
    bytes_c2s: number;
    bytes_s2c: number;
  };
  connections: TruthConnection[];
  variants?: Record<string, { own_parser?: { connections: number; no_syn_seen?: number; first_fin: Counts } }>;
}

const FIRST_FIN = ['none', 'client', 'server', 'simultaneous'];
const RESET = ['none', 'client', 'server'];
const TIME_WAIT = ['None', 'client', 'server', 'both'];

function count(rows: readonly number[], name: (row: number) => string): Counts {
  const counts: Counts = {};
  for (const row of rows) counts[name(row)] = (counts[name(row)] ?? 0) + 1;
  return counts;
}

function fastcgiRows({ tracker }: TrackedCapture, ports: readonly number[]): number[] {
  const { count: rows, port1 } = tracker.connections;
  return Array.from({ length: rows }, (_, row) => row).filter((row) => ports.includes(port1[row]));
}

function summary(capture: TrackedCapture, ports: readonly number[]): Truth['tcp'] {
  const c = capture.tracker.connections;
  const rows = fastcgiRows(capture, ports);
  const sum = (value: (row: number) => number) => rows.reduce((total, row) => total + value(row), 0);
  return {
    connections: rows.length,
    never_established: sum((row) => ((c.marks[row] & (MARK_SYN | MARK_SYN_ACK)) === MARK_SYN ? 1 : 0)),
    no_syn_seen: sum((row) => ((c.marks[row] & MARK_SYN) === 0 ? 1 : 0)),
    extra_syns: sum((row) => Math.max(0, c.syns[row] - 1)),
    extra_synacks: sum((row) => Math.max(0, c.synAcks[row] - 1)),
    first_fin: count(rows, (row) => FIRST_FIN[c.firstFin[row]]),
    rst: count(rows, (row) => RESET[c.firstReset[row]]),
    time_wait_left_on: count(rows, (row) => TIME_WAIT[c.timeWait[row]]),
    bytes_c2s: sum((row) => c.bytes0[row]),
    bytes_s2c: sum((row) => c.bytes1[row]),
  };
}

const truths = skip
  ? []
  : readdirSync(folder)
      .filter((name) => existsSync(join(folder, name, 'truth.json')))
      .map((name) => ({ name, truth: JSON.parse(readFileSync(join(folder, name, 'truth.json'), 'utf8')) as Truth }))
      .filter(({ truth }) => truth.tcp?.first_fin !== undefined);

describe('recorded captures', { skip }, () => {
  test('there are some', () => assert.ok(truths.length > 15));

  for (const { name, truth } of truths) {
    test(`${name}: the sums`, async () => {
      const capture = await trackCapture(join(folder, name, truth.file), new Recorder());
      const want = { ...truth.tcp };
      const got = summary(capture, truth.fcgi_ports);
      for (const key of Object.keys(got) as (keyof Truth['tcp'])[]) assert.deepEqual(got[key], want[key], key);
    });

    test(`${name}: each connection`, async () => {
      const capture = await trackCapture(join(folder, name, truth.file), new Recorder());
      const { tracker, addresses } = capture;
      const c = tracker.connections;
      const got = fastcgiRows(capture, truth.fcgi_ports)
        .slice(0, truth.connections.length)
        .map((row) => ({
          client: addresses.endpoint(c.address0[row], c.port0[row]),
          server: addresses.endpoint(c.address1[row], c.port1[row]),
          packets: c.packets0[row] + c.packets1[row],
          syn: c.syns[row],
          synack: c.synAcks[row],
          first_fin: FIRST_FIN[c.firstFin[row]],
          time_wait: TIME_WAIT[c.timeWait[row]],
          bytes_c2s: c.bytes0[row],
          bytes_s2c: c.bytes1[row],
        }));
      const want = truth.connections.map(
        ({ client, server, packets, syn, synack, first_fin, time_wait, bytes_c2s, bytes_s2c }) => ({
          client,
          server,
          packets,
          syn,
          synack,
          first_fin: first_fin ?? 'none',
          time_wait: time_wait ?? 'None',
          bytes_c2s,
          bytes_s2c,
        }),
      );
      assert.deepEqual(got, want);
    });
  }

  test('other captures of the same traffic have the same connections', async () => {
    const differences: string[] = [];
    let compared = 0;
    for (const { name, truth } of truths) {
      for (const [file, { own_parser: want }] of Object.entries(truth.variants ?? {})) {
        if (want?.first_fin === undefined || !existsSync(join(folder, name, file))) continue;
        const got = summary(await trackCapture(join(folder, name, file), new Recorder()), truth.fcgi_ports);
        compared++;
        const check = (what: string, ours: unknown, theirs: unknown) => {
          const a = JSON.stringify(ours);
          const b = JSON.stringify(theirs);
          if (a !== b) differences.push(`${name}/${file}: ${what} is ${a}, should be ${b}`);
        };
        check('connections', got.connections, want.connections);
        if (want.no_syn_seen !== undefined) check('without SYN', got.no_syn_seen, want.no_syn_seen);
        for (const side of FIRST_FIN) check(`first FIN: ${side}`, got.first_fin[side] ?? 0, want.first_fin[side] ?? 0);
      }
    }
    assert.ok(compared > 5, `${compared} were compared`);
    assert.deepEqual(differences, []);
  });
});
