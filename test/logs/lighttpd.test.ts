// lighttpd's error log, old and new, whole and wrapped, as events.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  epochSeconds,
  type LighttpdEvent,
  LighttpdLog,
  looksLikeLighttpdLog,
  parseLighttpdLine,
} from '../../src/logs/lighttpd.js';
import { sharedRoot } from '../support/paths.js';

function events(text: string): LighttpdEvent[] {
  const log = new LighttpdLog();
  for (const line of text.split('\n')) log.push(line);
  log.finish();
  return log.events;
}

const HEAD = '2026-11-21 01:31:57: (gw_backend.c.263) ';

test('a line: time, source, pid, socket, load', () => {
  assert.deepEqual(parseLighttpdLine(`${HEAD}got proc: pid: 10 socket: unix:/run/a b/event.sock-0 load: 21`, 4), {
    time: { year: 2026, month: 11, day: 21, hour: 1, minute: 31, second: 57 },
    kind: 'got',
    source: 'gw_backend.c',
    pid: 10,
    socket: 'unix:/run/a b/event.sock-0',
    load: 21,
    text: 'got proc: pid: 10 socket: unix:/run/a b/event.sock-0 load: 21',
    line: 4,
  });
});

test('kinds, and the socket wherever the message has it', () => {
  const cases: readonly (readonly [string, string, string, number?])[] = [
    ['released proc: pid: 0 socket: tcp:127.0.0.1:19010 load: 1', 'released', 'tcp:127.0.0.1:19010', 0],
    [
      'unexpected end-of-file (perhaps the fastcgi process died):pid: 10 socket: tcp:[::1]:9',
      'end-of-file',
      'tcp:[::1]:9',
      10,
    ],
    ['unexpected end-of-file (perhaps the fastcgi process died): pid: 3664 socket:', 'end-of-file', '', 3664],
    [
      'unexpected end-of-file (perhaps the fastcgi process died) on socket: tcp:127.0.0.1:9 (pid:7) for a /u?q',
      'end-of-file',
      'tcp:127.0.0.1:9',
      7,
    ],
    [
      'response not received, request sent: 492 on socket: unix:/a-0 for /event?drop=1, closing connection',
      'response-not-received',
      'unix:/a-0',
    ],
    [
      'response already sent out, but backend returned error on socket: unix:/a for /u?, terminating connection',
      'response-cut',
      'unix:/a',
    ],
    [
      'establishing connection failed: socket: tcp:127.0.0.1:9000: Connection refused',
      'connect-failed',
      'tcp:127.0.0.1:9000',
    ],
    [
      'connect failed: Connection refused on unix:/tmp/fastcgi.socket-0',
      'connect-failed',
      'unix:/tmp/fastcgi.socket-0',
    ],
    [
      "backend died; we'll disable it for 1 seconds and send the request to another backend instead: reconnects: 0 load: 1",
      'backend-overloaded',
      '',
    ],
    ['all handlers for /x? on /y/ are down.', 'all-handlers-down', ''],
    ['gw-server re-enabled: tcp:127.0.0.1:9000 127.0.0.1 9000 ', 're-enabled', 'tcp:127.0.0.1:9000'],
    ['fcgi-server re-enabled:  unix:/tmp/a ', 're-enabled', 'unix:/tmp/a'],
    ['child exited: 3 tcp:127.0.0.1:19008', 'child-exited', 'tcp:127.0.0.1:19008'],
    ['child signalled: 9', 'child-signalled', ''],
    ['write failed: Broken pipe 32', 'write-failed', ''],
    [
      'connection was dropped after accept() (perhaps the gw process died), write-offset: 0 socket: unix:/a',
      'write-failed',
      'unix:/a',
    ],
    ['read timeout on socket: tcp:127.0.0.1:19000 (fd: 9)', 'timeout', 'tcp:127.0.0.1:19000'],
    ['new proc, socket: 19008 ', 'spawned', ''],
    ['server started (lighttpd/1.4.69)', 'server-started', ''],
    ['gw - found a host 127.0.0.1 19010', 'other', ''],
  ];
  for (const [message, kind, socket, pid] of cases) {
    const event = parseLighttpdLine(HEAD + message)!;
    assert.deepEqual([event.kind, event.socket, event.pid], [kind, socket, pid], message);
  }
});

test('a load below zero, however it is printed', () => {
  const load = (text: string) => parseLighttpdLine(`${HEAD}released proc: pid: 1 socket: tcp:a:1 load: ${text}`)?.load;
  assert.equal(load('-1'), -1);
  assert.equal(load('4294967295'), -1);
  assert.equal(load('18446744073709551614'), -2);
  assert.equal(load('2147483647'), 2147483647);
});

