// Captures played through the tap, as users do it: connections, closes, requests, concurrency, findings and bytes are those of
// the capture. Over the project's own fixtures, and over further captures where they are.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fixturesFolder, sharedRoot } from '../support/paths.js';
import { playUntilItHolds } from '../support/play-again.js';
import { startBin, temporaryFolder } from '../support/run-bin.js';
import { caseOf, toldBy } from './case-files.js';

const folder = temporaryFolder();

interface Figure {
  readonly name: string;
  readonly unit: string;
  readonly before: number | null;
  readonly after: number | null;
  readonly changed: boolean;
}

interface Document {
  readonly interrupted: boolean;
  readonly divergences: object;
  readonly comparison: {
    readonly figures: readonly Figure[];
    readonly findings: readonly {
      readonly id: string;
      readonly fate: string;
      readonly before: { readonly count: number } | null;
      readonly after: { readonly count: number } | null;
    }[];
  };
}

/** Figures of times: a replay is no faster than the machine. */
const TIMES = new Set(['seconds', 'per-second']);

async function played(path: string, name: string, ...more: readonly string[]): Promise<Document> {
  const recording = join(folder, `${name}.pcapng`);
  const args = ['reproduce-bug', '--from', path, '--keep-secrets', '--record', recording, '--format', 'json', ...more];
  const run = await startBin(args).ended;
  assert.equal(run.status, 0, run.stderr);
  assert.equal(run.stderr, '');
  const document = JSON.parse(run.stdout) as Document;
  const { figures, findings } = document.comparison;
  assert.equal(document.interrupted, false);
  assert.deepEqual(document.divergences, {});
  assert.deepEqual(
    figures.filter(({ changed, unit }) => changed && !TIMES.has(unit)),
    [],
  );
  assert.deepEqual(
    findings.filter(({ fate, before, after }) => fate !== 'same' || before?.count !== after?.count),
    [],
  );
  const [one, other] = [await caseOf(path), await caseOf(recording)];
  // Connections that open at the same moment may change places.
  const sorted = (made: typeof one) =>
    toldBy(made.opened)
      .map((told) => JSON.stringify(told))
      .sort();
  assert.ok(
    JSON.stringify(sorted(one)) === JSON.stringify(sorted(other)),
    'bytes and ends are not those of the capture',
  );
  one.opened.close();
  other.opened.close();
  return document;
}

const FIXTURES = [
  'connection-recycled',
  'connection-refused',
  'healthy-keep-alive',
  'keep-conn-without-pool',
  'multiplexed',
  'overloaded',
  'premature-close',
  'process-died',
  'protocol-violation',
  'scgi-exchange',
  'stale-keep-alive-race',
  'time-wait-application-side',
  'truncated-response',
  'workers-exhausted',
];

describe('fixtures', { concurrency: 3 }, () => {
  for (const name of FIXTURES)
    test(name, (context) => playUntilItHolds(context, () => played(join(fixturesFolder, name, 'capture.pcap'), name)));
});

const CAPTURES = [
  'a_nginx_fpm_default',
  'b_nginx_keepconn_nopool',
  'c_nginx_keepalive',
  'c3_nginx_keepalive_recycled',
  'd1_lighttpd_comet_starved',
  'f1_fpm_queue',
  'g1_child_killed',
  'g3s_post_small_chunks',
  'x2_multiplexed',
];

describe('captures of real servers', { concurrency: 2, skip: sharedRoot === undefined }, () => {
  for (const name of CAPTURES)
    test(name, (context) =>
      playUntilItHolds(context, () => played(join(sharedRoot ?? '', 'captures', name, 'capture.pcap'), name)),
    );
});
