// What a web server makes of an application's bytes: items of the conformance checklist by number.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  CANT_MPX_CONN,
  END_REQUEST,
  GET_VALUES_RESULT,
  STDERR,
  STDOUT,
  UNKNOWN_TYPE,
} from '../../src/fastcgi/constants.js';
import { endRequest, getValuesResult, record, recordHeader, unknownType } from '../../src/fastcgi/encode.js';
import { FixedId, HighestPlusOneIds, LowestFreeIds, OddGrowingIds } from '../../src/protocol/web-server-ids.js';
import { concat, hex } from '../support/bytes.js';
import { response, stderr, stdout } from '../support/fastcgi-messages.js';
import { RecordedAnswer, RecordedConnection, RULES } from './web-server-recorder.js';

const REPLY = response({ body: 'hello' });
const TEXT = 'Content-Type: text/html; charset=UTF-8\r\n\r\nhello';

describe('answers', () => {
  it('are put together of their records', () => {
    const connection = new RecordedConnection();
    const { answer } = connection.get();
    connection.receive(REPLY);
    assert.deepEqual(answer.summary, {
      stdoutText: TEXT,
      stderrText: '',
      order: ['stdout', 'stdout end', 'end'],
      stdoutEnds: 1,
      ended: { appStatus: 0, protocolStatus: 0 },
      lost: undefined,
      late: [],
    });
    assert.deepEqual(connection.problems, []);
    assert.equal(connection.core.active, 0);
    assert.equal(connection.core.reusable, true);
  });

  it('item 10, 11: are the same however the bytes are cut, at every position', () => {
    const bytes = concat(
      stderr('warning', { padding: () => 3 }),
      stdout('Status: 404 Not Found\r\n', { padding: () => 255 }),
      stderr('more', { end: true }),
      stdout('\r\nbody', { recordSize: 1, end: true }),
      endRequest(1, 7, 0),
    );
    const whole = new RecordedConnection();
    const { answer } = whole.get();
    whole.receive(bytes);
    assert.equal(answer.ended?.appStatus, 7);
    for (let cut = 0; cut <= bytes.length; cut++) {
      const connection = new RecordedConnection();
      const { answer: other } = connection.get();
      connection.receive(bytes.subarray(0, cut), bytes.subarray(cut));
      assert.deepEqual(other.summary, answer.summary, `cut at ${cut}`);
    }
    const single = new RecordedConnection();
    const { answer: bytewise } = single.get();
    for (let at = 0; at < bytes.length; at++) single.receive(bytes.subarray(at, at + 1));
    assert.deepEqual(bytewise.summary, answer.summary);
  });

  it('item 3: reserved bytes may be anything', () => {
    const connection = new RecordedConnection();
    const { answer } = connection.get();
    const end = endRequest(1, 3, 0);
    end[7] = 0xff;
    end.fill(0xff, 8 + 5, 8 + 8);
    const out = stdout('x');
    out[7] = 0xff;
    connection.receive(out, end);
    assert.deepEqual(answer.ended, { appStatus: 3, protocolStatus: 0 });
    assert.deepEqual(connection.problems, []);
  });

  it('item 6: padding of 0 to 255 is skipped, also on empty records', () => {
    for (const padding of [0, 1, 7, 8, 255]) {
      const connection = new RecordedConnection();
      const { answer } = connection.get();
      const ended = concat(recordHeader(STDOUT, 1, 0, padding), new Uint8Array(padding).fill(0xee));
      connection.receive(record(STDOUT, 1, 'abc', padding), ended, endRequest(1));
      assert.equal(answer.stdoutText, 'abc');
      assert.equal(answer.stdoutEnds, 1);
      assert.deepEqual(connection.problems, []);
    }
  });

  it('item 66: STDOUT and STDERR are kept apart, each in its order', () => {
    const connection = new RecordedConnection();
    const { answer } = connection.get();
    connection.receive(stderr('a'), stdout('1'), stderr('b'), stdout('2'), stdout('3'), stderr('c'), endRequest(1));
    assert.equal(answer.stdoutText, '123');
    assert.equal(answer.stderrText, 'abc');
    assert.deepEqual(answer.order, ['stderr', 'stdout', 'stderr', 'stdout', 'stderr', 'end']);
  });

  it('item 67: may lack the empty STDOUT record, or have it twice', () => {
    for (const ends of [0, 1, 2]) {
      const connection = new RecordedConnection();
      const { answer } = connection.get();
      connection.receive(stdout('x'), ...Array.from({ length: ends }, () => record(STDOUT, 1)), endRequest(1));
      assert.equal(answer.stdoutText, 'x');
      assert.ok(answer.ended);
      assert.equal(answer.stdoutEnds, Math.min(ends, 1));
      assert.deepEqual(connection.problems, []);
      assert.equal(connection.core.reusable, true);
    }
  });

  it('item 60, 68: data on a stream after its end is reported and skipped', () => {
    const connection = new RecordedConnection();
    const { answer } = connection.get();
    connection.receive(
      stdout('x', { end: true }),
      stdout('late'),
      stderr('y', { end: true }),
      stderr('late'),
      endRequest(1),
    );
    assert.equal(answer.stdoutText, 'x');
    assert.equal(answer.stderrText, 'y');
    assert.deepEqual(connection.problems, [
      'record-out-of-order: STDOUT after its end',
      'record-out-of-order: STDERR after its end',
    ]);
    assert.ok(answer.ended);
  });

  it('item 65: a lone empty STDERR record is nothing', () => {
    const connection = new RecordedConnection();
    const { answer } = connection.get();
    connection.receive(record(STDERR, 1), response());
    assert.equal(answer.stderrText, '');
    assert.deepEqual(connection.problems, []);
    assert.ok(answer.ended);
  });

  it('item 69: appStatus is an unsigned 32-bit number', () => {
    for (const status of [0, 938, 0x7fffffff, 0x80000000, 0xffffffff]) {
      const connection = new RecordedConnection();
      const { answer } = connection.get();
      connection.receive(endRequest(1, status));
      assert.equal(answer.ended?.appStatus, status);
    }
  });

  it('item 69: END_REQUEST of another length than 8 ends the request as lost, and the connection is not used again', () => {
    for (const length of [0, 7, 9, 300]) {
      const connection = new RecordedConnection();
      const { answer } = connection.get();
      connection.receive(record(END_REQUEST, 1, new Uint8Array(length)));
      assert.equal(answer.ended, undefined);
      assert.equal(answer.lost?.reason, 'bad-end-request');
      assert.deepEqual(connection.problems, [`record-bad-length: END_REQUEST of ${length} bytes`]);
      assert.equal(connection.core.reusable, false);
    }
  });

  it('item 58: every protocolStatus comes through as its number', () => {
    for (const status of [0, 1, 2, 3, 4, 255]) {
      const connection = new RecordedConnection();
      const { answer } = connection.get();
      connection.receive(endRequest(1, 0, status));
      assert.equal(answer.ended?.protocolStatus, status);
    }
  });

  it('item 40: what comes after END_REQUEST is for nobody: reported, skipped, and the connection not used again', () => {
    const connection = new RecordedConnection();
    const { answer } = connection.get();
    connection.receive(REPLY, stdout('late'), endRequest(1));
    assert.deepEqual(answer.late, []);
    assert.deepEqual(connection.problems, [
      'record-for-unknown-request: STDOUT for request id 1',
      'record-for-unknown-request: END_REQUEST for request id 1',
    ]);
    assert.equal(connection.core.reusable, false);
  });
});

