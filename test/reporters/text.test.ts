// The text report over whole small captures: what it says, what it never prints.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Check } from '../../src/analysis/check.js';
import { compileFilter } from '../../src/analysis/filter/filter.js';
import type { Finding } from '../../src/analysis/finding.js';
import { type TextOptions, textReport } from '../../src/reporters/text.js';
import { textWidth } from '../../src/reporters/text-layout.js';
import { quoted } from '../../src/reporters/text-next.js';
import { request, response } from '../support/fastcgi-messages.js';
import { type Inspected, type InspectOptions, inspect } from '../support/inspect.js';
import { type Scene, scene } from '../support/scene.js';

const APPLICATION = '127.0.0.1:9000';

/** A few requests, all answered; the application closes. */
function healthy(count = 4): Scene {
  const some = scene(APPLICATION);
  for (let i = 0; i < count; i++) {
    some
      .conversation(i * 0.01)
      .connect()
      .web(request({ uri: `/page/${i}` }))
      .app(response({ body: 'hello' }), { after: 0.004 })
      .finApp()
      .finWeb();
  }
  return some;
}

function look(bytes: Uint8Array, options: InspectOptions = {}): Inspected {
  return inspect(bytes, { checks: [], ...options });
}

function report(snapshot: Inspected, options: Partial<TextOptions> = {}): string {
  return [...textReport(snapshot, { histories: snapshot.pipeline.tracker.histories, ...options })].join('');
}

/** A check that always gives these findings. */
function always(...findings: readonly Partial<Finding>[]): Check {
  const base = {
    id: 'made-up',
    severity: 'warning',
    title: 'Something',
    detail: 'It happened.',
    count: 1,
    scope: {},
    evidence: [],
    advice: [],
  } as const;
  return {
    id: 'made-up',
    title: 'Something',
    severity: 'warning',
    explanation: '',
    remedy: [],
    needs: [],
    run: () => findings.map((finding) => ({ ...base, ...finding })),
  };
}

test('a healthy capture: header, figures, and that nothing was found', () => {
  const text = report(look(healthy().capture()));
  assert.match(
    text,
    /^memory: \d+ packets, 4 connections, 4 requests in [\d.]+ ms\npcap, [\d.]+ kB, begins \d{4}-\d\d-\d\d [\d:.]+ UTC\n/,
  );
  assert.match(text, /Nothing wrong was found\.\nLooked at: 4 connections/);
  assert.match(text, /^ {2}state +SF: 4$/m);
  assert.match(text, /^ {2}FIN first +web server: 0 {3}application: 4$/m);
  assert.match(text, /^ {2}status +200: 4$/m);
  assert.match(text, /^ {2}reuse +1 request: 4$/m);
  assert.match(text, /^ {2}KEEP_CONN +asked for by none$/m);
  assert.match(text, /127\.0\.0\.1:9000 +fastcgi +4 +4 +1 +- +- /);
  assert.match(text, /^Packets name no process;/m);
  assert.match(text, /^Next$/m);
});

test('findings come first: word, id, title, detail, evidence with packet and time, advice', () => {
  const finding: Partial<Finding> = {
    severity: 'error',
    title: 'Requests queue',
    detail: 'They wait and wait.',
    count: 12,
    evidence: [{ packet: 3, time: 1_500_000, text: 'the first of them' }],
    advice: [
      { for: 'nginx', text: 'Change this.' },
      { for: 'php-fpm', text: 'Change that.' },
    ],
  };
  const text = report(look(healthy().capture(), { checks: [always(finding, { severity: 'note', id: 'other' })] }));
  assert.match(
    text,
    /^ERROR {2}made-up {2}Requests queue\n {7}They wait and wait\.\n {9}packet 3 at 0\.001500 s {2}the first of them\n {9}12 in all\n {7}What to do\n {9}nginx {4}Change this\.\n {9}php-fpm {2}Change that\.\n\nNOTE {3}other {4}Something$/m,
  );
  assert.match(text, /^1 error, 1 note$/m);
  assert.ok(text.indexOf('ERROR') < text.indexOf('Connections'));
  assert.match(text, /fcgi-inspect explain made-up/);
  assert.doesNotMatch(text, /Nothing wrong/);
});

