// Items 1 to 16 of the conformance checklist, as far as they concern the codec and the application's end: records
// (specification 1.0, sections 3.3 and 8).
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { BEGIN_REQUEST, END_REQUEST, KEEP_CONN, PARAMS, STDIN, STDOUT } from '../../src/fastcgi/constants.js';
import {
  beginRequest,
  endRequest,
  noPadding,
  padToEight,
  params,
  record,
  recordHeader,
  stream,
} from '../../src/fastcgi/encode.js';
import { RecordCollector } from '../fastcgi/record-collector.js';
import { concat, hex } from '../support/bytes.js';
import { request } from '../support/fastcgi-messages.js';
import { single } from '../support/pieces.js';
import { stdoutOf } from '../support/reply-records.js';
import { Application, echo } from './application.js';

/** What an application makes of some bytes: calls, problems, and what it sends. */
function outcome(parts: readonly Uint8Array[]): unknown {
  const application = echo();
  for (const part of parts) {
    application.push(part);
    application.machine.resume();
  }
  const { heard, problems } = application;
  const sent = Buffer.concat(application.machine.takeOutput()).toString('latin1');
  const bodies = [...application.requests].map(([id, { context, params: given }]) => [id, context, [...given]]);
  return { heard, problems, sent, bodies, done: application.machine.done };
}

