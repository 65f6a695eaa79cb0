// What must come out at the browser's end whichever web server stands between it and our application.
import assert from 'node:assert/strict';
import { eventually } from '../support/peers/eventually.js';
import { digest, pattern, type ServedApplication } from './server-application.js';
import { fetchAtOnce, fetchFrom, fetchInTurn, times } from './web-client.js';

const LARGE = 3_000_000;

/** GET, POST, statuses, STDERR, large bodies both ways: in turn, then at once. */
export async function holdsExchanges(endpoint: string, { asked }: ServedApplication): Promise<void> {
  const body = pattern(LARGE);
  const [plain, missing, failed, warned, echoed, empty, large] = await fetchInTurn(endpoint, [
    '/a.php?n=1',
    '/a.php?do=status&code=404',
    '/a.php?do=status&code=503',
    '/a.php?do=stderr',
    { path: '/a.php?do=echo', body },
    { path: '/a.php?do=echo', body: new Uint8Array(0) },
    `/a.php?do=large&bytes=${LARGE}`,
  ]);
  assert.deepEqual(plain, { status: 200, body: 'GET /a.php?n=1', complete: true });
  assert.deepEqual([missing?.status, failed?.status], [404, 503]);
  assert.deepEqual(warned, { status: 200, body: 'with STDERR', complete: true });
  assert.deepEqual(echoed, { status: 200, body: `${LARGE} ${digest(body)}`, complete: true });
  assert.deepEqual(empty, { status: 200, body: `0 ${digest('')}`, complete: true });
  assert.equal(large?.complete, true);
  assert.equal(digest(Buffer.from(large.body, 'latin1')), digest(body));
  const before = asked.length;
  assert.equal(before, 7);
  const together = await fetchAtOnce(
    endpoint,
    times(12, (index) => ({ path: `/a.php?do=echo&n=${index}`, body: body.subarray(0, 10_000 * index) })),
  );
  together.forEach((answer, index) => {
    const sent = body.subarray(0, 10_000 * index);
    assert.deepEqual(answer, { status: 200, body: `${sent.length} ${digest(sent)}`, complete: true });
  });
  assert.equal(asked.length, before + 12);
}

/** A browser that goes away in the middle of an answer: the application is told. */
export async function tellsOfAborts(endpoint: string, { asked, aborts, server }: ServedApplication): Promise<void> {
  const leaving = new AbortController();
  const given = fetchFrom(endpoint, { path: '/a.php?do=wait', signal: leaving.signal });
  await eventually('the handler runs', () => asked.some((line) => line.includes('do=wait')));
  leaving.abort();
  await given;
  await eventually('the abort is told', () => aborts.length === 1);
  await eventually('nothing is left of it', () => server.counters.active === 0);
  const after = await fetchFrom(endpoint, '/a.php?after');
  assert.equal(after?.body, 'GET /a.php?after');
}
