// lighttpd's events as processes: requests, load over time, early closes, and a load that disagrees with the log.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { LighttpdLog } from '../../src/logs/lighttpd.js';
import { type ProcessLoad, processLoads } from '../../src/logs/process-load.js';
import { sharedRoot } from '../support/paths.js';

function processesOf(text: string): ProcessLoad[] {
  const log = new LighttpdLog();
  for (const line of text.split('\n')) log.push(line);
  log.finish();
  return processLoads(log.events, () => 0);
}

const START = Date.UTC(2026, 10, 21, 1, 0, 0) / 1000;
const started = '2026-11-21 01:00:00: (server.c.1704) server started (lighttpd/1.4.69)';

/** `g3` got with load 3, `r2` released with load 2, `e` end-of-file, `f` connect failed; `+` a second later. */
function log(steps: string, options: { pid?: number; source?: string; fresh?: boolean } = {}): string {
  const { pid = 10, source = 'gw_backend.c', fresh = true } = options;
  let second = 0;
  const lines = fresh ? [started] : [];
  for (const step of steps.split(' ')) {
    if (step === '+') {
      second++;
      continue;
    }
    const head = `2026-11-21 01:00:${String(second).padStart(2, '0')}: (${source}.1) `;
    const where = `pid: ${pid} socket: tcp:127.0.0.1:9000`;
    if (step.startsWith('g')) lines.push(`${head}got proc: ${where} load: ${step.slice(1)}`);
    else if (step.startsWith('r')) lines.push(`${head}released proc: ${where} load: ${step.slice(1)}`);
    else if (step === 'e') lines.push(`${head}unexpected end-of-file (perhaps the fastcgi process died): ${where}`);
    else if (step === 'f')
      lines.push(`${head}establishing connection failed: socket: tcp:127.0.0.1:9000: Connection refused`);
    else throw new Error(step);
  }
  return lines.join('\n');
}

const one = (text: string) => {
  const found = processesOf(text);
  assert.equal(found.length, 1);
  return found[0];
};

test('requests, the highest load, and the highest load of each second', () => {
  const process = one(log('g1 g2 r1 + g2 g3 r2 + + r1 r0'));
  assert.deepEqual(process, {
    pid: 10,
    socket: 'tcp:127.0.0.1:9000',
    requests: 4,
    released: 4,
    maxLoad: 3,
    load: [
      [START, 2],
      [START + 1, 3],
      [START + 3, 1],
    ],
    endOfFile: 0,
    endOfFileAlive: 0,
    endOfFileInherited: 0,
    responsesNotReceived: 0,
    connectFailures: 0,
    listenerGone: 0,
    firstTime: START,
    lastTime: START + 3,
    drift: 0,
    driftLines: 0,
    driftSince: START + 3,
    jumps: 0,
    negativeLoads: 0,
  });
});

test('an end-of-file of a process that goes on is not its death', () => {
  assert.deepEqual([one(log('g1 e r0 g1 r0')).endOfFile, one(log('g1 e r0 g1 r0')).endOfFileAlive], [1, 1]);
  assert.deepEqual([one(log('g1 g2 e r1 e r0')).endOfFile, one(log('g1 g2 e r1 e r0')).endOfFileAlive], [2, 0]);
  // The pid is that of the process started since: the connections were another's.
  const [dead, next] = processesOf(`${log('g1 g2 e r1')}\n${log('e r0 g1 r0', { pid: 11, fresh: false })}`);
  assert.deepEqual([dead.endOfFile, dead.endOfFileAlive, dead.drift], [1, 0, 0]);
  assert.deepEqual([next.endOfFile, next.endOfFileAlive, next.drift], [1, 0, 0]);
  assert.deepEqual([dead.endOfFileInherited, next.endOfFileInherited], [0, 1]);
});

test('what a new process is said to release and to break before its first request was the one before it', () => {
  const [dead, next] = processesOf(`${log('g1 g2 g3')}\n${log('e r2 e r1 e r0 g1 r0', { pid: 11, fresh: false })}`);
  assert.deepEqual([dead.requests, dead.released, dead.maxLoad, dead.endOfFile], [3, 3, 3, 0]);
  assert.deepEqual([next.requests, next.released, next.maxLoad, next.endOfFile], [1, 1, 1, 3]);
  assert.equal(next.endOfFileInherited, 3);
  // With a server started in between they have nothing to do with each other.
  const [, other] = processesOf(`${log('g1 g2 g3')}\n${log('e r2 g1 r0', { pid: 11 })}`);
  assert.deepEqual([other.endOfFileInherited, other.released], [0, 2]);
});

test('connections being established make the load run ahead, which is no drift', () => {
  assert.equal(one(log('g3 g3 g3 r2 r1 r0')).drift, 0);
  assert.equal(one(log('g5 r4 g5 r4 g6 r5')).drift, 5, 'but it is when they are never established');
});