describe('the message flows of the specification (appendix B)', () => {
  it('example 3: STDERR interleaved, appStatus 938', () => {
    const connection = new RecordedConnection();
    const { answer } = connection.get();
    connection.receive(
      stdout('Content-type: text/html\r\n\r\n<ht'),
      stderr('config error: missing SI_UID\n'),
      stdout('ml>\n<head> ... ', { end: true }),
      record(STDERR, 1),
      endRequest(1, 938),
    );
    assert.equal(answer.stdoutText, 'Content-type: text/html\r\n\r\n<html>\n<head> ... ');
    assert.equal(answer.stderrText, 'config error: missing SI_UID\n');
    assert.deepEqual(answer.ended, { appStatus: 938, protocolStatus: 0 });
    assert.deepEqual(connection.problems, []);
  });

  it('example 4: two requests on one connection, the second one ends first', () => {
    const connection = new RecordedConnection();
    const first = connection.get().answer;
    const second = connection.get().answer;
    connection.receive(
      stdout('Content-type: text/html\r\n\r\n', { id: 1 }),
      stdout('Content-type: text/html\r\n\r\n', { id: 2 }),
      stdout('<html>\n<head> ... ', { id: 2, end: true }),
      endRequest(2),
    );
    assert.ok(second.ended);
    assert.equal(first.ended, undefined);
    connection.receive(stdout('<html>\n<head> ... ', { id: 1, end: true }), endRequest(1));
    assert.equal(first.stdoutText, second.stdoutText);
    assert.ok(first.ended);
  });
});