test('what is no line of this log', () => {
  for (const text of [
    '',
    'got proc: pid: 1 socket: a load: 1',
    '2026-11-21 01:31:57: no source',
    '2026-13-21 01:31:57: (gw_backend.c.263) month 13',
    '2026-11-21 24:31:57: (gw_backend.c.263) hour 24',
    '2026/11/21 01:31:57 [error] 12#12: *1 upstream timed out',
  ]) {
    assert.equal(parseLighttpdLine(text), undefined, text);
  }
});

const WRAPPED = `
All of a sudden, lighttpd rejects all new connections.  The log shows this error:

2009-04-01 12:21:33: (mod_fastcgi.c.3005) got proc: pid: 3664 socket:
unix:/home/user/event.sock-0 load: 25
2009-04-01 12:21:33: (mod_fastcgi.c.2494) unexpected end-of-file (perhaps
the fastcgi process died): pid: 3664 socket:

The process is not dead.

2009-04-01 12:22:00: (mod_fastcgi.c.1515) released proc: pid: 3664 socket:
unix:/home/user/event.sock-0 load: 2
and then prose that belongs to no line
`;

test('wrapped lines are joined, and prose around them is left out', () => {
  assert.deepEqual(
    events(WRAPPED).map((event) => [event.kind, event.pid, event.socket, event.load, event.line]),
    [
      ['got', 3664, 'unix:/home/user/event.sock-0', 25, 4],
      ['end-of-file', 3664, '', undefined, 6],
      ['released', 3664, 'unix:/home/user/event.sock-0', 2, 11],
    ],
  );
  const log = new LighttpdLog();
  for (const line of WRAPPED.split('\n')) log.push(line);
  log.finish();
  assert.equal(log.lines, 14);
  assert.equal(log.skippedLines, 3);
});

test('wrapping a line at any of its blanks makes no difference', () => {
  const line = `${HEAD}got proc: pid: 10 socket: unix:/run/event.sock-0 load: 21`;
  const [whole] = events(line);
  for (let at = line.indexOf(') ') + 1; at !== -1; at = line.indexOf(' ', at + 1)) {
    assert.deepEqual(events(`${line.slice(0, at)}\n${line.slice(at + 1)}`), [whole], line.slice(0, at));
  }
});

test('events can be handed on instead of kept', () => {
  const seen: string[] = [];
  const log = new LighttpdLog((event) => seen.push(event.kind));
  for (const line of WRAPPED.split('\n')) log.push(line);
  log.finish();
  assert.deepEqual(seen, ['got', 'end-of-file', 'released']);
  assert.equal(log.events.length, 0);
});

test('recognised by content', () => {
  const bytes = (text: string) => new TextEncoder().encode(text);
  assert.ok(looksLikeLighttpdLog(bytes(WRAPPED)));
  assert.ok(looksLikeLighttpdLog(bytes(`${HEAD}server started`)));
  assert.ok(!looksLikeLighttpdLog(bytes('')));
  assert.ok(!looksLikeLighttpdLog(bytes('10:10:04.934015 IP 127.0.0.1.1 > 127.0.0.1.2: S 1:1(0) win 5')));
  assert.ok(!looksLikeLighttpdLog(bytes(`\0${WRAPPED}`)));
});

test('the zone is handed in', () => {
  const { time } = parseLighttpdLine(`${HEAD}x`)!;
  const civil = Date.UTC(2026, 10, 21, 1, 31, 57) / 1000;
  assert.equal(
    epochSeconds(time, () => 0),
    civil,
  );
  assert.equal(
    epochSeconds(time, () => 7200),
    civil - 7200,
  );
  const asked: number[] = [];
  epochSeconds(time, (seconds) => asked.push(seconds));
  assert.deepEqual(asked, [civil]);
});

test('no text makes it throw', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      HEAD,
      'got proc: ',
      'pid: ',
      'socket: ',
      'load: ',
      '9',
      '-',
      '99999999999999999999',
      '\n',
      ' for ',
      'unix:/a',
      '2026-',
    ),
    fc.string({ maxLength: 8 }),
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
      const text = pieces.join('');
      for (const event of events(text)) assert.ok(event.text.length <= 1024 && event.line >= 1);
      looksLikeLighttpdLog(new TextEncoder().encode(text));
    }),
    { numRuns: 500 },
  );
});

const seeds = sharedRoot === undefined ? '' : join(sharedRoot, 'seeds');
test('the lines quoted in a mail of 2009', {
  skip: existsSync(seeds) ? false : 'FCGI_INSPECT_SHARED has no seeds folder',
}, () => {
  const content = readFileSync(join(seeds, readdirSync(seeds).find((file) => file.startsWith('000'))!));
  assert.ok(looksLikeLighttpdLog(content));
  const found = events(content.toString());
  assert.deepEqual(
    found.map((event) => [event.kind, event.load]),
    [
      ['got', 25],
      ['end-of-file', undefined],
      ['released', 2],
      ['released', 1],
      ['released', 0],
      ['got', 1],
    ],
  );
  assert.ok(found.every((event) => event.pid === 3664));
});
