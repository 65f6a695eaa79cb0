// A few thousand damaged records with every test run, and proof that the fuzzer notices what it is there to notice.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { END_REQUEST } from '../../src/fastcgi/constants.js';
import { random } from '../support/random.js';
import { dialogue } from './server-dialogue.js';
import { fuzzServer } from './server-fuzz.js';
import { fuzzedServer, GOOD_ANSWER, GOOD_URI } from './server-target.js';

describe('fuzzing the server', () => {
  it('makes the same bytes of the same seed', () => {
    for (let seed = 1; seed <= 50; seed++) assert.deepEqual(dialogue(random(seed)), dialogue(random(seed)));
    assert.notDeepEqual(dialogue(random(1)).bytes, dialogue(random(2)).bytes);
  });

  it('finds nothing', async () => {
    const result = await fuzzServer({ seed: 1, mutated: 5000 });
    assert.deepEqual(result.failures, []);
    assert.ok(result.mutated >= 5000 && result.goodAnswers === result.cases && result.realCases > 5);
    assert.ok(result.requests > 1000, 'most damaged records leave requests that are answered');
    assert.ok(Object.keys(result.problems).length >= 14, Object.keys(result.problems).join());
  });

  const broken: [string, Parameters<typeof fuzzedServer>[0], RegExp][] = [
    ['an answer that does not come', { responder: () => {} }, /good request was not answered/],
    [
      'a second END_REQUEST',
      { alterOutput: () => (record) => (record.type === END_REQUEST ? [record, record] : undefined) },
      /ended more often than it began/,
    ],
    ['a reply that is none', { alterOutput: () => (record) => [{ ...record, version: 2 }] }, /the reply is no FastCGI/],
    [
      'a handler that never ends',
      {
        responder: (request) => {
          if (request.params.get('REQUEST_URI') !== GOOD_URI) return new Promise(() => {});
          return request.end(GOOD_ANSWER);
        },
      },
      /handlers are left/,
    ],
  ];
  for (const [what, changes, reason] of broken) {
    it(`notices ${what}`, async () => {
      const server = fuzzedServer(changes);
      const { failures } = await fuzzServer({ seed: 1, mutated: 200, realEvery: 0, maxFailures: 3, server });
      assert.ok(
        failures.some((failure) => reason.test(failure.reason)),
        failures.map((failure) => failure.reason).join('\n'),
      );
    });
  }
});
