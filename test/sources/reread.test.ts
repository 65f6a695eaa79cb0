// Reading a part of a file again from a place near it gives what reading from the file's beginning gives.
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { concludeSteps } from '../../src/analysis/conclude-steps.js';
import type { Facts } from '../../src/analysis/facts.js';
import { FRAME, MORE } from '../../src/capture/frame-reader.js';
import { rereadServices } from '../../src/cli/screen-services.js';
import { Frame } from '../../src/model/frame.js';
import { PROTOCOL_SCGI } from '../../src/model/request-table.js';
import { openCapture } from '../../src/sources/capture-file.js';
import { gather } from '../../src/sources/gather.js';
import { PlaceIndex } from '../../src/sources/place-index.js';
import { rereadConnection } from '../../src/sources/reread.js';
import { deriveSteps } from '../../src/tui/derive.js';
import { RequestCollector } from '../../src/tui/ladder/collect-request.js';
import { placeOnConnection } from '../../src/tui/ladder/requests-of.js';
import { fixturesFolder } from '../support/paths.js';

const tools = { signal: new AbortController().signal, onProgress() {} };

/** A place at nearly every packet. */
async function denseIndex(path: string): Promise<PlaceIndex | undefined> {
  const input = await openCapture(path);
  assert.ok(input.kind === 'capture');
  if (!input.places) {
    assert.equal(input.reader.format, 'pcapng');
    input.close();
    return undefined;
  }
  const index = new PlaceIndex(100);
  const frame = new Frame();
  let latest = 0;
  for (;;) {
    const code = input.reader.next(frame);
    if (code === FRAME) {
      const origin = (index.origin ??= { seconds: frame.seconds, nanoseconds: frame.nanoseconds });
      latest = Math.max(latest, (frame.seconds - origin.seconds) * 1e9 + (frame.nanoseconds - origin.nanoseconds));
      index.note(input.places.position, input.reader.packets, latest);
    } else if (code !== MORE || !(await input.fill())) break;
  }
  input.close();
  return index;
}

function finished<Result>(steps: Generator<unknown, Result, void>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** A request's PARAMS, read with all that was before it on its connection. */
async function pairsFromTheBeginning(path: string, facts: Facts, row: number) {
  const { connections, addresses, requests } = facts;
  const connection = requests.connection[row];
  const collector = new RequestCollector(row, placeOnConnection(facts, row).ordinal);
  const place = {
    webServer: addresses.endpoint(connections.address0[connection], connections.port0[connection]),
    application: addresses.endpoint(connections.address1[connection], connections.port1[connection]),
    listener: {
      port: connections.port1[connection],
      protocol: requests.protocol[row] === PROTOCOL_SCGI ? ('scgi' as const) : ('fastcgi' as const),
    },
    from: connections.start[connection],
    until: connections.end[connection],
  };
  await rereadConnection([path], place, collector, { signal: tools.signal, reader: 'own' });
  return collector.contents().pairs;
}

for (const fixture of readdirSync(fixturesFolder)) {
  const path = join(fixturesFolder, fixture, 'capture.pcap');
  if (!existsSync(path)) continue;
  test(`${fixture}: every connection and request`, async () => {
    const gathering = await gather([path], { named: [], logTimes: { zone: () => 0 } });
    const snapshot = finished(concludeSteps(gathering.gathered()));
    const derived = finished(deriveSteps(snapshot));
    const shown = {
      revision: 1,
      snapshot,
      derived,
      histories: gathering.pipeline.tracker.histories,
      packets: 0,
      at: 0,
    };
    const index = await denseIndex(path);
    const options = { paths: [path], reader: 'own' as const, showSecrets: false };
    const plain = rereadServices(options)!;
    const indexed = rereadServices({ ...options, places: () => index })!;
    for (const listener of snapshot.facts.listeners) {
      for (const row of listener.connections.subarray(0, 40))
        assert.deepEqual(await indexed.connection(shown, row, tools), await plain.connection(shown, row, tools));
      for (const row of listener.requests.subarray(0, 40)) {
        const request = await plain.request(shown, row, tools);
        assert.deepEqual(await indexed.request(shown, row, tools), request);
        assert.deepEqual(request.pairs, await pairsFromTheBeginning(path, snapshot.facts, row));
      }
    }
  });
}

test('places count up, and the one chosen has nothing of the time before it', () => {
  const index = new PlaceIndex(10);
  for (let i = 1; i <= 100; i++) index.note(i * 4, i, i * 1000);
  assert.equal(index.before(0), undefined);
  assert.equal(index.before(3000), undefined);
  assert.deepEqual(index.before(3001), { position: 12, packets: 3, latest: 3000 });
  assert.deepEqual(index.before(1e9)?.position, 396);
});
