// Random and mutated answers: whatever an application sends, a web server's end neither throws nor forgets a request, and
// what it says does not depend on how the bytes are cut.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { endRequest, getValuesResult, record, stream } from '../../src/fastcgi/encode.js';
import { concat } from '../support/bytes.js';
import { cuts, pieces } from '../support/pieces.js';
import { RecordedConnection } from './web-server-recorder.js';

const content = fc.uint8Array({ maxLength: 40 });
const id = fc.constantFrom(0, 1, 2, 3, 4, 65_535);
const anyRecord = fc.oneof(
  fc
    .tuple(fc.constantFrom(6, 7), id, content, fc.nat(20))
    .map(([type, to, bytes, pad]) => record(type, to, bytes, pad)),
  fc
    .tuple(fc.constantFrom(1, 2, 3), fc.nat(0xffffffff), fc.nat(5))
    .map(([to, app, status]) => endRequest(to, app, status)),
  fc.tuple(fc.nat(255), id, content).map(([type, to, bytes]) => record(type, to, bytes)),
  fc.constant(getValuesResult({ FCGI_MPXS_CONNS: '1' })),
  fc
    .tuple(fc.constantFrom(6, 7), fc.constantFrom(1, 2), content)
    .map(([type, to, bytes]) => stream(type, to, bytes, { recordSize: 3 })),
);
const wellFormed = fc.array(anyRecord, { maxLength: 25 }).map((list) => concat(...list));
const mutated = fc
  .tuple(wellFormed, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }))
  .map(([bytes, changes]) => {
    const copy = bytes.slice();
    for (const [at, value] of changes) if (copy.length > 0) copy[at % copy.length] = value;
    return copy;
  });
const answerBytes = fc.oneof(wellFormed, mutated, fc.uint8Array({ maxLength: 300 }));
const options = fc.record({
  foreignIds: fc.constantFrom('report' as const, 'fail' as const, 'accept' as const),
  foreignTypes: fc.constantFrom('report' as const, 'fail' as const),
});

function run(bytes: readonly Uint8Array[], rules: Parameters<typeof RecordedConnection.prototype.get>[0] | object) {
  const connection = new RecordedConnection(rules as object);
  connection.core.getValues(new Uint8Array(0));
  const answers = [connection.get().answer, connection.get().answer, connection.get().answer];
  connection.receive(...bytes);
  const missing = connection.core.finish();
  return { connection, answers, missing };
}

test('every request ends exactly once, whatever comes', () => {
  fc.assert(
    fc.property(answerBytes, options, (bytes, rules) => {
      const { connection, answers } = run([bytes], rules);
      for (const answer of answers) {
        assert.equal(Number(answer.ended !== undefined) + Number(answer.lost !== undefined), 1);
        assert.deepEqual(answer.late, []);
      }
      assert.equal(connection.core.active, 0);
      assert.ok(connection.problems.length <= bytes.length / 8 + 2);
    }),
    { seed: 11, numRuns: 600 },
  );
});

test('item 10: cutting changes nothing', () => {
  fc.assert(
    fc.property(answerBytes, options, cuts, (bytes, rules, shares) => {
      const whole = run([bytes], rules);
      const cut = run(pieces(bytes, shares), rules);
      assert.deepEqual(
        cut.answers.map((answer) => answer.summary),
        whole.answers.map((answer) => answer.summary),
      );
      assert.deepEqual(cut.connection.problems, whole.connection.problems);
      assert.deepEqual(cut.connection.values, whole.connection.values);
      assert.equal(cut.missing, whole.missing);
    }),
    { seed: 12, numRuns: 600 },
  );
});
