// php-fpm's status page in its forms, and pages that are none.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parseFpmStatus } from '../../src/status/parse-fpm-status.js';

const JSON_PAGE = `{"pool":"www","process manager":"dynamic","start time":1795245296,"start since":3,"accepted conn":5,
"listen queue":1,"max listen queue":2,"listen queue len":511,"idle processes":1,"active processes":2,"total processes":3,
"max active processes":2,"max children reached":1,"slow requests":0,"memory peak":2097152,"processes":[
{"pid":101,"state":"Running","start time":1795245296,"start since":3,"requests":7,"request duration":462000,
"request method":"GET","request uri":"/s?a=1","content length":0,"user":"-","script":"/srv/s.php","last request cpu":12.5,
"last request memory":2097152}]}`;

const TEXT_PAGE = `pool:                 www
process manager:      static
start time:           21/Nov/2026:07:14:56 +0100
start since:          3
accepted conn:        5
listen queue:         0
max listen queue:     0
listen queue len:     511
idle processes:       2
active processes:     1
total processes:      3
max active processes: 2
max children reached: 0
slow requests:        4

************************
pid:                  101
state:                Reading headers
start time:           21/Nov/2026:06:14:56 +0000
start since:          3
requests:             7
request duration:     90000000
request method:       -
request URI:          -
content length:       0
user:                 -
script:               -
last request cpu:     0.00
last request memory:  0

************************
pid:                  102
state:                Idle
requests:             1
request URI:          /x: y
`;

test('the JSON page', () => {
  const status = parseFpmStatus(JSON_PAGE)!;
  assert.deepEqual(
    [status.pool, status.processManager, status.startTime, status.acceptedConnections, status.listenQueueLength],
    ['www', 'dynamic', 1795245296, 5, 511],
  );
  assert.deepEqual(
    [status.idle, status.active, status.total, status.maxChildrenReached, status.memoryPeak],
    [1, 2, 3, 1, 2097152],
  );
  assert.deepEqual(status.processes, [
    {
      pid: 101,
      state: 'Running',
      startTime: 1795245296,
      startSince: 3,
      requests: 7,
      requestDuration: 462000,
      method: 'GET',
      uri: '/s?a=1',
      contentLength: 0,
      user: '',
      script: '/srv/s.php',
      lastCpu: 12.5,
      lastMemory: 2097152,
    },
  ]);
});

test('the text page, with its times in any zone', () => {
  const status = parseFpmStatus(TEXT_PAGE)!;
  assert.deepEqual([status.startTime, status.slowRequests, status.processes?.length], [1795241696, 4, 2]);
  assert.equal(status.processes![0].startTime, status.startTime);
  assert.deepEqual(
    status.processes!.map(({ pid, state, uri }) => [pid, state, uri]),
    [
      [101, 'Reading headers', ''],
      [102, 'Idle', '/x: y'],
    ],
  );
  assert.equal(parseFpmStatus(TEXT_PAGE.split('\n\n')[0])?.processes, undefined, 'without full there is no list');
  assert.deepEqual(parseFpmStatus(TEXT_PAGE.replaceAll('\n', '\r\n')), status);
});

test('what is no status page is none', () => {
  for (const text of ['', 'File not found.', '{}', '[]', 'null', '{"pool":"www"}', '<html>pool: www</html>', 'pong'])
    assert.equal(parseFpmStatus(text), undefined, text);
});

test('nothing that an application answers makes it throw', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.json(), fc.constantFrom(JSON_PAGE, TEXT_PAGE)),
      fc.nat(400),
      fc.string(),
      (text, at, more) => {
        parseFpmStatus(text.slice(0, at) + more + text.slice(at));
      },
    ),
    { seed: 9 },
  );
});