describe('wrong framing', () => {
  it('item 4: another version than 1 ends every request and decoding, and is explained', () => {
    const meanings: [number, RegExp][] = [
      [0, /^version 0$/],
      [2, /^version 2$/],
      [72, /^version 72 \('H': an HTTP server answers there\)$/],
      [0x16, /TLS/],
      [83, /'S'/],
      [60, /'<': text/],
    ];
    for (const [version, detail] of meanings) {
      const connection = new RecordedConnection();
      const { answer } = connection.get();
      connection.receive(Uint8Array.of(version, 84, 84, 80, 47, 49, 46, 49, 32, 52), endRequest(1));
      assert.equal(answer.lost?.reason, 'bad-version');
      assert.match(answer.lost!.detail, detail);
      assert.equal(answer.ended, undefined);
      assert.equal(connection.problems.length, 1);
      assert.equal(connection.core.reusable, false);
    }
  });

  it('item 13: an end inside a record tells how many bytes are missing, at every position', () => {
    const bytes = concat(record(STDOUT, 1, 'abcde', 3), endRequest(1));
    for (let cut = 1; cut < bytes.length; cut++) {
      const connection = new RecordedConnection();
      const { answer } = connection.get();
      connection.receive(bytes.subarray(0, cut));
      const missing = connection.core.finish();
      const end = cut < 16 ? 16 : 32;
      const inHeader = cut % 16 < 8;
      const expected = cut === 16 ? 0 : inHeader ? 8 - (cut % 16) : end - cut;
      assert.equal(missing, expected, `cut at ${cut}`);
      assert.equal(answer.lost?.reason, 'closed');
      assert.equal(answer.lost?.missing, expected);
      assert.equal(connection.problems.length, expected > 0 ? 1 : 0);
    }
  });

  it('item 86: the end of the stream before END_REQUEST loses every request, once', () => {
    const connection = new RecordedConnection();
    const first = connection.get().answer;
    const second = connection.get().answer;
    connection.receive(stdout('x'));
    connection.core.finish();
    connection.core.finish();
    for (const answer of [first, second]) {
      assert.equal(answer.lost?.reason, 'closed');
      assert.deepEqual(answer.late, []);
    }
    assert.equal(connection.core.active, 0);
    assert.equal(connection.core.reusable, false);
  });

  it('item 16: types that the specification does not know are skipped and reported', () => {
    for (let type = 0; type < 256; type++) {
      if (type >= 1 && type <= 11) continue;
      const connection = new RecordedConnection();
      const { answer } = connection.get();
      connection.receive(record(type, 1, 'content', 2), record(type, 0, 'content'), REPLY);
      assert.equal(answer.stdoutText, TEXT);
      assert.deepEqual(connection.problems, [`record-unknown-type: type ${type}`, `record-unknown-type: type ${type}`]);
      assert.equal(connection.core.reusable, true);
    }
  });

  it('item 51: types that only a web server may send are reported and skipped', () => {
    for (const [type, name] of [
      [1, 'BEGIN_REQUEST'],
      [2, 'ABORT_REQUEST'],
      [4, 'PARAMS'],
      [5, 'STDIN'],
      [8, 'DATA'],
      [9, 'GET_VALUES'],
    ] as const) {
      const connection = new RecordedConnection();
      const { answer } = connection.get();
      connection.receive(record(type, 1, 'content!'), REPLY);
      assert.equal(answer.stdoutText, TEXT);
      assert.deepEqual(connection.problems, [`record-wrong-direction: ${name} for request id 1`]);
      assert.equal(connection.core.reusable, false);
    }
  });

  it('item 38: records for ids that no request has are skipped and reported, id 0 too', () => {
    const connection = new RecordedConnection();
    const { answer } = connection.get();
    connection.receive(
      record(STDOUT, 2, 'other'),
      record(STDOUT, 0, 'null'),
      record(STDERR, 9, 'x'),
      endRequest(7),
      REPLY,
    );
    assert.equal(answer.stdoutText, TEXT);
    assert.equal(answer.stderrText, '');
    assert.deepEqual(connection.problems, [
      'record-for-unknown-request: STDOUT for request id 2',
      'record-for-unknown-request: STDOUT for request id 0',
      'record-for-unknown-request: STDERR for request id 9',
      'record-for-unknown-request: END_REQUEST for request id 7',
    ]);
    assert.equal(connection.core.reusable, false);
  });

  it('tells where in the stream the trouble is', () => {
    const connection = new RecordedConnection();
    connection.get();
    connection.receive(stdout('12345678'), record(99, 1, 'x', 7), record(STDOUT, 5, 'x'));
    assert.deepEqual(connection.offsets, [16, 32]);
  });
});

