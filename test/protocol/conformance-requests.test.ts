// Items 29 to 40 of the conformance checklist, as far as they concern the application's end: request ids and
// multiplexing (specification 1.0, sections 3.3 and 5.4).
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KEEP_CONN, PARAMS, STDIN, typeName } from '../../src/fastcgi/constants.js';
import { abortRequest, beginRequest, record } from '../../src/fastcgi/encode.js';
import { concat } from '../support/bytes.js';
import { request } from '../support/fastcgi-messages.js';
import { random } from '../support/random.js';
import { stdoutOf } from '../support/reply-records.js';
import { Application, echo } from './application.js';

/** The records of some bytes, each by itself. */
function recordsOf(bytes: Uint8Array): Uint8Array[] {
  const list: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += list[list.length - 1].length)
    list.push(bytes.subarray(at, at + 8 + ((bytes[at + 4] << 8) | bytes[at + 5]) + bytes[at + 6]));
  return list;
}

const keep = { keepConn: true } as const;

describe('request ids', () => {
  it('item 29: from 1 to 65,535 work and come back in every record', () => {
    for (const id of [1, 255, 256, 65_535]) {
      const application = new Application();
      application.onInput = () => application.writeError(id, 'e').write(id, 'o').end(id);
      const records = application.push(request({ id })).take();
      assert.deepEqual(
        records.map((r) => [typeName(r.type), r.id]),
        ['STDERR', 'STDOUT', 'STDERR', 'STDOUT', 'END_REQUEST'].map((name) => [name, id]),
      );
    }
  });

  it('item 30: 0 is no request', () => {
    const begin = record(1, 0, beginRequest(1).subarray(8));
    const refused = new Application().push(begin, request({ id: 2 }));
    assert.deepEqual([refused.codes, refused.machine.done, refused.heard], [['begin-id-zero'], true, []]);
    for (const type of [PARAMS, STDIN, 8, 2]) {
      const application = echo().push(record(type, 0, type === 2 ? '' : 'x'), request({ ...keep, body: 'abc' }));
      assert.deepEqual(application.codes, ['record-wrong-id'], typeName(type));
      assert.equal(stdoutOf(application.take()), '\r\nabc');
    }
    const values = echo().push(record(9, 1, ''), request({ ...keep, body: 'abc' }));
    assert.deepEqual([values.codes, values.lines()[0]], [['record-wrong-id'], 'STDOUT 1: \r\nabc']);
  });

  it('item 31: an id is active from BEGIN_REQUEST to END_REQUEST, and then free', () => {
    const application = new Application();
    application.push(request({ ...keep, body: 'one' }));
    assert.equal(application.machine.active, 1);
    application.end(1);
    assert.equal(application.machine.active, 0);
    application.push(request({ ...keep, body: 'two' }));
    assert.equal(application.requests.get(1)!.context!.stdin, 'two');
    application
      .end(1)
      .push(request({ ...keep, body: 'three' }))
      .end(1);
    assert.deepEqual([application.codes, application.machine.served], [[], 3]);
  });

  it('item 32: records of an id that is not active are skipped', () => {
    for (const [type, content] of [
      [STDIN, 'xyz'],
      [PARAMS, 'xyz'],
      [2, ''],
      [8, 'xyz'],
    ] as const) {
      const application = echo().push(record(type, 9, content), request({ ...keep, body: 'abc' }));
      assert.deepEqual(application.codes, ['record-for-unknown-request'], typeName(type));
      assert.deepEqual([stdoutOf(application.take()), application.machine.done], ['\r\nabc', false]);
    }
  });

  it('item 33: a request that begins again while it is being sent ends the connection', () => {
    for (const sent of [
      beginRequest(1, 1, KEEP_CONN),
      request({ ...keep, stdinEnd: false, body: 'half' }),
      request({ ...keep, paramsEnd: false }),
    ]) {
      const application = echo().push(sent, request({ ...keep, body: 'other' }));
      assert.deepEqual([application.codes, application.machine.done], [['begin-for-active-id'], true]);
      assert.deepEqual(application.lines(), []);
      const seen = [...application.requests.values()].map(({ context }) => context!.stdin);
      assert.ok(!seen.join().includes('other'));
    }
  });

  it('item 33: one that begins again when it was sent whole waits for the answer, and nothing is mixed', () => {
    const application = new Application();
    const early = concat(
      request({ ...keep, body: 'two', uri: '/2' }),
      record(9, 0, ''),
      request({ id: 5, ...keep, body: 'five' }),
    );
    application.push(concat(request({ ...keep, body: 'one', uri: '/1' }), early.subarray(0, 100)));
    application.push(early.subarray(100, 101), early.subarray(101));
    assert.deepEqual([application.codes, application.machine.wantsInput], [['begin-before-end'], false]);
    assert.deepEqual([application.heard, application.machine.mayResume], [['ready 1', 'stdin 1 ends'], false]);
    application.write(1, '1').end(1);
    assert.equal(application.machine.mayResume, true);
    application.machine.resume();
    assert.equal(application.machine.wantsInput, true);
    assert.equal(application.requests.get(1)!.params.get('REQUEST_URI'), '/2');
    application.write(1, '2').end(1).end(5);
    assert.deepEqual(application.lines(), [
      'STDOUT 1: 1',
      'STDOUT 1 ends',
      'END_REQUEST 1: 0 REQUEST_COMPLETE',
      'GET_VALUES_RESULT:',
      'STDOUT 1: 2',
      'STDOUT 1 ends',
      'END_REQUEST 1: 0 REQUEST_COMPLETE',
      'STDOUT 5 ends',
      'END_REQUEST 5: 0 REQUEST_COMPLETE',
    ]);
    // Places are still those of the stream.
    application.push(record(STDIN, 77, 'x'));
    const one = request({ ...keep, body: 'one', uri: '/1' }).length;
    assert.deepEqual(application.problems.at(-1)!.offset, one + early.length);
  });

  it('item 33: one that waits when the connection closes is answered with OVERLOADED', () => {
    const application = new Application();
    application.push(request({ ...keep, body: 'one' }), request({ ...keep, body: 'two' }));
    application.machine.close();
    application.end(1);
    assert.equal(application.machine.done, false);
    application.machine.resume();
    assert.deepEqual(application.lines().slice(1), [
      'END_REQUEST 1: 0 REQUEST_COMPLETE',
      'END_REQUEST 1: 0 OVERLOADED',
    ]);
    assert.equal(application.machine.done, true);
  });

  it('item 34: many requests at once are told apart, however their records are mixed', () => {
    const dice = random(34);
    for (const count of [2, 100]) {
      const application = new Application();
      const left = Array.from({ length: count }, (_, index) =>
        recordsOf(request({ id: index + 1, ...keep, body: `body of ${index + 1} `.repeat(dice.between(1, 20)) })),
      );
      const open = new Set<number>();
      application.onInput = ({ id }) => void open.add(id);
      const answered: number[] = [];
      while (left.some((records) => records.length > 0) || open.size > 0) {
        const records = dice.pick(left.filter((list) => list.length > 0 || open.size > 0));
        if (records.length > 0) application.push(records.shift()!);
        if (open.size > 0 && dice.oneIn(3)) {
          const id = dice.pick([...open]);
          open.delete(id);
          answered.push(id);
          application.write(id, application.requests.get(id)!.context!.stdin).end(id);
        }
      }
      const sent = application.take();
      for (let id = 1; id <= count; id++) assert.match(stdoutOf(sent, id), new RegExp(`^(body of ${id} )+$`));
      assert.equal(answered.length, count);
      if (count === 100)
        assert.notDeepEqual(
          answered,
          [...answered].sort((a, b) => a - b),
        );
      assert.deepEqual([application.codes, application.machine.active], [[], 0]);
    }
  });

  it('item 35: an application of one request a connection says CANT_MPX_CONN to the second, and goes on', () => {
    const application = new Application({ multiplex: false });
    application.push(request({ ...keep, body: 'first', stdinEnd: false }));
    application.push(request({ id: 2, keepConn: false, body: 'second' }));
    assert.deepEqual(application.lines(), ['END_REQUEST 2: 0 CANT_MPX_CONN']);
    application.push(record(STDIN, 1, ' body'), record(STDIN, 1), record(STDIN, 2, 'late'));
    assert.equal(application.requests.get(1)!.context!.stdin, 'first body');
    application.end(1);
    assert.deepEqual(
      [application.heard, application.machine.done],
      [['ready 1', 'refused 1', 'stdin 1 ends', 'ended 1'], false],
    );
    application.push(request({ id: 2, ...keep, body: 'second' }));
    assert.equal(application.requests.get(2)!.context!.stdin, 'second');
  });

  it('item 40: after END_REQUEST nothing more is sent of a request', () => {
    const application = new Application();
    application.push(request(keep), request({ id: 2, ...keep }));
    application.end(1);
    application.take();
    assert.equal(application.machine.stdout(application.requests.get(1)!, Buffer.from('late')), false);
    assert.equal(application.machine.stderr(application.requests.get(1)!, Buffer.from('late')), false);
    assert.equal(application.machine.end(application.requests.get(1)!), false);
    assert.deepEqual(application.lines(), []);
    application.push(abortRequest(2));
    application.write(2, 'after the abort').end(2, 3).end(2).write(2, 'late');
    assert.deepEqual(application.lines(), ['STDOUT 2 ends', 'END_REQUEST 2: 3 REQUEST_COMPLETE']);
  });

  it('item 89: requests that begin and never end are limited on a connection', () => {
    const application = new Application({ limits: { requestsPerConnection: 10 } });
    for (let id = 1; id <= 1000; id++) application.push(beginRequest(id, 1, KEEP_CONN));
    assert.deepEqual([application.machine.active, application.take().length], [10, 990]);
    assert.equal(application.codes.length, 990);
    assert.equal(application.codes[0], 'too-many-requests');
  });
});