describe('records', () => {
  it('item 1: a header is version, type, request id, content length, padding length, reserved', () => {
    assert.deepEqual(recordHeader(0, 0, 0, 0), hex('01 00 0000 0000 00 00'));
    assert.deepEqual(recordHeader(STDOUT, 1, 1, 1), hex('01 06 0001 0001 01 00'));
    assert.deepEqual(recordHeader(255, 0xfffe, 0xfffd, 255), hex('01 ff fffe fffd ff 00'));
    for (const [type, id, length, padding] of [
      [0, 0, 0, 0],
      [1, 1, 1, 1],
      [255, 65535, 65535, 255],
    ]) {
      const { records } = new RecordCollector().push(record(type, id, 'x'.repeat(length), padding));
      assert.deepEqual(
        records.map((r) => [r.type, r.requestId, r.contentLength, r.paddingLength]),
        [[type, id, length, padding]],
      );
    }
  });

  it('item 2: version 1 and a reserved byte of 0 are always written', () => {
    const application = echo().push(request({ body: 'x'.repeat(70_000) }));
    const sent = Buffer.concat(application.machine.takeOutput());
    // take() looks at both bytes of every record.
    for (let at = 0; at < sent.length; at += 8 + sent.readUInt16BE(at + 4) + sent[at + 6]) {
      assert.deepEqual([sent[at], sent[at + 7]], [1, 0]);
    }
  });

  it('item 3: reserved bytes are ignored, whatever they are', () => {
    const bytes = request({ keepConn: true, body: 'abc' }).slice();
    for (let at = 0; at < bytes.length; ) {
      bytes[at + 7] = 0xff;
      if (bytes[at + 1] === BEGIN_REQUEST) bytes.fill(0xff, at + 11, at + 16);
      at += 8 + ((bytes[at + 4] << 8) | bytes[at + 5]) + bytes[at + 6];
    }
    const application = echo().push(bytes);
    assert.deepEqual(application.lines(), ['STDOUT 1: \r\nabc', 'STDOUT 1 ends', 'END_REQUEST 1: 0 REQUEST_COMPLETE']);
    assert.deepEqual([application.codes, application.machine.done], [[], false]);
  });

  it('item 4: another version ends the connection and is named', () => {
    for (const [version, words] of [
      [0, /version is 0, not 1$/],
      [2, /version is 2, not 1$/],
      [72, /version is 72.*letter H.*HTTP/],
      [22, /TLS/],
      [0x37, /digit 7.*SCGI/],
    ] as const) {
      const application = new Application().push(request({ keepConn: true, stdinEnd: false, body: 'x' }));
      application.push(Uint8Array.of(version, 5, 0, 1, 0, 0, 0, 0), request({ id: 2 }));
      assert.deepEqual(application.codes, ['record-bad-version']);
      assert.match(application.problems[0].detail, words);
      assert.equal(application.problems[0].offset, request({ keepConn: true, stdinEnd: false, body: 'x' }).length);
      assert.deepEqual(application.heard, ['ready 1', 'abort 1 protocol-error', 'ended 1']);
      assert.deepEqual([application.machine.done, application.lines()], [true, []]);
    }
  });

  it('item 5: every content length from 0 to 65,535 is taken', () => {
    for (const length of [0, 1, 7, 8, 65528, 65535]) {
      const body = 'x'.repeat(length);
      const parts = length === 0 ? [] : [record(STDIN, 1, body)];
      const application = echo().push(request({ stdinEnd: false }), ...parts, record(STDIN, 1));
      assert.equal(stdoutOf(application.take()), `\r\n${body}`);
    }
  });

  it('item 6: padding of 0 to 255 bytes is skipped, also on the empty record that ends a stream', () => {
    for (const padding of [0, 1, 7, 8, 255]) {
      const application = echo().push(
        record(BEGIN_REQUEST, 1, beginRequest(1).subarray(8), padding),
        record(PARAMS, 1, hex('01 01 41 42'), padding),
        record(PARAMS, 1, '', padding),
        record(STDIN, 1, 'abc', padding),
        record(STDIN, 1, '', padding),
      );
      assert.deepEqual(application.heard, ['ready 1', 'stdin 1 ends', 'ended 1']);
      assert.deepEqual([...application.requests.get(1)!.params], [['A', 'B']]);
      assert.equal(stdoutOf(application.take()), '\r\nabc');
    }
  });

  it('item 7: padding of any value is taken, and zeros are written', () => {
    const bytes = record(STDIN, 1, 'abc', 200);
    bytes.fill(0xa5, 11);
    const application = echo().push(request({ stdinEnd: false }), bytes, record(STDIN, 1));
    // An allocator that gives memory with something in it: take() finds what shows through.
    const dirty = new Application({ padding: () => 255 }, (size) => new Uint8Array(size).fill(0x5a));
    dirty.onReady = (one) => {
      dirty.machine.stdout(one, new Uint8Array(3));
      dirty.machine.stdout(one, new Uint8Array(20_000));
      dirty.end(1);
    };
    const sent = Buffer.concat(dirty.push(request()).machine.takeOutput());
    assert.ok(sent.length > 20_000);
    assert.equal(sent.includes(0x5a), false);
    assert.equal(stdoutOf(application.take()), '\r\nabc');
  });

  it('item 8: records are padded to a multiple of 8 bytes', () => {
    for (let length = 1; length <= 16; length++) {
      const application = new Application();
      application.onReady = () => application.write(1, 'x'.repeat(length)).end(1);
      const [content] = application.push(request()).take();
      assert.deepEqual([content.content.length, content.padding], [length, [7, 6, 5, 4, 3, 2, 1, 0][(length - 1) % 8]]);
      assert.equal(padToEight(length), content.padding);
    }
  });

  it('item 9: or not at all, or as somebody wants', () => {
    for (const [padding, expected] of [
      [noPadding, 0],
      [() => 13, 13],
      [() => 255, 255],
    ] as const) {
      const application = new Application({ padding });
      application.onReady = () => application.write(1, 'x'.repeat(100)).end(1);
      assert.equal(application.push(request()).take()[0].padding, expected);
      assert.equal(stream(STDOUT, 1, 'abc', { padding, end: false }).length, 11 + expected);
    }
  });

  it('item 10: it does not matter how the bytes come, at every position', () => {
    const bytes = concat(
      record(9, 0, hex('0f 00 4643 4749 5f4d 5058 535f 434f 4e4e 53'), 3),
      request({ keepConn: true, body: 'one', parameters: { LONG: 'y'.repeat(200) } }),
      record(99, 0, 'what'),
      request({ id: 700, keepConn: true, body: 'two' }),
      record(2, 3),
      request({ id: 1, uri: '/three' }),
    );
    const whole = outcome([bytes]);
    for (let at = 1; at < bytes.length; at++) {
      assert.deepEqual(outcome([bytes.subarray(0, at), bytes.subarray(at)]), whole, `cut at ${at}`);
    }
    assert.deepEqual(outcome(single(bytes)), whole);
  });

  it('item 11: a stream is what it is, however it is cut into records', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 }),
        fc.constantFrom(noPadding, padToEight, () => 255),
        fc.string({ maxLength: 300 }),
        (recordSize, padding, body) => {
          const application = echo().push(request({ body, streams: { recordSize, padding } }));
          const plain = echo().push(request({ body }));
          assert.deepEqual([...application.requests.get(1)!.params], [...plain.requests.get(1)!.params]);
          assert.deepEqual(application.take(), plain.take());
          assert.deepEqual(application.codes, []);
        },
      ),
    );
  });

  it('item 12: values beyond a record are cut into several, all but the last aligned', () => {
    for (const length of [65_528, 65_529, 65_535, 65_536, 200_000]) {
      const body = Buffer.alloc(length, 'abcdefg').toString();
      const application = new Application();
      application.onReady = () => application.write(1, body).end(1);
      const records = application.push(request()).take();
      assert.equal(stdoutOf(records), body);
      const sizes = records.filter(({ type }) => type === STDOUT).map(({ content }) => content.length);
      assert.deepEqual(sizes, [
        ...Array.from({ length: Math.floor(length / 65_528) }, () => 65_528),
        ...(length % 65_528 === 0 ? [] : [length % 65_528]),
        0,
      ]);
    }
  });

  it('item 13: an end inside a record is told as such, an end between records is none', () => {
    const bytes = request({ keepConn: true, body: 'abc' });
    const boundaries = new Set([0]);
    for (let at = 0; at < bytes.length; ) {
      at += 8 + ((bytes[at + 4] << 8) | bytes[at + 5]) + bytes[at + 6];
      boundaries.add(at);
    }
    for (let at = 0; at <= bytes.length; at++) {
      const application = echo().push(bytes.subarray(0, at));
      application.machine.inputEnded();
      assert.deepEqual(application.codes, boundaries.has(at) ? [] : ['record-cut'], `cut at ${at}`);
      assert.ok(application.machine.done || application.heard.some((line) => line.startsWith('abort')));
    }
  });

  it('item 14: no empty record is sent but the one that ends a stream', () => {
    const application = new Application();
    application.onReady = () => application.write(1, '').writeError(1, '').write(1, 'a').write(1, '').end(1);
    assert.deepEqual(application.push(request()).lines(), [
      'STDOUT 1: a',
      'STDOUT 1 ends',
      'END_REQUEST 1: 0 REQUEST_COMPLETE',
    ]);
  });

  it('item 15: a record is handed on in pieces as it comes, and nothing of it is kept', () => {
    const application = new Application();
    const bytes = concat(request({ stdinEnd: false }), record(STDIN, 1, 'x'.repeat(65_535)));
    const start = bytes.length - 65_535;
    application.push(bytes.subarray(0, start + 10));
    assert.equal(application.requests.get(1)!.context!.stdin.length, 10);
    application.push(bytes.subarray(start + 10, start + 1000));
    assert.equal(application.requests.get(1)!.context!.stdin.length, 1000);
  });

  it('item 16: types that nobody knows are records like others', () => {
    for (let type = 0; type < 256; type++) {
      const application = echo().push(
        record(type, type === BEGIN_REQUEST ? 9 : 0, type === BEGIN_REQUEST ? beginRequest(9).subarray(8) : 'x', 3),
        request({ keepConn: true, body: 'abc' }),
      );
      assert.equal(stdoutOf(application.take()), '\r\nabc', `type ${type}`);
      const { records, troubles } = new RecordCollector().push(record(type, 1, 'x', 3));
      assert.deepEqual([records.map((r) => r.type), troubles], [[type], []]);
    }
  });
});