describe('rules of other web servers', () => {
  it('fails at a foreign id or type where the rules are strict', () => {
    const wrong: [Uint8Array, string][] = [
      [record(STDOUT, 2, 'x'), 'foreign-id'],
      [record(END_REQUEST, 257, new Uint8Array(8)), 'foreign-id'],
      [record(UNKNOWN_TYPE, 0, new Uint8Array(8)), 'foreign-id'],
      [record(99, 1, 'x'), 'foreign-type'],
      [record(1, 1, new Uint8Array(8)), 'foreign-type'],
    ];
    for (const [bytes, reason] of wrong) {
      const connection = new RecordedConnection({ foreignIds: 'fail', foreignTypes: 'fail' });
      const { answer } = connection.get();
      connection.receive(bytes, REPLY);
      assert.equal(answer.lost?.reason, reason);
      assert.equal(answer.ended, undefined);
    }
  });

  it('takes any id where the rules do not look at ids', () => {
    const connection = new RecordedConnection({ foreignIds: 'accept' });
    const { answer } = connection.get();
    connection.receive(response({ id: 513, body: 'hello' }));
    assert.equal(answer.stdoutText, TEXT);
    assert.ok(answer.ended);
    assert.deepEqual(connection.problems, []);
  });
});

describe('several requests on a connection', () => {
  it('item 34: are told apart by id, in any order', () => {
    const connection = new RecordedConnection();
    const answers = Array.from({ length: 100 }, () => connection.get());
    assert.equal(connection.core.active, 100);
    for (let round = 0; round < 3; round++) {
      for (const { request } of answers) connection.receive(stdout(`${request.id}.${round} `, { id: request.id }));
    }
    for (const { request } of [...answers].reverse()) connection.receive(endRequest(request.id, request.id));
    for (const { request, answer } of answers) {
      assert.equal(answer.stdoutText, `${request.id}.0 ${request.id}.1 ${request.id}.2 `);
      assert.deepEqual(answer.ended, { appStatus: request.id, protocolStatus: 0 });
    }
    assert.deepEqual(connection.problems, []);
    assert.equal(connection.core.reusable, true);
  });

  it('item 31, 37: use the lowest free id, free again right after END_REQUEST', () => {
    const connection = new RecordedConnection();
    const requests = [connection.get(), connection.get(), connection.get()];
    assert.deepEqual(
      requests.map(({ request }) => request.id),
      [1, 2, 3],
    );
    connection.receive(endRequest(2));
    assert.equal(connection.get().request.id, 2);
    assert.equal(connection.get().request.id, 4);
    connection.receive(endRequest(1), endRequest(3));
    assert.equal(connection.get().request.id, 1);
    assert.equal(connection.get().request.id, 3);
  });

  it('item 36: a refusal with CANT_MPX_CONN ends the second one only', () => {
    const connection = new RecordedConnection();
    const first = connection.get().answer;
    const second = connection.get().answer;
    connection.receive(endRequest(2, 0, CANT_MPX_CONN), REPLY);
    assert.deepEqual(second.ended, { appStatus: 0, protocolStatus: CANT_MPX_CONN });
    assert.equal(first.stdoutText, TEXT);
    assert.deepEqual(first.ended, { appStatus: 0, protocolStatus: 0 });
  });

  it('item 81: what is still said about a request that was given up is skipped, and its id never used again', () => {
    const connection = new RecordedConnection();
    const gone = connection.get();
    const other = connection.get();
    connection.receive(stdout('before '));
    gone.request.abort(true);
    connection.receive(stdout('after'), stderr('after'));
    connection.receive(endRequest(1), response({ id: 2, body: 'hello' }));
    assert.equal(gone.answer.stdoutText, 'before ');
    assert.equal(gone.answer.ended, undefined);
    assert.equal(other.answer.stdoutText, TEXT);
    assert.deepEqual(connection.problems, []);
    assert.equal(connection.core.active, 0);
    assert.equal(connection.core.reusable, true);
    // Go sends a second END_REQUEST when its handler notices: it must not end somebody else's request.
    const next = connection.get();
    assert.equal(next.request.id, 2);
    connection.receive(endRequest(1));
    assert.equal(next.answer.ended, undefined);
    assert.equal(connection.core.spoiled, true);
  });
});