test('advice that was given before is not repeated', () => {
  const advice = [{ for: 'nginx' as const, text: 'Change this.' }];
  const text = report(look(healthy().capture(), { checks: [always({ advice }, { advice })] }));
  assert.equal(text.split('Change this.').length, 2);
  assert.match(text, /What to do: as for made-up above/);
});

test('times follow -t', () => {
  const snapshot = look(healthy().capture(), { checks: [always({ evidence: [{ packet: 1, time: 0, text: 'x' }] })] });
  assert.match(report(snapshot, { timeFormat: 'e' }), /packet 1 at \d{9,}\.\d{6} {2}x/);
  assert.match(report(snapshot, { timeFormat: 'ud' }), /packet 1 at \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6} {2}x/);
});

test('lines keep to the width, whatever it is, except commands that are to be copied', () => {
  const finding = {
    title: 'A title that goes on for quite some words so that it has to be broken somewhere in between',
    detail: `${'word '.repeat(60)}end.`,
    evidence: [
      { packet: 123456, time: 1e12, text: 'evidence that is long enough to be wrapped at least once or twice here' },
    ],
    advice: [{ for: 'application' as const, text: 'advice '.repeat(30) }],
  };
  const snapshot = look(healthy(30).capture(), { checks: [always(finding)] });
  for (const width of [60, 80, 100, 140]) {
    const text = report(snapshot, { width });
    const commands = text.indexOf('\nNext\n');
    for (const line of text.slice(0, commands).split('\n')) assert.ok(textWidth(line) <= width, `${width}: ${line}`);
  }
});

test('ASCII and no colour are what they say', () => {
  const some = healthy();
  some
    .conversation(0.2)
    .connect()
    .web(request({ uri: '/日本/é' }))
    .app(response(), { after: 0.00007 })
    .finApp()
    .finWeb();
  const snapshot = look(some.capture());
  const filter = { expression: 'method == GET', connectionRows: [0, 1], requestRows: [0, 1, 2, 3, 4] };
  const text = report(snapshot, { ascii: true, filter });
  assert.match(text, /^[\n -~]*$/);
  assert.match(text, /\d us/);
  assert.ok(!report(snapshot, { filter }).includes('\x1b'));
  assert.ok(report(snapshot, { filter, colour: true }).includes('\x1b[1m'));
});

test('captured text cannot act on the terminal, and secrets are not shown', () => {
  const some = scene(APPLICATION);
  const uri = '/\x1b]0;owned\x07\x9b2J?\u202e';
  some
    .conversation(0)
    .connect()
    .web(request({ uri, method: 'G\x1b[2JET' }))
    .app(response())
    .finApp()
    .finWeb();
  const evidence = [{ packet: 4, text: 'wrote to STDERR: HTTP_COOKIE=session=abc123; HTTP_X=1 \x1b[31mred' }];
  const snapshot = look(some.capture(), { checks: [always({ evidence, title: 'from \x1b[2J somewhere' })] });
  const filter = { expression: 'uri ~ "\x1b"', connectionRows: [0], requestRows: [0] };
  const text = report(snapshot, { filter });
  assert.match(text, /\\x1b\]0;owned\\x07/);
  assert.doesNotMatch(text, /[^\P{Cc}\n]|\u202e/u);
  assert.doesNotMatch(text, /abc123/);
  assert.match(report(snapshot, { filter, showSecrets: true }), /abc123/);
});

