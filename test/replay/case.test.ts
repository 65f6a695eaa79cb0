// Cases of captures: what both sides did, byte for byte and in order; captures that begin late, lack bytes or are filtered;
// and files that are no case.
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { UserError } from '../../src/model/errors.js';
import { eventLine, parseEventLine } from '../../src/replay/case-lines.js';
import type { CaseEvent } from '../../src/replay/event.js';
import { openCase } from '../../src/sources/case-files.js';
import { toBytes } from '../support/bytes.js';
import { request, response } from '../support/fastcgi-messages.js';
import { temporaryFolder } from '../support/run-bin.js';
import { type Scene, scene } from '../support/scene.js';
import { caseOf, toldBy } from './case-files.js';

const folder = temporaryFolder();
function fileOf(name: string, play: Scene): string {
  const path = join(folder, name);
  writeFileSync(path, play.capture());
  return path;
}

const question = (uri: string) => toBytes(request({ uri, keepConn: true, body: `body of ${uri}` }));
const answer = (uri: string) => toBytes(response({ body: `answer to ${uri}`.repeat(500) }));
const text = (...parts: Uint8Array[]) => Buffer.concat(parts).toString('latin1');

test('bytes, ends, resets and refusals are in the case, in their order', async () => {
  const play = scene();
  const kept = play.conversation(0).connect();
  kept.web(question('/1')).app(answer('/1')).web(question('/2')).app(answer('/2')).finWeb().finApp();
  play.conversation(1).connect().web(question('/3')).app(answer('/3')).finApp().finWeb();
  play.conversation(2).connect().web(question('/4')).rstApp();
  play.conversation(3).refused();
  const { opened } = await caseOf(fileOf('plain.pcap', play));
  const told = toldBy(opened);
  assert.deepEqual(
    told.map(({ ends }) => ends),
    [['web-server end', 'application end'], ['application end', 'web-server end'], ['application reset'], ['refused']],
  );
  assert.ok(told[0].web.toString('latin1') === text(question('/1'), question('/2')));
  assert.ok(told[0].application.toString('latin1') === text(answer('/1'), answer('/2')));
  assert.deepEqual([opened.header.connections, opened.header.requests, opened.header.mostOpen], [4, 4, 1]);
  const times = [...opened.events()].map(({ time }) => time);
  assert.deepEqual(
    times,
    [...times].sort((a, b) => a - b),
  );
  opened.close();
});

test('a case that nobody keeps leaves no file', async () => {
  const before = new Set(readdirSync(tmpdir()).filter((name) => name.startsWith('fcgi-inspect-case-')));
  const play = scene();
  play.conversation(0).connect().web(question('/1')).app(answer('/1')).finApp().finWeb();
  const { opened } = await caseOf(fileOf('short.pcap', play));
  const after = readdirSync(tmpdir()).filter((name) => name.startsWith('fcgi-inspect-case-') && !before.has(name));
  assert.deepEqual(after, []);
  assert.equal(toldBy(opened).length, 1);
  opened.close();
});

test('a connection that began before the capture opens with its first whole request', async () => {
  const play = scene();
  const c = play.conversation(0);
  c.app(answer('/0').subarray(20)).web(question('/1')).app(answer('/1')).finApp().finWeb();
  play.conversation(1).connect().web(question('/2')).app(answer('/2')).finApp().finWeb();
  const { opened } = await caseOf(fileOf('midstream.pcap', play));
  const told = toldBy(opened);
  assert.equal(told[0].web.toString('latin1'), text(question('/1')));
  assert.equal(told[0].application.toString('latin1'), text(answer('/1')));
  assert.equal(opened.header.losses.beganBefore, 1);
  assert.ok(opened.header.losses.droppedBytes > 0);
  opened.close();
});

test('only the wanted connections, and their own report', async () => {
  const play = scene();
  for (let i = 0; i < 4; i++) {
    play
      .conversation(i)
      .connect()
      .web(question(`/${i}`))
      .app(answer(`/${i}`))
      .finApp()
      .finWeb();
  }
  const { opened, snapshot } = await caseOf(fileOf('four.pcap', play), { only: [1, 3] });
  assert.deepEqual(
    toldBy(opened).map(({ web }) => /\/\d/.exec(web.toString('latin1'))?.[0]),
    ['/1', '/3'],
  );
  assert.equal(snapshot.summary.connections, 2);
  assert.equal(snapshot.summary.requests, 2);
  opened.close();
});

