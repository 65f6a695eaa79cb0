// What the demo application makes of a request's path and query.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Answer, answerTo, DEFAULT_ANSWER } from '../../../src/endpoints/applications/answer.js';

function answer(uri: string, base: Answer = DEFAULT_ANSWER): Partial<Answer> {
  const [path, query = ''] = uri.split('?');
  const made = answerTo({ uri, path, query }, base);
  return Object.fromEntries(Object.entries(made).filter(([name, value]) => value !== base[name as keyof Answer]));
}

test('paths, under any prefix', () => {
  assert.deepEqual(answer('/'), {});
  assert.deepEqual(answer('/hello'), { kind: 'hello' });
  assert.deepEqual(answer('/app/echo'), { kind: 'echo' });
  assert.deepEqual(answer('/status/503'), { status: 503 });
  assert.deepEqual(answer('/exit/7'), { exit: 7 });
  assert.deepEqual(answer('/sleep?ms=200'), { sleep: 200 });
  assert.deepEqual(answer('/sleep/200'), { sleep: 200 });
  assert.deepEqual(answer('/stream?bytes=10&chunk=3&delay=5'), { kind: 'stream', bytes: 10, chunk: 3, delay: 5 });
  assert.deepEqual(answer('/stderr'), { stderr: 'asked for text on STDERR' });
  assert.deepEqual(answer('/stderr?text=a%20b'), { stderr: 'a b' });
});

test('the query counts with every path, over what was told for all', () => {
  assert.deepEqual(answer('/echo?status=404&exit=2&ms=5'), { kind: 'echo', status: 404, exit: 2, sleep: 5 });
  const base = { ...DEFAULT_ANSWER, status: 418, sleep: 9 };
  assert.deepEqual(answer('/x?ms=0', base), { sleep: 0 });
});

test('what makes no sense is passed over', () => {
  for (const uri of [
    '/status/999',
    '/status/abc',
    '/status/-1',
    '/exit/99999999999',
    '/sleep?ms=1e3',
    '/sleep?ms=99999999',
    '/statuses/503',
    '/status/503/x',
  ])
    assert.deepEqual(answer(uri), {}, uri);
  assert.deepEqual(answer('/stream?bytes=-1&chunk=0'), { kind: 'stream' });
});