describe('management records', () => {
  it('item 46: takes what it is told, names it did not ask for too', () => {
    const connection = new RecordedConnection();
    connection.core.getValues(new Uint8Array(0));
    connection.receive(getValuesResult({ FCGI_MPXS_CONNS: '1', X_OTHER: 'yes' }));
    assert.deepEqual(connection.values, [
      [
        ['FCGI_MPXS_CONNS', '1'],
        ['X_OTHER', 'yes'],
      ],
    ]);
    assert.deepEqual(connection.problems, []);
  });

  it('item 45: an extra empty GET_VALUES_RESULT is tolerated and reported', () => {
    const connection = new RecordedConnection();
    connection.core.getValues(new Uint8Array(0));
    connection.receive(getValuesResult({ FCGI_MPXS_CONNS: '1' }), record(GET_VALUES_RESULT, 0));
    assert.equal(connection.values.length, 1);
    assert.equal(connection.problems.length, 1);
    assert.equal(connection.core.reusable, true);
  });

  it('item 50: UNKNOWN_TYPE as an answer is no information', () => {
    const connection = new RecordedConnection();
    connection.core.getValues(new Uint8Array(0));
    const { answer } = connection.get();
    connection.receive(unknownType(9), REPLY);
    assert.deepEqual(connection.unknownTypes, [9]);
    assert.deepEqual(connection.values, []);
    assert.deepEqual(connection.problems, []);
    assert.ok(answer.ended);
    assert.equal(connection.core.reusable, true);
  });

  it('reports a result that ends inside a pair, and UNKNOWN_TYPE of a wrong length', () => {
    const connection = new RecordedConnection();
    connection.core.getValues(new Uint8Array(0));
    connection.receive(
      record(GET_VALUES_RESULT, 0, Uint8Array.of(4, 1, 65)),
      record(UNKNOWN_TYPE, 0, Uint8Array.of(12)),
    );
    assert.deepEqual(connection.values, [[]]);
    assert.deepEqual(
      connection.problems.map((problem) => problem.split(':')[0]),
      ['management-record-malformed', 'management-record-malformed'],
    );
  });

  it('item 19: lengths below 128 in four bytes are understood', () => {
    const connection = new RecordedConnection();
    connection.core.getValues(new Uint8Array(0));
    connection.receive(record(GET_VALUES_RESULT, 0, hex('80000001 80000002 41 3132  01 80000000 42')));
    assert.deepEqual(connection.values, [
      [
        ['A', '12'],
        ['B', ''],
      ],
    ]);
  });

  it("reads the specification's own records: GET_VALUES_RESULT of 18 bytes and 6 of padding, UNKNOWN_TYPE for 200", () => {
    const connection = new RecordedConnection();
    connection.core.getValues(new Uint8Array(0));
    connection.receive(hex('01 0a 0000 0012 06 00  0f 01 464347495f4d5058535f434f4e4e53 31  000000000000'));
    connection.receive(hex('01 0b 0000 0008 00 00  c8 00000000000000'));
    assert.deepEqual(connection.values, [[['FCGI_MPXS_CONNS', '1']]]);
    assert.deepEqual(connection.unknownTypes, [200]);
    assert.deepEqual(connection.problems, []);
  });

  it('item 25: a result with lengths larger than the record is no memory', () => {
    const connection = new RecordedConnection();
    connection.core.getValues(new Uint8Array(0));
    connection.receive(record(GET_VALUES_RESULT, 0, Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 255, 1)));
    assert.deepEqual(connection.values, [[]]);
  });

  it('keeps a bounded number of pairs', () => {
    const connection = new RecordedConnection();
    connection.core.getValues(new Uint8Array(0));
    connection.receive(record(GET_VALUES_RESULT, 0, new Uint8Array(65_534)));
    assert.equal(connection.values[0].length, 1000);
  });
});