test('an exported case is read as it was written, and a folder with something in it is left alone', async () => {
  const play = scene();
  play.conversation(0).connect().web(question('/1')).app(answer('/1')).finApp().finWeb();
  const path = fileOf('export.pcap', play);
  const kept = join(folder, 'kept');
  const { opened } = await caseOf(path, { folder: kept });
  const read = openCase(kept);
  assert.deepEqual(read.header, opened.header);
  assert.deepEqual(toldBy(read), toldBy(opened));
  opened.close();
  read.close();
  const before = readFileSync(join(kept, 'events.jsonl'));
  await assert.rejects(caseOf(path, { folder: kept }), /not empty/);
  assert.deepEqual(readFileSync(join(kept, 'events.jsonl')), before);
});

test('a damaged case is refused in a sentence', () => {
  const damaged = join(folder, 'damaged');
  mkdirSync(damaged);
  const header = { schema: 'fcgi-inspect/case/1', duration: 1, connections: 1, mostOpen: 1, requests: 1, events: 1 };
  const write = (name: string, value: unknown) =>
    writeFileSync(join(damaged, name), typeof value === 'string' ? value : JSON.stringify(value));
  const files = (bytes: readonly number[], events: string, listeners: unknown = []) => {
    write('case.json', { ...header, bytes, listeners });
    write('events.jsonl', events);
    write('web-server.bin', 'abc');
    write('application.bin', '');
  };
  files([3, 9], '');
  assert.throws(() => openCase(damaged), /application\.bin is shorter/);
  files([3, 0], '', [{ endpoint: 1 }]);
  assert.throws(() => openCase(damaged), /listener/);
  write('case.json', { schema: 'other' });
  assert.throws(() => openCase(damaged), /schema/);
  write('case.json', '{');
  assert.throws(() => openCase(damaged), /no JSON/);
  for (const line of [
    '{}',
    'null',
    '[]',
    '"x"',
    '{"time":-1,"connection":0,"do":"open","listener":0}',
    '{"time":0,"connection":0.5,"do":"open","listener":0}',
    '{"time":0,"connection":0,"do":"send","side":"client","from":0,"length":1}',
    '{"time":0,"connection":0,"do":"send","side":"application","from":0,"length":1e12}',
    '{"time":0,"connection":0,"do":"__proto__"}',
  ]) {
    files([3, 0], `${line}\n`);
    const opened = openCase(damaged);
    assert.throws(() => [...opened.events()], UserError, line);
    opened.close();
  }
  files([3, 0], 'x'.repeat(200_000));
  const long = openCase(damaged);
  assert.throws(() => [...long.events()], /longer than an event/);
  assert.throws(() => long.read(0, 2, 5), /ends before byte 7/);
  long.close();
});

test('every event is the same after it was a line', () => {
  const natural = fc.nat({ max: 1e9 });
  const side = fc.constantFrom(0 as const, 1 as const);
  const base = { time: fc.nat({ max: 1e12 }), connection: natural };
  const event: fc.Arbitrary<CaseEvent> = fc.oneof(
    fc.record({ ...base, kind: fc.constantFrom('open' as const, 'refused' as const), listener: natural }),
    fc.record({ ...base, kind: fc.constant('end' as const), side, crossing: fc.boolean() }),
    fc.record({ ...base, kind: fc.constant('reset' as const), side }),
    fc.record({
      ...base,
      kind: fc.constant('send' as const),
      side,
      from: natural,
      length: fc.nat({ max: 65_536 }),
      begins: fc.nat({ max: 3 }),
      asked: fc.nat({ max: 3 }),
      ends: fc.nat({ max: 3 }),
      records: fc.constant([]),
    }),
  );
  fc.assert(
    fc.property(event, (value) => assert.deepEqual(parseEventLine(eventLine(value).trimEnd(), 1), { ...value })),
  );
});
