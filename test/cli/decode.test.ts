// The decode command as a program: files and standard input, filters, one request, and what it refuses.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { request, response } from '../support/fastcgi-messages.js';
import { sharedRoot } from '../support/paths.js';
import { runCommand } from '../support/run-command.js';
import { scene } from '../support/scene.js';

const folder = mkdtempSync(join(tmpdir(), 'fcgi-inspect-decode-'));
after(() => rmSync(folder, { recursive: true }));
const file = join(folder, 'capture.pcap');
const body = Uint8Array.from({ length: 5000 }, (_, i) => (i * 7) & 255);
const some = scene();
some
  .conversation(0)
  .connect()
  .web(request({ uri: '/fine' }))
  .app(response({ body: 'fine' }))
  .finApp()
  .finWeb();
some
  .conversation(1)
  .connect()
  .web(request({ uri: '/broken' }))
  .app(response({ status: 500, body: 'broken' }))
  .finApp()
  .finWeb();
some
  .conversation(2)
  .connect()
  .web(request({ uri: '/image' }))
  .app(response({ headers: { 'Content-Type': 'image/png' }, body }))
  .finApp()
  .finWeb();
const capture = some.capture();
writeFileSync(file, capture);

const lines = (output: Buffer) =>
  output
    .toString()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));

test('a file and the same bytes from standard input give the same', () => {
  const fromFile = runCommand(['decode', file]);
  const fromStream = runCommand(['decode', '-'], capture);
  assert.equal(fromFile.status, 0);
  assert.equal(fromFile.stderr, '');
  assert.equal(fromStream.status, 0);
  assert.equal(fromFile.stdout.toString(), fromStream.stdout.toString());
  assert.match(fromFile.stdout.toString(), /REQUEST_URI = \/broken/);
});

test('much output through a slow pipe is complete and leaves no warning', () => {
  const large = scene();
  const content = 'z'.repeat(60_000);
  for (let i = 0; i < 30; i++)
    large
      .conversation(i)
      .connect()
      .web(request())
      .app(response({ body: content }))
      .finApp()
      .finWeb();
  const result = runCommand(['decode', '-', '--hex'], large.capture());
  assert.equal(result.stderr, '');
  assert.equal(result.status, 0);
  assert.ok(result.stdout.length > 5_000_000, String(result.stdout.length));
  assert.equal(result.stdout.toString().split('END_REQUEST').length, 31);
});

test('a filter selects the records of requests, or of connections', () => {
  const failed = lines(runCommand(['decode', file, '-Y', 'status == 500', '-f', 'ndjson']).stdout);
  assert.ok(failed.length > 4);
  assert.ok(failed.every(({ request: row }) => row === 1));
  const connection = lines(runCommand(['decode', file, '-Y', 'connection == 2', '-f', 'ndjson']).stdout);
  assert.ok(connection.length > 4 && connection.every((record) => record.connection === 2));
  const none = runCommand(['decode', file, '-Y', 'status == 404']);
  assert.equal(none.stdout.length, 0);
  assert.match(none.stderr, /no record belongs to what the filter selects/);
});

test('--limit stops after so many records', () => {
  assert.equal(lines(runCommand(['decode', file, '--limit', '3', '-f', 'ndjson']).stdout).length, 3);
});

test('one request: as text, and a body as its very bytes', () => {
  const text = runCommand(['decode', file, '--request', '1']).stdout.toString();
  assert.match(text, /REQUEST_URI = \/broken/);
  assert.match(text, /\nbroken\n/);
  const raw = runCommand(['decode', file, '--follow', '2', '--stream', 'body', '--raw']);
  assert.deepEqual(new Uint8Array(raw.stdout), body);
  const copy = join(folder, 'image.png');
  assert.equal(runCommand(['decode', file, '--request', '2', '--stream', 'body', '--raw', '-o', copy]).status, 0);
  assert.deepEqual(new Uint8Array(readFileSync(copy)), body);
  assert.match(runCommand(['decode', file, '--request', '99']).stderr, /there is no request 99/);
});

test('a cut file is decoded as far as it goes, exit 2', () => {
  const result = runCommand(['decode', '-'], capture.subarray(0, capture.length - 100));
  assert.equal(result.status, 2);
  assert.match(result.stderr, /the file ends inside packet/);
  assert.match(result.stdout.toString(), /REQUEST_URI = \/image/);
});

test('what makes no sense is refused in one sentence', () => {
  const refused: readonly (readonly [readonly string[], RegExp])[] = [
    [['decode'], /no capture is named/],
    [['decode', join(folder, 'nothing.pcap')], /cannot read .*nothing\.pcap/],
    [['decode', file, '-Y', 'statu == 500'], /statu/],
    [['decode', '-', '-Y', 'status == 500'], /--filter needs a file/],
    [['decode', file, '--stream', 'stdout'], /--stream is for one request/],
    [['decode', file, '--request', '1', '--raw'], /--raw writes the bytes of one stream/],
    [['decode', file, '--request', '1', '-Y', 'status'], /do not go together/],
    [['decode', file, '--stream', 'stdoutt'], /stdoutt/],
  ];
  for (const [args, message] of refused) {
    const result = runCommand(args, new Uint8Array(0));
    assert.equal(result.status, 2, args.join(' '));
    assert.match(result.stderr, message);
    assert.doesNotMatch(result.stderr, /\n {4}at /);
  }
});

test('nothing to decode: how to name a listener', () => {
  const http = scene('127.0.0.1:80');
  http.conversation(0).connect().web('GET / HTTP/1.1\r\n\r\n').finWeb();
  const result = runCommand(['decode', '-'], http.capture());
  assert.equal(result.status, 0);
  assert.match(result.stderr, /no FastCGI or SCGI records were found.*-d tcp\.port==9000,fcgi/);
});

const skip = sharedRoot === undefined ? 'FCGI_INSPECT_SHARED names no folder with captures' : false;

test('decoded records of real captures are as many as the analysis counts', { skip }, () => {
  const captures = join(sharedRoot!, 'captures');
  const names = readdirSync(captures).filter((name) => /^(a|c3|d3|g3s|i2|x1|x2)_/.test(name));
  assert.ok(names.length > 4);
  for (const name of names) {
    const path = join(captures, name, 'capture.pcap');
    const counts: Record<string, number> = {};
    let last = -1;
    for (const record of lines(runCommand(['decode', path, '-f', 'ndjson']).stdout)) {
      assert.ok(record.packet >= last, `${name}: in the order of time`);
      last = record.packet;
      if (record.kind === 'record' && record.protocol === 'fastcgi')
        counts[record.type] = (counts[record.type] ?? 0) + 1;
    }
    const report = JSON.parse(runCommand([path, '--format', 'json', '--limit', '0']).stdout.toString());
    assert.deepEqual(counts, report.summary.records, name);
  }
});
