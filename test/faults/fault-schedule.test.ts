// When faults happen: the modifiers, alone and together.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type BeginningRequest, FaultSchedule, requestFields } from '../../src/faults/fault-schedule.js';
import { parseFault } from '../../src/faults/parse-fault.js';

function request(uri: string, more: Partial<BeginningRequest> = {}) {
  const params: Record<string, string> = { REQUEST_URI: uri, REQUEST_METHOD: 'GET', SCRIPT_FILENAME: '/srv/a.php' };
  return requestFields({
    protocol: 'fastcgi',
    id: 1,
    role: 'responder',
    keepConn: false,
    param: (name) => params[name],
    ...more,
  });
}

/** The numbers of the opportunities at which it happens, of a hundred. */
function happening(modifiers: string, uri: (number: number) => string = () => '/'): number[] {
  const schedule = new FaultSchedule(parseFault(`drop_end_request${modifiers}`, 'server'), 0);
  const numbers: number[] = [];
  for (let number = 0; number < 100; number++) if (schedule.happens(number, request(uri(number)))) numbers.push(number);
  assert.equal(schedule.happened, numbers.length);
  return numbers;
}

test('every modifier', () => {
  assert.equal(happening('').length, 100);
  assert.deepEqual(happening(',count=2'), [0, 1]);
  assert.deepEqual(happening(',after=97'), [97, 98, 99]);
  assert.deepEqual(happening(',every=40'), [39, 79]);
  assert.deepEqual(happening(',for=3ms'), [0, 1, 2]);
  assert.deepEqual(happening(',count=0'), []);
  assert.deepEqual(happening(',after=10,every=7,count=2'), [16, 23]);
});

test('only what matches is counted', () => {
  const uri = (number: number) => (number % 10 === 3 ? '/x' : '/y');
  assert.deepEqual(happening(',match="uri ~ x",count=3', uri), [3, 13, 23]);
  assert.deepEqual(happening(',match="uri ~ x",after=2,every=2', uri), [33, 53, 73, 93]);
});

test('toxicity is repeatable by its seed, and about right', () => {
  const some = happening(',toxicity=0.3,seed=7');
  assert.deepEqual(happening(',toxicity=0.3,seed=7'), some);
  assert.notDeepEqual(happening(',toxicity=0.3,seed=8'), some);
  assert.ok(some.length > 15 && some.length < 45, String(some.length));
  assert.deepEqual(happening(',toxicity=0'), []);
  // A draw that loses does not use up the count.
  assert.deepEqual(happening(',toxicity=0.3,seed=7,count=2'), some.slice(0, 2));
});

test('what a request can be matched by', () => {
  const matches = (filter: string, fields = request('/cart?id=1')) =>
    new FaultSchedule(parseFault(`drop_end_request,match='${filter}'`, 'server'), 0).happens(0, fields);
  for (const filter of [
    'uri ~ "^/cart"',
    'method == GET',
    'script contains "a.php"',
    'role == responder',
    'reqid == 1',
    'protocol == fastcgi',
    'not keepconn',
  ])
    assert.ok(matches(filter), filter);
  for (const filter of ['uri == "/cart"', 'method == POST', 'keepconn', 'role == filter'])
    assert.ok(!matches(filter), filter);
  const bare = request('', { param: (name) => ({ SCRIPT_NAME: '/app', PATH_INFO: '/x', QUERY_STRING: 'q=1' })[name] });
  assert.ok(matches('uri == "/app/x?q=1"', bare));
});