describe('END_REQUEST', () => {
  it('item 69: has an appStatus of 32 bits and a protocolStatus', () => {
    for (const appStatus of [0, 938, 0xffffffff]) {
      const application = new Application();
      application.onReady = () => application.end(1, appStatus);
      const { type, content } = application.push(request()).take()[1];
      assert.equal(type, END_REQUEST);
      assert.deepEqual(concat(content), endRequest(1, appStatus).subarray(8));
    }
    const negative = new Application();
    negative.onReady = () => negative.end(1, -1);
    assert.deepEqual(negative.push(request()).lines()[1], 'END_REQUEST 1: 4294967295 REQUEST_COMPLETE');
  });
});

describe('the messages of the specification (appendix B)', () => {
  it('3: a request with output on STDERR and an appStatus', () => {
    const application = new Application();
    application.onReady = () =>
      application
        .write(1, 'Content-type: text/html\r\n\r\n<ht')
        .writeError(1, 'config error: missing SI_UID\n')
        .end(1, 938);
    const bytes = concat(
      beginRequest(1),
      params(1, { SERVER_PORT: '80', SERVER_ADDR: '199.170.183.42' }),
      record(STDIN, 1),
    );
    assert.deepEqual(application.push(bytes).lines(), [
      'STDOUT 1: Content-type: text/html\r\n\r\n<ht',
      'STDERR 1: config error: missing SI_UID\n',
      'STDERR 1 ends',
      'STDOUT 1 ends',
      'END_REQUEST 1: 938 REQUEST_COMPLETE',
    ]);
  });

  it('4: two requests at once, finishing out of order', () => {
    const application = new Application();
    application.push(beginRequest(1, 1, KEEP_CONN), params(1, { SERVER_PORT: '80' }));
    application.push(beginRequest(2, 1, KEEP_CONN), params(2, { SERVER_PORT: '80' }), record(STDIN, 1));
    application.write(1, 'one').push(record(STDIN, 2)).write(2, 'two').end(2).write(1, ' more').end(1);
    assert.deepEqual(application.lines(), [
      'STDOUT 1: one',
      'STDOUT 2: two',
      'STDOUT 2 ends',
      'END_REQUEST 2: 0 REQUEST_COMPLETE',
      'STDOUT 1:  more',
      'STDOUT 1 ends',
      'END_REQUEST 1: 0 REQUEST_COMPLETE',
    ]);
  });
});
