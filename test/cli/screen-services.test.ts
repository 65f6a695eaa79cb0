// What `w` writes: a report in the format of the name, a connection's packets as a capture, and never over anything.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { writeService } from '../../src/cli/screen-services.js';
import type { Shown } from '../../src/tui/data.js';
import type { Prompt } from '../../src/tui/state.js';
import { textField } from '../../src/tui/text-field.js';
import { inspect } from '../support/inspect.js';
import { fixturesFolder } from '../support/paths.js';
import { temporaryFolder } from '../support/run-bin.js';

const path = join(fixturesFolder, 'uneven-load', 'capture.pcap');
const snapshot = inspect(readFileSync(path));
const shown = { snapshot, histories: snapshot.pipeline.tracker.histories } as unknown as Shown;
const folder = temporaryFolder();
const service = writeService({ paths: [path], reader: 'own', showSecrets: false }, [path]);

function write(what: Prompt['what'], name: string, connection = -1, filter = '') {
  const prompt: Prompt = { what, connection, field: textField(join(folder, name)) };
  return service({ kind: 'write', prompt, filter }, shown);
}

test('a connection as a capture of its own', async () => {
  for (const row of [0, 1, 21]) {
    const told = await write('packets', `conn-${row}.pcap`, row);
    assert.equal(told?.bad, false);
    const { facts } = shown.snapshot;
    const packets = facts.connections.packets0[row] + facts.connections.packets1[row];
    assert.match(told!.text, new RegExp(`^${packets} packets of conn ${row} are in `));
    const again = inspect(readFileSync(join(folder, `conn-${row}.pcap`)));
    assert.equal(again.input.packets, packets);
    assert.equal(again.facts.connections.count, 1);
    assert.equal(again.summary.requests, 1);
    const { histories } = again.pipeline.tracker;
    assert.equal(
      histories.text(again.facts.connections.history[0]),
      shown.histories.text(facts.connections.history[row]),
    );
    const duration = (of: typeof facts, each: number) => of.connections.end[each] - of.connections.start[each];
    assert.equal(duration(again.facts, 0), duration(facts, row));
  }
});

test('a report by the name’s ending, filtered as the screen is', async () => {
  assert.equal((await write('report', 'report.json', -1, 'application ~ "9002"'))?.bad, false);
  const report = JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8')) as {
    connections: unknown[];
    summary: { connections: number };
  };
  assert.deepEqual([report.connections.length, report.summary.connections], [4, 22]);
  await write('report', 'report.txt');
  assert.match(readFileSync(join(folder, 'report.txt'), 'utf8'), /uneven-load/);
  await write('report', 'rows.ndjson');
  assert.equal(
    readFileSync(join(folder, 'rows.ndjson'), 'utf8')
      .trim()
      .split('\n')
      .every((line) => JSON.parse(line)),
    true,
  );
});

test('nothing that exists is written over, and what cannot be written is told', async () => {
  await write('report', 'once.txt');
  const before = readFileSync(join(folder, 'once.txt'), 'utf8');
  for (const what of ['report', 'packets'] as const) {
    const told = await write(what, 'once.txt', 0);
    assert.deepEqual([told?.bad, /it exists already/.test(told!.text)], [true, true]);
  }
  assert.equal(readFileSync(join(folder, 'once.txt'), 'utf8'), before);
  const nowhere = await write('packets', 'no/such/folder.pcap', 0);
  assert.match(nowhere!.text, /no such folder/);
});

test('the packets of a stream are not kept', async () => {
  const stream = writeService({ paths: [], reader: 'auto', showSecrets: false }, ['-']);
  const prompt: Prompt = { what: 'packets', connection: 0, field: textField(join(folder, 'stream.pcap')) };
  const told = await stream({ kind: 'write', prompt, filter: '' }, shown);
  assert.match(told!.text, /not kept/);
});
