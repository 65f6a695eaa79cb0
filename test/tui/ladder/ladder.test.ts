// A connection read again: the same records as the tables tell, each segment once, bounded whatever comes.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { rereadServices } from '../../../src/cli/screen-services.js';
import type { Shown } from '../../../src/tui/data.js';
import { requestsOf } from '../../../src/tui/ladder/requests-of.js';
import { inspect } from '../../support/inspect.js';
import { fixturesFolder } from '../../support/paths.js';

const tools = { signal: new AbortController().signal, onProgress() {} };

function shownOf(path: string): Shown {
  const snapshot = inspect(readFileSync(path));
  return { snapshot, histories: snapshot.pipeline.tracker.histories } as unknown as Shown;
}

const fixtures = readdirSync(fixturesFolder).filter((name) =>
  readdirSync(join(fixturesFolder, name)).includes('capture.pcap'),
);

test('of every connection of every fixture', async () => {
  let records = 0;
  let segments = 0;
  for (const fixture of fixtures) {
    const path = join(fixturesFolder, fixture, 'capture.pcap');
    const shown = shownOf(path);
    const { facts } = shown.snapshot;
    const reread = rereadServices({ paths: [path], reader: 'own', showSecrets: false })!;
    for (const { connections, protocol } of facts.listeners) {
      for (const row of connections) {
        const { entries } = await reread.connection(shown, row, tools);
        const where = `${fixture} conn ${row}`;
        const packets = facts.connections.packets0[row] + facts.connections.packets1[row];
        assert.ok(new Set(entries.map(({ packet }) => packet)).size <= packets, where);
        assert.ok(entries.length > 0, where);
        for (let i = 1; i < entries.length; i++)
          assert.ok(entries[i].time >= entries[i - 1].time || entries[i].kind !== 'segment', where);
        const names = (name: string) => entries.filter(({ record }) => record?.name === name);
        if (protocol === 'fastcgi')
          assert.equal(names('BEGIN_REQUEST').length, facts.conversations.requests[row], where);
        const ends = requestsOf(facts, row).filter((each) => !Number.isNaN(facts.requests.end[each]));
        for (const each of ends.slice(0, protocol === 'fastcgi' ? undefined : 0)) {
          assert.ok(
            names('END_REQUEST').some(
              ({ time, record }) =>
                time === facts.requests.end[each] && requestsOf(facts, row)[record!.ordinal] === each,
            ),
            `${where} request ${each}`,
          );
        }
        records += entries.filter(({ kind }) => kind === 'record').length;
        segments += entries.filter(({ kind }) => kind === 'segment').length;
      }
    }
  }
  assert.ok(records > 1000 && segments > 1000);
});

test('a request has its PARAMS and streams, whole', async () => {
  const path = join(fixturesFolder, 'application-error', 'capture.pcap');
  const shown = shownOf(path);
  const reread = rereadServices({ paths: [path], reader: 'own', showSecrets: false })!;
  const { requests } = shown.snapshot.facts;
  for (let row = 0; row < requests.count; row++) {
    const { pairs, streams } = await reread.request(shown, row, tools);
    const uri = pairs.find(({ name }) => Buffer.from(name).toString() === 'REQUEST_URI')!;
    assert.equal(Buffer.from(uri.value).toString(), shown.snapshot.facts.strings.text(requests.uri[row]));
    assert.equal(streams.stdout.length, requests.stdoutBytes[row]);
    assert.equal(streams.stdout.bytes.length, streams.stdout.length);
    assert.equal(streams.stderr.length, requests.stderrBytes[row]);
  }
});

test('reading is given up when nobody wants it any more', async () => {
  const path = join(fixturesFolder, 'uneven-load', 'capture.pcap');
  const abort = new AbortController();
  abort.abort();
  const reread = rereadServices({ paths: [path], reader: 'own', showSecrets: false })!;
  const { entries } = await reread.connection(shownOf(path), 0, { ...tools, signal: abort.signal });
  assert.deepEqual(entries, []);
});

test('a file that is gone is told', async () => {
  const path = join(fixturesFolder, 'uneven-load', 'capture.pcap');
  const reread = rereadServices({ paths: [`${path}.gone`], reader: 'own', showSecrets: false })!;
  await assert.rejects(reread.connection(shownOf(path), 0, tools), /no such file/);
});
