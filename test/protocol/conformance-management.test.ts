// Items 41 to 51 of the conformance checklist, as far as they concern the application's end: management records
// (specification 1.0, section 4) and records that do not belong to it.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { GET_VALUES, STDIN, typeName } from '../../src/fastcgi/constants.js';
import { getValues, nameValuePairs, record } from '../../src/fastcgi/encode.js';
import { concat, hex } from '../support/bytes.js';
import { request } from '../support/fastcgi-messages.js';
import { single } from '../support/pieces.js';
import { stdoutOf } from '../support/reply-records.js';
import { Application, echo } from './application.js';

const ALL = ['FCGI_MAX_CONNS', 'FCGI_MAX_REQS', 'FCGI_MPXS_CONNS'];
const limits = { connections: 7, requests: 9 };

function ask(names: readonly string[], application = new Application({ limits })): string[] {
  return application.push(getValues(names)).lines();
}

describe('GET_VALUES', () => {
  it('item 41: one answer with the names that were asked and are known', () => {
    assert.deepEqual(ask(ALL), ['GET_VALUES_RESULT: FCGI_MAX_CONNS=7 FCGI_MAX_REQS=9 FCGI_MPXS_CONNS=1']);
    assert.deepEqual(ask([ALL[1]]), ['GET_VALUES_RESULT: FCGI_MAX_REQS=9']);
    assert.deepEqual(ask(['FCGI_MPXS_CONNS', 'OTHER', 'FCGI_MAX_CONNS']), [
      'GET_VALUES_RESULT: FCGI_MPXS_CONNS=1 FCGI_MAX_CONNS=7',
    ]);
    assert.deepEqual(ask([]), ['GET_VALUES_RESULT:']);
    assert.deepEqual(ask(['FCGI_MAX', 'FCGI_MAX_CONNSX', 'fcgi_max_conns', '']), ['GET_VALUES_RESULT:']);
  });

  it('item 42: the values are those of the configuration, as it is then', () => {
    const application = new Application({ limits });
    application.options.limits.connections = 1;
    application.options.limits.requests = 1e12;
    application.options.multiplex = false;
    assert.deepEqual(ask(ALL, application), [
      'GET_VALUES_RESULT: FCGI_MAX_CONNS=1 FCGI_MAX_REQS=2147483647 FCGI_MPXS_CONNS=0',
    ]);
  });

  it('item 43: is answered before, during and between requests', () => {
    const values = getValues(['FCGI_MPXS_CONNS']);
    const result = 'GET_VALUES_RESULT: FCGI_MPXS_CONNS=1';
    const application = echo().push(values);
    assert.deepEqual(application.lines(), [result]);
    const bytes = request({ keepConn: true, body: 'x'.repeat(1000), streams: { recordSize: 300 } });
    for (let at = 0, next = 0; at < bytes.length; at = next) {
      next = at + 8 + ((bytes[at + 4] << 8) | bytes[at + 5]) + bytes[at + 6];
      application.push(bytes.subarray(at, next), values);
      assert.ok(application.lines().includes(result), `after the record at ${at}`);
    }
    assert.deepEqual(ask(['FCGI_MPXS_CONNS'], application), [result]);
  });

  it('item 44: does not end the connection', () => {
    const application = echo().push(getValues(ALL), getValues(ALL), request({ keepConn: true, body: 'abc' }));
    assert.deepEqual([application.machine.done, application.codes], [false, []]);
    assert.equal(stdoutOf(application.take()), '\r\nabc');
  });

  it('item 45: no empty record follows the answer', () => {
    assert.equal(ask(ALL).length, 1);
    const [{ content, padding }] = new Application().push(getValues(['FCGI_MPXS_CONNS'])).take();
    assert.deepEqual(
      [content, content.length, padding],
      [Buffer.from(concat(hex('0f 01'), 'FCGI_MPXS_CONNS', '1')), 0x12, 6],
    );
  });

  it('item 47: a large or repetitive question gets a short answer, however it comes', () => {
    const repeated = nameValuePairs(Array.from({ length: 500 }, (_, i) => [ALL[i % 3], 'value'] as const));
    const result = 'GET_VALUES_RESULT: FCGI_MAX_CONNS=16384 FCGI_MAX_REQS=16384 FCGI_MPXS_CONNS=1';
    assert.deepEqual(new Application().push(record(GET_VALUES, 0, repeated)).lines(), [result]);
    assert.deepEqual(new Application().push(...single(record(GET_VALUES, 0, repeated, 9))).lines(), [result]);
    const large = new Application().push(record(GET_VALUES, 0, new Uint8Array(65_534)));
    assert.deepEqual([large.lines(), large.codes], [['GET_VALUES_RESULT:'], []]);
    for (const bad of [hex('ff ff ff ff ff ff ff ff'), hex('01'), hex('05 00 41'), new Uint8Array(65_535).fill(0x41)]) {
      const application = new Application().push(
        record(GET_VALUES, 0, concat(nameValuePairs({ [ALL[2]]: '' }), bad).subarray(0, 65_535)),
      );
      assert.deepEqual(application.codes, ['management-record-malformed']);
      assert.deepEqual(application.lines(), ['GET_VALUES_RESULT: FCGI_MPXS_CONNS=1']);
    }
  });
});

describe('records that nobody expects', () => {
  it('item 48: a management record of an unknown type is answered with UNKNOWN_TYPE', () => {
    for (const type of [0, 12, 99, 200, 255]) {
      for (const content of ['', 'some content']) {
        const application = echo().push(record(type, 0, content, 7), request({ keepConn: true, body: 'abc' }));
        const lines = application.lines();
        assert.deepEqual([lines[0], lines[1]], [`UNKNOWN_TYPE: ${type}`, 'STDOUT 1: \r\nabc']);
        assert.deepEqual([application.codes, application.machine.done], [['record-unknown-type'], false]);
      }
    }
    assert.deepEqual(
      Buffer.concat(new Application().push(record(200, 0)).machine.takeOutput()),
      Buffer.from(hex('01 0b 0000 0008 00 00 c8 00000000000000')),
    );
  });

  it('item 49: an unknown type with a request id is skipped', () => {
    for (const id of [1, 9]) {
      const application = echo();
      application.push(request({ keepConn: true, body: 'ab', stdinEnd: false }), record(99, id, 'what'));
      application.push(record(STDIN, 1, 'c'), record(STDIN, 1));
      assert.deepEqual(application.codes.slice(0, 1), ['record-unknown-type']);
      assert.equal(stdoutOf(application.take()), '\r\nabc');
    }
  });

  it('item 51: types that only applications send are told with type and direction, and skipped', () => {
    for (const type of [3, 6, 7, 10, 11]) {
      for (const id of [0, 1, 9]) {
        const application = echo();
        application.push(request({ keepConn: true, body: 'ab', stdinEnd: false }), record(type, id, 'content!'));
        assert.deepEqual(application.codes, ['record-wrong-direction']);
        assert.match(application.problems[0].detail, new RegExp(`^${typeName(type)}.* came from the web server$`));
        assert.deepEqual([application.problems[0].recordType, application.problems[0].requestId], [type, id]);
        application.push(record(STDIN, 1, 'c'), record(STDIN, 1));
        assert.equal(stdoutOf(application.take()), '\r\nabc');
      }
    }
  });
});