test('a failed attempt is released without having been got, and is no drift; before 1.4.46 it was neither', () => {
  assert.equal(one(log('g1 f r1 r0 f r0 g1 r0')).drift, 0);
  assert.equal(one(log('g1 r0 f g1 r0 g1', { source: 'mod_fastcgi.c' })).drift, 0);
  assert.equal(one(log('g1 f r1 r0 g1')).connectFailures, 1);
});

test('a counter that loses or gains connections drifts, and it is told for how long', () => {
  const lost = one(log('g1 g2 r0 r-1 + g0 r-1 + g0 r-1'));
  assert.deepEqual([lost.drift, lost.driftLines, lost.driftSince], [-1, 6, START]);
  assert.equal(lost.negativeLoads, 3);
  assert.equal(lost.jumps, 1);
  const gained = one(log('g1 r0 + g2 r1 + g2 r1 g2 r1'));
  assert.deepEqual([gained.drift, gained.driftLines, gained.driftSince], [1, 6, START + 1]);
});

test('a log that begins in the middle, or of which lines were cut out, is no drift', () => {
  assert.equal(one(log('g25 r24 r23 g24 r23', { fresh: false })).drift, 0);
  const excerpt = one(log('g25 e + r2 + r1 + r0 g1', { fresh: false }));
  assert.equal(excerpt.drift, 0);
  assert.equal(excerpt.jumps, 1);
});

test('the socket of the end-of-file line may be cut off', () => {
  const text = log('g1').concat(
    '\n2026-11-21 01:00:01: (mod_fastcgi.c.2494) unexpected end-of-file (perhaps the fastcgi process died): pid: 10 socket:',
  );
  const process = one(text);
  assert.equal(process.endOfFile, 1);
  assert.equal(process.lastTime, START + 1);
});

test('a restart of lighttpd begins the count again', () => {
  assert.equal(one(`${log('g1 g2 g3')}\n${log('g1 r0')}`).drift, 0);
});

test('whatever is served, a log of it shows no drift and the true figures', () => {
  const served = fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 55 });
  fc.assert(
    fc.property(served, fc.boolean(), (choices, fresh) => {
      let open = 0;
      let requests = 0;
      let maxLoad = 0;
      const steps: string[] = [];
      for (const choice of choices) {
        if (choice === 0) steps.push('+');
        else if (choice === 1 || open === 0) {
          requests++;
          steps.push(`g${++open}`);
          maxLoad = Math.max(maxLoad, open);
        } else steps.push(`r${--open}`);
      }
      const found = steps.length === 0 ? [] : processesOf(log(steps.join(' '), { fresh }));
      if (requests === 0) return assert.deepEqual(found, []);
      assert.deepEqual(
        [found[0].requests, found[0].maxLoad, found[0].drift, found[0].jumps],
        [requests, maxLoad, 0, 0],
      );
    }),
  );
});

const captures = sharedRoot === undefined ? '' : join(sharedRoot, 'captures');
const skip = existsSync(captures) ? false : 'FCGI_INSPECT_SHARED has no captures folder';
const read = (capture: string) => readFileSync(join(captures, capture, 'lighttpd-error.log'), 'utf8');

test('three processes on three ports (d6)', { skip }, () => {
  const found = processesOf(read('d6_lighttpd_prefork_ports')).sort((a, b) => a.pid - b.pid);
  assert.deepEqual(
    found.map((process) => [process.pid, process.socket, process.requests, process.drift]),
    [
      [10, 'tcp:127.0.0.1:19010', 15, 0],
      [12, 'tcp:127.0.0.1:19011', 21, 0],
      [14, 'tcp:127.0.0.1:19012', 24, 0],
    ],
  );
});

test('two closed connections of a process that lives (d8), as its truth says', { skip }, () => {
  const truth = JSON.parse(readFileSync(join(captures, 'd8_lighttpd_unix_log', 'truth.json'), 'utf8')).log;
  const process = one(read('d8_lighttpd_unix_log'));
  assert.deepEqual(
    [process.requests, process.released, process.endOfFile, process.responsesNotReceived, process.maxLoad],
    [truth.got_proc, truth.released_proc, truth.unexpected_eof, truth.response_not_received, truth.max_load],
  );
  assert.deepEqual([process.requests, process.endOfFile, process.endOfFileAlive, process.maxLoad], [25, 2, 2, 21]);
});

test('no drift in any of the real logs', { skip }, () => {
  for (const capture of ['d1_lighttpd_comet_starved', 'd3_stuck_accept_lock', 'd5_lighttpd_eof']) {
    for (const process of processesOf(read(capture))) assert.equal(process.drift, 0, capture);
  }
});
