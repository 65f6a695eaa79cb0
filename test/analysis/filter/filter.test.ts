// The filter language: what goes through, on rows of connections and of requests.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fieldsTable } from '../../../src/analysis/filter/fields-table.js';
import {
  type Accessor,
  compileFilter,
  FIELDS,
  type FieldValue,
  type FilterRows,
  findField,
  matchesConnection,
} from '../../../src/analysis/filter/filter.js';
import { UserError } from '../../../src/model/errors.js';

type Row = Readonly<Record<string, FieldValue>>;

const over =
  (rows: readonly Row[]): Accessor =>
  (field, row) =>
    rows[row][field.name];

/** Whether a row goes through a filter. */
function lets(filter: string, row: Row): boolean {
  return compileFilter(filter).matches(0, over([row]));
}

const REQUEST: Row = {
  id: 7,
  connection: 3,
  status: 502,
  uri: '/shop/cart.php?id=1',
  method: 'POST',
  total: 150e6,
  ttfb: Number.NaN,
  stdout: 70_000,
  aborted: false,
  finished: true,
  keepconn: true,
  problem: ['record-cut', 'params-too-large'],
  protostatus: 2,
  role: 'responder',
  state: 'S1',
  firstfin: 'web-server',
  application: '127.0.0.1:9000',
  port: 9000,
  begin: 0,
  script: '',
  appstatus: 0,
};

const HOLDS = [
  'status >= 500 and uri ~ "cart"',
  'status>=500&&uri~"cart"',
  'state == S1 and total > 100ms',
  'status == 502',
  'status eq 502',
  'status != 200',
  'status in (500, 502)',
  'status in {500 502}',
  'status in (500..599)',
  'status not in (200, 404)',
  'not status in (200..299)',
  '!(status < 500)',
  'not aborted and finished',
  '!aborted && keepconn == set',
  'aborted == no',
  'method == post',
  'method in ("GET", POST)',
  'method ~ "^p"',
  'uri contains cart.php',
  'uri contains "cart.php?id"',
  'uri ~ "^/shop/[a-z]+\\.php"',
  "uri ~ '(?i)CART'",
  'uri !~ "checkout"',
  'uri == "/shop/cart.php?id=1"',
  'uri matches "id=\\d$"',
  'firstfin == web-server',
  'application == 127.0.0.1:9000',
  'application ~ ":9000$"',
  'total >= 150ms and total <= 0.15s and total == 150000us and total < 1min',
  'total > 0.1',
  'stdout > 64Ki and stdout < 1M and stdout == 70k and stdout > 69.9kB',
  'problem == record-cut',
  'problem contains params',
  'problem != stream-gap',
  'problem',
  'protostatus == overloaded and protostatus == 2',
  'role == responder',
  'http.response.code == 502 and http.request.uri contains cart and tcp.port == 9000 and tcp.stream == 3',
  'STATUS == 502 AND NOT (status == 404 OR status == 405)',
  'begin',
  'status == 0x1f6',
  'status == 502 or unknown_is_never_reached == 1'.replace('unknown_is_never_reached', 'port'),
];

const FAILS = [
  'status < 500',
  'status == 200 or status == 404',
  'status != 502',
  'status not in (500..599)',
  'aborted',
  'not finished',
  'uri == cart',
  'uri contains CART',
  'uri ~ "^cart"',
  'method == get',
  'ttfb > 0s',
  'ttfb <= 1h',
  'ttfb != 1s',
  'ttfb == 0s',
  'ttfb',
  'script',
  'appstatus',
  'data == 0',
  'data != 0',
  'problem == stream-gap',
  'problem != record-cut',
  'status == 502 and not state == S1',
  'status == 404 and status == 502 or status == 405',
];

test('conditions that hold and conditions that do not', () => {
  for (const filter of HOLDS) assert.equal(lets(filter, REQUEST), true, filter);
  for (const filter of FAILS) assert.equal(lets(filter, REQUEST), false, filter);
});

test('what is not there satisfies no comparison, so only its negation', () => {
  for (const comparison of ['== 1', '!= 1', '< 1', '>= 1', 'in (1)']) {
    assert.equal(lets(`status ${comparison}`, {}), false, comparison);
    assert.equal(lets(`not status ${comparison}`, {}), true, comparison);
  }
  assert.equal(lets('uri ~ "."', {}), false);
  assert.equal(lets('not status', {}), true);
  assert.equal(lets('problem != a', { problem: [] }), true);
});

test('and binds more tightly than or, not more tightly than and', () => {
  const truth = fc.boolean();
  fc.assert(
    fc.property(truth, truth, truth, (a, b, c) => {
      const row = { aborted: a, finished: b, keepconn: c };
      assert.equal(lets('aborted or finished and keepconn', row), a || (b && c));
      assert.equal(lets('not aborted and finished || ! keepconn', row), (!a && b) || !c);
      assert.equal(lets('not (aborted and finished) and keepconn', row), !(a && b) && c);
    }),
  );
});