describe('request ids', () => {
  const take = (ids: { take(): number }, count: number) => Array.from({ length: count }, () => ids.take());

  it('lowest free: until all are taken', () => {
    const ids = new LowestFreeIds();
    for (let id = 1; id <= 65_535; id++) assert.equal(ids.take(), id);
    assert.equal(ids.take(), -1);
    ids.release(70);
    ids.release(7);
    assert.deepEqual(take(ids, 3), [7, 70, -1]);
    ids.retire(7);
    ids.release(7);
    assert.equal(ids.take(), -1);
  });

  it('one: another request only when the first has ended, and never after one was given up', () => {
    const ids = new FixedId();
    assert.deepEqual(take(ids, 2), [1, -1]);
    ids.release();
    assert.equal(ids.take(), 1);
    ids.retire();
    ids.release();
    assert.equal(ids.exhausted, true);
    assert.equal(ids.take(), -1);
  });

  it('odd and growing: 1, 3, 5 up to 32,767', () => {
    const ids = new OddGrowingIds();
    assert.deepEqual(take(ids, 3), [1, 3, 5]);
    for (let id = 7; id <= 32_767; id += 2) assert.equal(ids.take(), id);
    assert.equal(ids.exhausted, true);
    assert.equal(ids.take(), -1);
  });

  it('one more than the highest in use, on all connections: grows past 65,535, where it is written as 0', () => {
    const ids = new HighestPlusOneIds();
    assert.deepEqual(take(ids, 3), [1, 2, 3]);
    ids.release(1);
    ids.release(2);
    assert.equal(ids.take(), 4);
    ids.release(3);
    ids.release(4);
    assert.equal(ids.take(), 1, 'all had ended');
    const late = new HighestPlusOneIds(65_534);
    const connection = new RecordedConnection({ ids: late });
    const answers = [connection.get(), connection.get()];
    assert.deepEqual(
      answers.map(({ request }) => request.id),
      [65_535, 65_536],
    );
    const bytes = connection.written();
    assert.deepEqual([...bytes.subarray(2, 4)], [255, 255]);
    assert.ok([...bytes].join().includes([1, 1, 0, 0, 0, 8, 0, 0].join()), 'BEGIN_REQUEST with id 0');
    connection.receive(response({ id: 65_535 }));
    connection.receive(record(STDOUT, 0, 'x'), record(END_REQUEST, 0, new Uint8Array(8)));
    assert.equal(answers[1].answer.stdoutText, 'x');
    assert.ok(answers[1].answer.ended);
  });

  it('an open request that finds no id gets none', () => {
    const connection = new RecordedConnection({ ids: new FixedId() });
    connection.get();
    assert.equal(connection.core.open(new RecordedAnswer()), undefined);
  });
});

it('item 39: content is handed on as it comes, nothing is gathered', () => {
  const connection = new RecordedConnection();
  let largest = 0;
  let total = 0;
  const request = connection.core.open({
    stdout(bytes, start, end) {
      assert.ok(end <= bytes.length);
      largest = Math.max(largest, end - start);
      total += end - start;
    },
    stdoutEnd() {},
    stderr() {},
    requestEnd() {},
    requestLost() {},
  })!;
  request.begin(1, 0, [], RULES.params);
  connection.receive(recordHeader(STDOUT, 1, 65_535, 0));
  for (let at = 0; at < 65_535; at += 15) connection.receive(new Uint8Array(15));
  assert.equal(total, 65_535);
  assert.equal(largest, 15);
});
