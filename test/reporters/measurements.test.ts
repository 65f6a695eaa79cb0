// Reports of loads and pools: every field of their JSON is documented, and nothing in them acts on a terminal.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { LoadResult } from '../../src/load/load-result.js';
import { LoadTally } from '../../src/load/load-tally.js';
import { loadJson } from '../../src/reporters/load-json.js';
import { loadText } from '../../src/reporters/load-text.js';
import { requestLine, totalsText } from '../../src/reporters/serve-text.js';
import { statusJson } from '../../src/reporters/status-json.js';
import { statusText } from '../../src/reporters/status-text.js';
import { parseFpmStatus } from '../../src/status/parse-fpm-status.js';
import { poolLoad } from '../../src/status/pool-load.js';
import type { PoolView } from '../../src/status/pool-view.js';
import { statusChange } from '../../src/status/status-change.js';
import { projectRoot } from '../support/paths.js';

const documented = readFileSync(join(projectRoot, 'docs', 'measurements.md'), 'utf8');
const HOSTILE = '/\u001b[2J\u202e?token=secret';

function load(): LoadResult {
  const tally = new LoadTally();
  for (let i = 1; i <= 100; i++)
    tally.completed({
      due: 0,
      sent: 1,
      firstByte: 2,
      ended: 2 + i,
      status: i % 10 ? 200 : 503,
      appStatus: i === 1 ? 3 : 0,
      reused: i > 4,
    });
  tally.error(`closed ${HOSTILE}`);
  const common = { method: 'GET', uri: HOSTILE, concurrency: 4, keepConn: true, perConnection: 2, seconds: 2 };
  return {
    address: '127.0.0.1:9000',
    protocol: 'fastcgi',
    ...common,
    rate: 50,
    tally,
    connections: 4,
    mostLate: 3,
    unsent: 2,
    interrupted: true,
  };
}

function pool(): PoolView {
  const worker = {
    pid: 7,
    state: 'Running',
    requests: 3,
    'request duration': 1500,
    'request uri': HOSTILE,
    script: HOSTILE,
  };
  const page = {
    pool: HOSTILE,
    'process manager': 'static',
    'total processes': 1,
    'active processes': 9,
    processes: [worker],
  };
  const status = parseFpmStatus(JSON.stringify(page))!;
  return {
    address: 'unix:/run/x.sock',
    isUnix: true,
    status,
    load: poolLoad(status, 'own'),
    change: statusChange(status, status, 1, 0),
    took: 3,
    acceptQueue: 2,
    own: 'own',
  };
}

/** Names of all fields, but for those that are values: a status, an error, a state. */
function fields(value: unknown, into = new Set<string>()): Set<string> {
  if (Array.isArray(value)) for (const each of value) fields(each, into);
  else if (value !== null && typeof value === 'object') {
    for (const [name, inner] of Object.entries(value)) {
      into.add(name);
      if (!['statuses', 'errors', 'states', 'percentiles'].includes(name)) fields(inner, into);
    }
  }
  return into;
}

test('every field of the JSON is documented', () => {
  for (const text of [loadJson(load()), statusJson(pool(), true)]) {
    const missing = [...fields(JSON.parse(text))].filter((name) => !documented.includes(`\`${name}\``));
    assert.deepEqual(missing, []);
  }
});

test('what others sent is shown and does nothing', () => {
  const view = { width: 100, colour: false, ascii: false };
  const request = {
    pid: 1,
    connection: 1,
    protocol: 'fastcgi',
    requestId: 1,
    role: 'filter',
    method: 'GET',
    uri: HOSTILE,
  };
  const served = {
    ...request,
    status: 0,
    appStatus: -1,
    protocolStatus: 2,
    stdinBytes: 5,
    stdoutBytes: 9,
    duration: 1,
    aborted: 'timeout',
  };
  for (const text of [
    [...loadText(load(), view)].join(''),
    loadJson(load()),
    [...statusText(pool(), { ...view, showQueries: true })].join(''),
    statusJson(pool(), true),
    requestLine(served, '10:00:00.000', true, false),
  ]) {
    assert.doesNotMatch(text.replaceAll('\n', ''), /\p{C}/u);
    assert.match(text, /\\x1b|\\u001b/);
  }
  assert.match(
    requestLine(served, '', true, true),
    /\[1\] #1 id 1 .* - .* filter {2}body 5 bytes {2}appStatus 4294967295 {2}OVERLOADED {2}aborted: timeout$/,
  );
});

test('queries of other people are left out unless they are wanted', () => {
  const view = { width: 200, colour: false, ascii: true, showQueries: false };
  const line = [...statusText({ ...pool(), own: 'nothing' }, view)]
    .join('')
    .split('\n')
    .find((each) => each.includes('Running'))!;
  assert.ok(line.includes('? '), line);
  const [shown] = (JSON.parse(statusJson(pool(), false)) as { processes: { uri: string }[] }).processes;
  assert.ok(!shown.uri.includes('secret'));
});

test('a unix socket has no queue on the page; the kernel has', () => {
  const text = [...statusText(pool(), { width: 100, colour: false, ascii: false, showQueries: false })].join('');
  assert.match(text, /listen queue: not available on a unix socket .*; the kernel shows 2 waiting now/);
  assert.match(text, /"active processes" says 9, the list has 1/);
});

test('sums of serve', () => {
  const none = {
    connections: 1,
    requests: 1,
    aborted: 0,
    failed: 0,
    refused: { OVERLOADED: 0 },
    dropped: 0,
    bytesReceived: 10,
    bytesSent: 2000,
    duration: 61,
  };
  assert.equal(
    totalsText({ ...none, problems: {}, faults: [] }, true),
    'served for 1 min 1 s: 1 request on 1 connection, 10 bytes received, 2 kB sent\n',
  );
  const much = {
    ...none,
    requests: 5,
    aborted: 1,
    failed: 2,
    refused: { OVERLOADED: 3 },
    dropped: 4,
    problems: { 'bad-type': 6 },
    faults: [{ text: 'garbage', happened: 7 }],
  };
  assert.match(
    totalsText(much, true),
    /: 5 requests on 1 connection, 1 aborted, 2 failed, 3 answered OVERLOADED, 4 connections closed at once, .*\nweb servers did wrong: bad-type 6\nfault garbage: happened 7 times\n$/,
  );
});