test('numbers compare as numbers do', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1000 }), fc.integer({ min: 0, max: 1000 }), (a, b) => {
      const row = { status: a };
      assert.equal(lets(`status == ${b}`, row), a === b);
      assert.equal(lets(`status != ${b}`, row), a !== b);
      assert.equal(lets(`status < ${b}`, row), a < b);
      assert.equal(lets(`status <= ${b}`, row), a <= b);
      assert.equal(lets(`status > ${b}`, row), a > b);
      assert.equal(lets(`status >= ${b}`, row), a >= b);
      assert.equal(lets(`status in (${Math.min(a, b)}..${b + 1})`, row), a <= b + 1);
    }),
  );
});

test('a filter knows what it asks about', () => {
  const concerns = (filter: string) => compileFilter(filter).concerns;
  assert.deepEqual(concerns('status >= 500'), { connections: false, requests: true });
  assert.deepEqual(concerns('state == S1 and dur > 1s'), { connections: true, requests: false });
  assert.deepEqual(concerns('state == S1 and status == 200'), { connections: true, requests: true });
  assert.deepEqual(concerns('keepconn'), { connections: false, requests: false });
  assert.deepEqual(
    compileFilter('status > 1 and (uri ~ a or not status == 5)').fields.map((field) => field.name),
    ['status', 'uri'],
  );
});

test('a connection goes through with one of its requests, and the whole filter must hold for the same one', () => {
  const requests: Row[] = [
    { status: 500, uri: '/a', state: 'SF' },
    { status: 200, uri: '/cart', state: 'SF' },
    { status: 500, uri: '/cart', state: 'S1' },
  ];
  const rows: FilterRows = {
    connection: over([{ state: 'SF' }, { state: 'S1' }, { state: 'S0' }]),
    request: over(requests),
    requestsOf: (connection) => [[0, 1], [2], []][connection],
  };
  const connections = (filter: string) =>
    [0, 1, 2].filter((row) => matchesConnection(compileFilter(filter), row, rows));
  assert.deepEqual(connections('status == 500 and uri ~ cart'), [1]);
  assert.deepEqual(connections('status == 500'), [0, 1]);
  assert.deepEqual(connections('status == 500 and state == SF'), [0]);
  assert.deepEqual(connections('state == S0 or state == S1'), [1, 2]);
  assert.deepEqual(connections('not status'), [2]);
});

test('a list of numbers holds when one of them does', () => {
  assert.equal(lets('status >= 500', { status: [200, 503] }), true);
  assert.equal(lets('status >= 500', { status: [200, 204] }), false);
  assert.equal(lets('status != 200', { status: [200, 204] }), false);
});

test('every field can be asked for by every name it has', () => {
  for (const field of FIELDS) {
    assert.equal(findField(field.name)?.name, field.name);
    const names: readonly string[] = 'aliases' in field ? field.aliases : [];
    for (const name of names) assert.equal(findField(name.toUpperCase())?.name, field.name, name);
    assert.equal(typeof lets(field.name, {}), 'boolean');
  }
  assert.equal(findField('constructor'), undefined);
  const table = fieldsTable();
  assert.equal(table.trimEnd().split('\n').length, FIELDS.length + 2);
  for (const line of table.trimEnd().split('\n')) assert.equal(line.split(' | ').length, 6, line);
});

test('a filter either compiles and tells of any row, or is a UserError', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      ...[
        'status',
        'uri',
        'state',
        'dur',
        'aborted',
        'problem',
        '==',
        '!=',
        '<',
        '>=',
        '~',
        '!~',
        'in',
        '(',
        ')',
        '{',
        '}',
      ],
    ),
    fc.constantFrom(
      ...[
        'and',
        'or',
        'not',
        '!',
        '&&',
        '||',
        ',',
        '"',
        "'",
        '\\',
        '500',
        '100ms',
        '10k',
        'S1',
        '1..2',
        '"a*"',
        '"(x|y)+$"',
      ],
    ),
    fc.string({ maxLength: 5 }),
  );
  const value: fc.Arbitrary<FieldValue> = fc.oneof(
    fc.double(),
    fc.string(),
    fc.boolean(),
    fc.constant(undefined),
    fc.array(fc.string()),
    fc.array(fc.double()),
  );
  let compiled = 0;
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), value, (pieces, found) => {
      const text = pieces.join(' ');
      try {
        const filter = compileFilter(text);
        compiled++;
        assert.equal(typeof filter.matches(0, () => found), 'boolean');
      } catch (error) {
        assert.ok(error instanceof UserError, String(error));
      }
    }),
    { numRuns: 2000, seed: 1 },
  );
  assert.ok(compiled > 5, `only ${compiled} of the random filters compiled`);
});
