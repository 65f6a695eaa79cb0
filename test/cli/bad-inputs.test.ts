// Inputs that cannot be read, or not to their end: one sentence that names them, exit 2, and what could be read is
// reported.
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { concat, hex } from '../support/bytes.js';
import { PcapngWriter } from '../support/pcapng-writer.js';
import type { Report } from '../support/report.js';
import { runBin, temporaryFolder } from '../support/run-bin.js';
import { packetsOf } from '../support/scene.js';
import { plainCapture, plainScene } from './sample-captures.js';

const folder = temporaryFolder();

function file(name: string, bytes: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

/** The offset of packet `number` (from 1) in a classic capture. */
function offsetOf(capture: Uint8Array, number: number): number {
  const view = new DataView(capture.buffer, capture.byteOffset);
  let at = 24;
  for (let i = 1; i < number; i++) at += 16 + view.getUint32(at + 8, true);
  return at;
}

mkdirSync(join(folder, 'directory'));
const whole = plainCapture();

const UNREADABLE: readonly (readonly [string, () => string, RegExp])[] = [
  ['a missing file', () => join(folder, 'missing.pcap'), /no such file/],
  ['a path whose parent is a file', () => join(file('a-file', 'x'), 'capture.pcap'), /not a directory/],
  ['a directory', () => join(folder, 'directory'), /is a directory/],
  ['an empty file', () => file('empty.pcap', ''), /empty \(0 bytes\)/],
  ['text of another kind', () => file('prose.txt', 'Dear all,\nthe server is slow.\n'), /it is text/],
  ['another binary file', () => file('image.png', hex('89504e470d0a1a0a 0000000d49484452')), /not a capture/],
  ['a few bytes of a capture', () => file('few.pcap', whole.subarray(0, 10)), /few\.pcap/],
  ['gzip of nothing', () => file('nothing.gz', gzipSync('')), /nothing in the gzip/],
  ['gzip of text', () => file('prose.gz', gzipSync('Dear all,\nthe server is slow.\n')), /it is text/],
  ['bytes that a terminal would obey', () => file('escape', '\u001b[2J\u001b]0;x\u0007 \u0000\u0001'), /escape/],
];

for (const [name, make, reason] of UNREADABLE) {
  for (const format of ['text', 'json', 'ndjson']) {
    test(`${name}, as ${format}`, () => {
      const path = make();
      const run = runBin([path, '--format', format]);
      assert.equal(run.status, 2);
      assert.equal(run.stdout, '');
      const [line, ...hints] = run.stderr.trimEnd().split('\n');
      assert.ok(line.startsWith(`fcgi-inspect: cannot read ${path}: `), line);
      assert.match(line, reason);
      assert.ok(hints.length <= 1, run.stderr);
      assert.doesNotMatch(run.stderr, / {4}at /);
      assert.ok(!run.stderr.includes('\u001b'));
    });
  }
}

function read(path: string): { readonly status: number | null; readonly stderr: string; readonly report: Report } {
  const { status, stderr, stdout } = runBin([path, '--format', 'json']);
  return { status, stderr, report: JSON.parse(stdout) as Report };
}

test('a capture with a header and no packets is valid', () => {
  const { status, stderr, report } = read(file('header.pcap', whole.subarray(0, 24)));
  assert.deepEqual([status, stderr], [0, '']);
  assert.deepEqual([report.input.packets, report.input.cut, report.summary.connections], [0, false, 0]);
  assert.equal(report.input.firstTime, null);
});

test('a cut capture: every whole packet is reported', () => {
  const expected = read(file('whole.pcap', whole)).report;
  for (const number of [2, 5, 14]) {
    const at = offsetOf(whole, number);
    for (const cut of [at + 1, at + 15, at + 16, offsetOf(whole, number + 1) - 1]) {
      const { status, stderr, report } = read(file('cut.pcap', whole.subarray(0, cut)));
      assert.equal(status, 2);
      assert.match(stderr, new RegExp(`^fcgi-inspect: .*cut\\.pcap: .*packet ${number}\\b.*\\b${at}\\n$`));
      assert.equal(report.input.packets, number - 1);
      assert.equal(report.input.cut, true);
      assert.equal(report.input.files[0].cut, true);
      const ended = report.requests.filter((request) => request.end !== null);
      assert.deepEqual(ended, expected.requests.slice(0, ended.length));
    }
  }
});

test('a capture cut between two packets is whole', () => {
  const { status, report } = read(file('between.pcap', whole.subarray(0, offsetOf(whole, 6))));
  assert.deepEqual([status, report.input.packets, report.input.cut], [0, 5, false]);
});

test('a length that no packet has: what came before is reported, and the place is named', () => {
  const bytes = whole.slice();
  const at = offsetOf(bytes, 8);
  new DataView(bytes.buffer).setUint32(at + 8, 0x7fffffff, true);
  const { status, stderr, report } = read(file('insane.pcap', bytes));
  assert.equal(status, 2);
  assert.match(stderr, new RegExp(`packet 8 at offset ${at} claims 2147483647`));
  assert.equal(report.input.packets, 7);
  assert.ok(report.input.problems.some((problem) => problem.offset === at && problem.packet === 8));
});

test('a cut gzip file: what can be decompressed is reported', () => {
  const many = plainCapture(300);
  const compressed = gzipSync(many);
  const { status, stderr, report } = read(file('cut.pcap.gz', compressed.subarray(0, compressed.length >> 1)));
  assert.equal(status, 2);
  assert.match(stderr, /gzip/);
  assert.deepEqual([report.input.cut, report.input.files[0].compression], [true, 'gzip']);
  assert.ok(report.input.packets > 100 && report.summary.requests > 10, `${report.input.packets} packets`);
});

test('a link type that is not known: the packets are counted and named', () => {
  const bytes = whole.slice();
  new DataView(bytes.buffer).setUint32(20, 147, true);
  const { status, stderr, report } = read(file('link.pcap', bytes));
  assert.equal(status, 2);
  assert.match(stderr, /link type 147/);
  assert.equal(report.summary.connections, 0);
  const problem = report.input.problems.find(({ code }) => code === 'unsupported-link-type');
  assert.equal(problem?.count, report.input.packets);
});

test('pcapng with a link type that is not known beside one that is: the rest is reported', () => {
  const writer = new PcapngWriter(1_700_000_000).section().interface({ linkType: 147 }).interface({ linkType: 1 });
  for (const packet of packetsOf(plainScene(2).conversations)) {
    writer.enhanced({ time: packet.time, data: hex('00112233') }, 0).enhanced(packet, 1);
  }
  const { status, stderr, report } = read(file('mixed.pcapng', writer.take()));
  assert.equal(status, 2);
  assert.match(stderr, /link type 147/);
  assert.deepEqual([report.summary.requests, report.summary.unfinished], [2, 0]);
  assert.equal(report.input.problems.find(({ code }) => code === 'unsupported-link-type')?.count, 22);
});

test('one unreadable file among others: the others are reported', () => {
  const good = file('good.pcap', whole);
  const run = runBin([join(folder, 'missing.pcap'), good, '--format', 'json']);
  assert.equal(run.status, 2);
  assert.match(run.stderr, /^fcgi-inspect: cannot read .*missing\.pcap: no such file\n$/);
  assert.equal((JSON.parse(run.stdout) as Report).summary.requests, 3);
});

test('garbage after the packets is told, and costs nothing before it', () => {
  const { status, report } = read(file('garbage.pcap', concat(whole, new Uint8Array(60).fill(0xee))));
  assert.deepEqual([status, report.summary.requests], [2, 3]);
});

test('a report that cannot be written', () => {
  const good = file('good.pcap', whole);
  for (const target of [join(folder, 'directory'), join(folder, 'nowhere', 'report.json'), join(good, 'report.json')]) {
    const run = runBin([good, '-o', target]);
    assert.equal(run.status, 2, target);
    assert.match(run.stderr, /^fcgi-inspect: cannot write .*\n/);
    assert.doesNotMatch(run.stderr, / {4}at /);
    assert.equal(run.stdout, '');
  }
});

test('nothing is left behind when there is nothing to report', () => {
  const target = join(folder, 'report.json');
  assert.equal(runBin([join(folder, 'missing.pcap'), '--format', 'json', '-o', target]).status, 2);
  assert.ok(!readdirSync(folder).includes('report.json'));
});

test('no input, and standard input twice', () => {
  const none = runBin([]);
  assert.equal(none.status, 2);
  assert.match(none.stderr, /^fcgi-inspect: no capture is named\nfcgi-inspect capture\.pcap/);
  assert.equal(runBin(['-', '-'], { input: whole }).status, 2);
  const empty = runBin(['-']);
  assert.equal(empty.status, 2);
  assert.match(empty.stderr, /^fcgi-inspect: cannot read -: .*empty/);
});