test('a filter: counts, and the first rows as tables', () => {
  const snapshot = look(healthy(30).capture());
  const rows = Array.from({ length: 30 }, (_, i) => i);
  const filter = { expression: 'status == 200', connectionRows: rows, requestRows: rows };
  const text = report(snapshot, { filter });
  assert.match(text, /^Filter status == 200: 30 requests and 30 connections$/m);
  assert.match(text, /the first 20 of 30 requests; --limit N shows more/);
  assert.match(text, /^ +0 +0\.\d{6} +0 +GET +\/page\/0 +200 /m);
  assert.match(text, /^ +19 +0\.\d{6} +19 +GET +\/page\/19 /m);
  assert.doesNotMatch(text, /\/page\/20/);
  assert.match(report(snapshot, { filter, limit: 3 }), /the first 3 of 30 connections/);
});

test('no FastCGI: what is there instead, and how to name a listener', () => {
  const some = scene('127.0.0.1:8080');
  some
    .conversation(0)
    .connect()
    .web('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    .app('HTTP/1.1 200 OK\r\n\r\n')
    .finApp()
    .finWeb();
  const text = report(look(some.capture()));
  assert.match(
    text,
    /No FastCGI or SCGI was found in 1 TCP connection\.\nMost connections go to 127\.0\.0\.1:8080 \(1 connection, HTTP\)\./,
  );
  assert.match(text, /-d tcp\.port==9000,fcgi/);
  assert.doesNotMatch(text, /Nothing wrong/);
});

test('an empty capture says so', () => {
  assert.match(report(look(scene().capture())), /There are no packets in it\./);
});

test('text printed by tcpdump: connections and exchanges, nothing about requests or KEEP_CONN', () => {
  const lines = [
    '12:00:00.000001 IP 127.0.0.1.40001 > 127.0.0.1.9000: Flags [S], seq 100, win 65495, length 0',
    '12:00:00.000002 IP 127.0.0.1.9000 > 127.0.0.1.40001: Flags [S.], seq 500, ack 101, win 65483, length 0',
    '12:00:00.000003 IP 127.0.0.1.40001 > 127.0.0.1.9000: Flags [.], ack 1, win 512, length 0',
    '12:00:00.000004 IP 127.0.0.1.40001 > 127.0.0.1.9000: Flags [P.], seq 1:101, ack 1, win 512, length 100',
    '12:00:00.100000 IP 127.0.0.1.9000 > 127.0.0.1.40001: Flags [P.], seq 1:51, ack 101, win 512, length 50',
    '12:00:00.100001 IP 127.0.0.1.9000 > 127.0.0.1.40001: Flags [F.], seq 51, ack 101, win 512, length 0',
    '12:00:00.100002 IP 127.0.0.1.40001 > 127.0.0.1.9000: Flags [F.], seq 101, ack 52, win 512, length 0',
    '12:00:00.100003 IP 127.0.0.1.9000 > 127.0.0.1.40001: Flags [.], ack 102, win 512, length 0',
  ];
  const snapshot = look(new TextEncoder().encode(lines.join('\n')));
  const text = report(snapshot, { filter: { expression: 'state == SF', connectionRows: [0], requestRows: [] } });
  assert.match(text, /^memory: 8 packets, 1 connection in 100 ms\ntcpdump-text, \d+ bytes, without a date\n/);
  assert.match(text, /^ {2}exchanges +1 exchange: 1$/m);
  assert.match(text, /Requests +not in text printed by tcpdump/);
  assert.match(text, /^ +connection +start +.*exchanges/m);
  assert.doesNotMatch(text, /KEEP_CONN|status|decode/);
});

test('a log beside the capture: processes with their share', () => {
  const log = [
    '2026-11-21 01:25:26: (gw_backend.c.263) got proc: pid: 14 socket: tcp:127.0.0.1:9000 load: 1',
    '2026-11-21 01:25:26: (gw_backend.c.263) got proc: pid: 12 socket: tcp:127.0.0.1:9001 load: 1',
    '2026-11-21 01:25:27: (gw_backend.c.263) got proc: pid: 14 socket: tcp:127.0.0.1:9000 load: 2',
    '2026-11-21 01:25:27: (gw_backend.c.278) released proc: pid: 14 socket: tcp:127.0.0.1:9000 load: 1',
  ].join('\n');
  const text = report(look(healthy().capture(), { log }));
  assert.match(text, /^Processes {2}2$/m);
  assert.match(text, /^ {3}14 {2}tcp:127\.0\.0\.1:9000 +2 +66\.7% +2 .* 0$/m);
  assert.doesNotMatch(text, /Packets name no process/);
});

test('a queue is drawn over time', () => {
  const some = scene(APPLICATION);
  // One worker, each request takes half a second: they are answered one after the other.
  for (let i = 0; i < 8; i++) {
    some
      .conversation(i * 0.01)
      .connect()
      .web(request())
      .app(response(), { at: 0.5 * (i + 1) })
      .finApp()
      .finWeb();
  }
  const snapshot = look(some.capture());
  assert.equal(snapshot.backends[0].acceptQueue.source, 'model');
  const text = report(snapshot);
  assert.match(
    text,
    /Waiting on 127\.0\.0\.1:9000 with no byte answered: at most \d+, the longest for 3\.\d+ s\n {2}\|[ ▁-█]{60}\|\n {3}0 s +4(\.\d+)? s$/m,
  );
  assert.match(text, /^ {2}slow +\d requests over 1 s, .* together: waiting in the queue \d/m);
});

test('requests in progress are drawn where several run at once', () => {
  const some = scene(APPLICATION);
  for (let i = 0; i < 3; i++) {
    some
      .conversation(i * 0.001)
      .connect()
      .web(request())
      .app(response(), { at: 0.05 + i * 0.001 })
      .finApp()
      .finWeb();
  }
  some.conversation(0.2).connect().web(request()).app(response()).finApp().finWeb();
  const text = report(look(some.capture()));
  assert.match(text, /In progress on 127\.0\.0\.1:9000: at most 3 requests\n {2}\|█+▅? +▃\|\n {3}0 s +200 ms$/m);
  assert.doesNotMatch(report(look(healthy().capture())), /In progress/);
});

test('problems of the input are told in a few lines', () => {
  const cut = healthy().capture();
  const text = report(look(cut.subarray(0, cut.length - 20)));
  assert.match(text, /^input {2}the file ends inside packet \d+/m);
});

test('every filter that the report suggests compiles', () => {
  const some = healthy();
  some
    .conversation(1)
    .connect()
    .web(request())
    .app(response({ status: 500 }))
    .finApp()
    .finWeb();
  some.conversation(2).connect().web(request()).app(response(), { after: 1.5 }).finApp().finWeb();
  some.conversation(5).connect().web(request()).rstApp();
  const bytes = [some, some, some].map((each) => each.capture());
  bytes.push(
    healthyWith((each) =>
      each.conversation(2).connect().web(request()).app(response(), { after: 1.5 }).finApp().finWeb(),
    ),
  );
  bytes.push(healthyWith((each) => each.conversation(2).connect().web(request()).rstApp()));
  const suggested = new Set<string>();
  for (const capture of bytes) {
    const match = /--filter '([^']+)'/.exec(report(look(capture)));
    assert.ok(match);
    suggested.add(match[1]);
    compileFilter(match[1]);
  }
  assert.equal(suggested.size, 3);
});

function healthyWith(more: (some: Scene) => void): Uint8Array {
  const some = healthy();
  more(some);
  return some.capture();
}

test('file names are quoted for the shell', () => {
  assert.equal(quoted('peak.pcap'), 'peak.pcap');
  assert.equal(quoted('my file.pcap'), "'my file.pcap'");
  assert.equal(quoted("it's"), "'it'\\''s'");
  assert.equal(quoted('$(rm)'), "'$(rm)'");
});
