// The application's end of a connection against bytes that mean harm: it never throws, keeps its accounts, and what it
// sends is whole records.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { AUTHORIZER, FILTER, RESPONDER } from '../../src/fastcgi/constants.js';
import { record } from '../../src/fastcgi/encode.js';
import { ScgiApplicationConnection } from '../../src/protocol/application-scgi.js';
import { applicationOptions } from '../../src/protocol/index.js';
import { concat } from '../support/bytes.js';
import { request } from '../support/fastcgi-messages.js';
import { cuts, pieces, single } from '../support/pieces.js';
import { scgiRequest } from '../support/scgi-messages.js';
import { Application } from './application.js';

/** An application that does something to its requests, depending on the request. */
function busy(): Application {
  const application = new Application({
    limits: { requestsPerConnection: 5, paramsBytes: 2000, paramsCount: 50, requestsOfConnection: 40 },
  });
  application.roles = [RESPONDER, AUTHORIZER, FILTER];
  application.onReady = ({ id, params }) => {
    application.write(id, 'x'.repeat(params.size * 10));
    if (id % 3 === 0) application.end(id, id);
  };
  application.onInput = ({ id }) => void (id % 3 === 1 && application.end(id));
  application.onAbort = ({ id }) => void (id % 2 === 0 && application.writeError(id, 'aborted').end(id, 1));
  return application;
}

function check(application: Application): void {
  const count = (pattern: RegExp) => application.heard.filter((line) => pattern.test(line)).length;
  const { machine } = application;
  assert.ok(machine.active >= 0 && machine.active <= 5);
  assert.ok(count(/^ready/) - count(/^ended/) <= machine.active);
  application.take(); // whole records, strictly
  machine.lost();
  assert.equal(count(/^ready/), count(/^ended/));
  assert.deepEqual([machine.active, machine.done], [0, true]);
}

const anyRecord = fc
  .record({
    type: fc.oneof({ weight: 6, arbitrary: fc.integer({ min: 1, max: 9 }) }, fc.integer({ min: 0, max: 255 })),
    id: fc.oneof(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 0, max: 65_535 })),
    content: fc.oneof(
      fc.constant(new Uint8Array(0)),
      fc.constantFrom(0, 1, 2, 3).map((role) => Uint8Array.of(0, role, 1, 0, 0, 0, 0, 0)),
      fc.uint8Array({ maxLength: 40 }),
    ),
    padding: fc.constantFrom(0, 0, 3, 255),
  })
  .map(({ type, id, content, padding }) => record(type, id, content, padding));

describe('an application’s end', () => {
  it('survives random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), cuts, (bytes, shares) => {
        bytes[0] = 1;
        for (const way of [[bytes], pieces(bytes, shares)]) check(busy().push(...way));
      }),
      { numRuns: 2000 },
    );
  });

  it('survives records in any order, and says the same however they come', () => {
    fc.assert(
      fc.property(fc.array(anyRecord, { maxLength: 40 }), cuts, (records, shares) => {
        const bytes = concat(...records);
        const whole = busy().push(bytes);
        for (const way of [pieces(bytes, shares), single(bytes)]) {
          const other = busy();
          for (const part of way) other.push(part);
          assert.deepEqual([other.heard, other.problems], [whole.heard, whole.problems]);
          check(other);
        }
        check(whole);
      }),
      { numRuns: 400 },
    );
  });

  it('survives a stream that breaks off anywhere and one that goes on with another', () => {
    const bytes = concat(request({ keepConn: true, body: 'x'.repeat(50) }), request({ id: 2, keepConn: true }));
    fc.assert(
      fc.property(fc.nat(bytes.length), fc.nat(bytes.length), (end, start) => {
        const application = busy().push(bytes.subarray(0, end), bytes.subarray(start));
        application.machine.resume();
        application.machine.inputEnded();
        check(application);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('an application’s end of SCGI', () => {
  it('survives random bytes and damaged requests, and ends each request once', () => {
    const whole = scgiRequest({ method: 'POST', body: 'some body' });
    const damaged = fc
      .array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 3 })
      .map((changes) => changes.reduce((bytes, [at, value]) => bytes.with(at, value), whole));
    fc.assert(
      fc.property(fc.oneof(damaged, fc.uint8Array({ maxLength: 80 })), cuts, (bytes, shares) => {
        const calls: string[] = [];
        const machine = new ScgiApplicationConnection(
          {
            requestReady: () => void calls.push('ready'),
            bodyBytes: (_bytes, start, end) => assert.ok(end > start),
            bodyEnd: () => void calls.push('end of body'),
            requestAborted: () => void calls.push('aborted'),
            requestEnded: () => void calls.push('ended'),
            problem: () => {},
          },
          applicationOptions({}),
        );
        for (const part of pieces(bytes, shares)) machine.push(part);
        machine.inputEnded();
        machine.lost('connection-lost');
        assert.equal(machine.done, true);
        const count = (call: string) => calls.filter((other) => other === call).length;
        assert.deepEqual([count('ready') <= 1, count('ended')], [true, count('ready')]);
        assert.ok(count('end of body') <= 1);
      }),
      { numRuns: 2000 },
    );
  });
});
