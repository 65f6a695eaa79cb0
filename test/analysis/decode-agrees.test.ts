// Decoding record by record and the analysis tell of the same records, whatever the capture holds.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { typeName } from '../../src/fastcgi/constants.js';
import { namedListeners } from '../fixtures/expected.js';
import { allCases } from '../fixtures/make.js';
import { decodeCapture } from '../support/decoded.js';
import { inspect } from '../support/inspect.js';
import { SPLIT_CAPTURES } from './split-captures.js';

/** `type bytes` of each record that was counted, with how many there were. */
function same(bytes: Uint8Array, named: ReturnType<typeof namedListeners>): void {
  const { records, pipeline } = decodeCapture(bytes, { named });
  const { facts } = inspect(bytes, { named });
  const counts: Record<string, number> = {};
  const contents: Record<string, number> = {};
  for (let type = 0; type < 256; type++) {
    if (facts.log.recordCounts[type] === 0) continue;
    counts[typeName(type)] = facts.log.recordCounts[type];
    contents[typeName(type)] = facts.log.recordBytes[type];
  }
  const decoded: Record<string, number> = {};
  const lengths: Record<string, number> = {};
  for (const { protocol, name, contentLength } of records) {
    if (protocol !== 'fastcgi') continue;
    decoded[name] = (decoded[name] ?? 0) + 1;
    lengths[name] = (lengths[name] ?? 0) + contentLength;
  }
  assert.deepEqual(decoded, counts);
  assert.deepEqual(lengths, contents);
  // Both give the requests the same rows.
  assert.equal(pipeline.session.log.requests.count, facts.requests.count);
  for (const { request, connection } of records) {
    if (request >= 0) assert.equal(facts.requests.connection[request], connection);
  }
}

for (const { name, bytes, named } of SPLIT_CAPTURES) test(`decoded: ${name}`, () => same(bytes, [...(named ?? [])]));

for (const fixture of await allCases()) {
  const plain = !/\.(txt|log|gz)$/.test(fixture.fileName ?? '');
  test(`decoded: fixture ${fixture.name}`, { skip: !plain && 'no plain capture' }, () => {
    same(fixture.make(), namedListeners(fixture.args));
  });
}
