// Items 52 to 85 of the conformance checklist, as far as they concern the application's end without a socket: roles and
// flags, streams, END_REQUEST and ABORT_REQUEST (specification 1.0, sections 5 and 6).
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AUTHORIZER, BEGIN_REQUEST, DATA, FILTER, PARAMS, RESPONDER, STDIN } from '../../src/fastcgi/constants.js';
import { abortRequest, beginRequest, getValues, params, record, stream } from '../../src/fastcgi/encode.js';
import { request } from '../support/fastcgi-messages.js';
import { stdoutOf } from '../support/reply-records.js';
import { Application, echo } from './application.js';

const keep = { keepConn: true } as const;
const DONE = ['STDOUT 1 ends', 'END_REQUEST 1: 0 REQUEST_COMPLETE'];

describe('BEGIN_REQUEST', () => {
  it('item 52: a content that is not 8 bytes ends the connection', () => {
    for (const length of [0, 7, 9, 65_535]) {
      const application = echo().push(record(BEGIN_REQUEST, 1, new Uint8Array(length).fill(1)), request({ id: 2 }));
      assert.deepEqual([application.codes, application.machine.done], [['record-bad-length'], true]);
      assert.deepEqual(application.lines(), []);
    }
  });

  it('item 53: the role is known to whoever answers', () => {
    const application = new Application();
    application.roles = [RESPONDER, AUTHORIZER, FILTER];
    application.push(...[RESPONDER, AUTHORIZER, FILTER].map((role) => request({ id: role, role, ...keep })));
    assert.deepEqual(
      [...application.requests.values()].map(({ role }) => role),
      [RESPONDER, AUTHORIZER, FILTER],
    );
  });

  it('item 54: a role that nobody serves is answered with UNKNOWN_ROLE, and KEEP_CONN still counts', () => {
    for (const role of [0, 2, 3, 4, 65_535]) {
      for (const keepConn of [true, false]) {
        const application = echo().push(beginRequest(1, role, keepConn ? 1 : 0));
        assert.deepEqual(application.lines(), ['END_REQUEST 1: 0 UNKNOWN_ROLE'], `role ${role}`);
        assert.equal(application.machine.done, !keepConn);
      }
    }
  });

  it('item 55: what follows of a request that was refused is skipped', () => {
    const refusing: [string, () => Application][] = [
      ['UNKNOWN_ROLE', () => Object.assign(echo(), { roles: [AUTHORIZER] })],
      ['OVERLOADED', () => Object.assign(echo(), { room: 0 })],
      ['CANT_MPX_CONN', () => echo({ multiplex: false }).push(request({ id: 9, ...keep, stdinEnd: false, body: 'x' }))],
    ];
    for (const [status, make] of refusing) {
      const application = make().push(request({ ...keep, body: 'not heard' }));
      assert.deepEqual(application.lines(), [`END_REQUEST 1: 0 ${status}`]);
      Object.assign(application, { roles: [RESPONDER], room: 5 });
      if (status === 'CANT_MPX_CONN') application.push(record(STDIN, 9));
      application.take();
      application.push(request({ ...keep, body: 'abc' }));
      assert.equal(stdoutOf(application.take()), '\r\nabc', status);
      assert.deepEqual(
        application.codes.filter((code) => code !== 'content-length-mismatch'),
        [],
      );
    }
  });

  it('item 56: only the lowest bit of the flags is KEEP_CONN', () => {
    for (const [flags, done] of [
      [0x00, true],
      [0xfe, true],
      [0x01, false],
      [0xff, false],
    ] as const) {
      const application = echo().push(beginRequest(1, RESPONDER, flags), record(PARAMS, 1), record(STDIN, 1));
      assert.equal(application.machine.done, done);
    }
  });

  it('item 57: a request beyond the limit is answered with OVERLOADED', () => {
    const application = Object.assign(new Application(), { room: 1 });
    application.push(request(keep), request({ id: 2, ...keep, body: 'x' }));
    assert.deepEqual(application.lines(), ['END_REQUEST 2: 0 OVERLOADED']);
    application.end(1).push(request({ id: 3, ...keep }));
    assert.deepEqual(application.heard, ['ready 1', 'stdin 1 ends', 'refused 2', 'ended 1', 'ready 3', 'stdin 3 ends']);
  });
});

describe('streams', () => {
  it('item 60: each that was used ends with one empty record', () => {
    const application = new Application();
    application.push(request(keep)).write(1, 'a').writeError(1, 'b').write(1, 'c').end(1);
    const lines = application.lines();
    assert.equal(lines.filter((line) => line === 'STDOUT 1 ends').length, 1);
    assert.equal(lines.filter((line) => line === 'STDERR 1 ends').length, 1);
  });

  it('item 62: a request can be answered when its PARAMS have ended, before its STDIN has', () => {
    const application = new Application();
    application.push(request({ ...keep, stdinEnd: false, body: 'a' }));
    assert.deepEqual(application.heard, ['ready 1']);
    assert.deepEqual(application.write(1, 'early').lines(), ['STDOUT 1: early']);
    application.push(record(STDIN, 1, 'b'), record(STDIN, 1)).end(1);
    assert.equal(application.requests.get(1)!.context!.stdin, 'ab');
    assert.deepEqual(application.lines(), DONE);
  });

  it('item 63: nothing is written before PARAMS have ended, whatever ends the request', () => {
    const early: [string, (application: Application) => void][] = [
      ['ABORT_REQUEST', (application) => application.push(abortRequest(1))],
      ['STDIN', (application) => application.push(record(STDIN, 1, 'x'))],
      ['too many PARAMS', (application) => application.push(record(PARAMS, 1, new Uint8Array(30_000)))],
      ['the peer', (application) => application.machine.inputEnded()],
    ];
    for (const [what, send] of early) {
      const application = new Application().push(request({ ...keep, paramsEnd: false }));
      send(application);
      const lines = application.lines();
      assert.equal(lines.length, 1, what);
      assert.match(lines[0], /^END_REQUEST 1/);
      assert.deepEqual(application.heard, ['dropped']);
    }
  });

  it('item 64: STDOUT is ended before END_REQUEST also where nothing was written', () => {
    assert.deepEqual(new Application().push(request()).end(1).lines(), DONE);
  });

  it('item 65: STDERR is not there at all, or ends', () => {
    assert.deepEqual(new Application().push(request()).write(1, 'x').end(1).lines(), ['STDOUT 1: x', ...DONE]);
    assert.deepEqual(new Application().push(request()).writeError(1, 'x').end(1).lines(), [
      'STDERR 1: x',
      'STDERR 1 ends',
      ...DONE,
    ]);
    assert.deepEqual(new Application().push(request()).writeError(1, '').end(1).lines(), DONE);
  });

  it('item 66: STDOUT and STDERR keep their order, within each and to each other', () => {
    const application = new Application().push(request());
    application.writeError(1, 'e1').write(1, 'o1').write(1, 'o2').writeError(1, 'e2').write(1, 'o3').end(1);
    assert.deepEqual(application.lines().slice(0, 4), [
      'STDERR 1: e1',
      'STDOUT 1: o1o2',
      'STDERR 1: e2',
      'STDOUT 1: o3',
    ]);
  });

  it('item 68: what comes on a stream after its end is skipped and told', () => {
    const application = echo();
    application.onInput = () => {};
    application.push(request({ ...keep, body: 'abc' }), record(STDIN, 1, 'more'), record(PARAMS, 1, 'more'));
    application.push(record(STDIN, 1), record(PARAMS, 1));
    assert.deepEqual(
      application.codes,
      Array.from({ length: 4 }, () => 'record-out-of-order'),
    );
    assert.equal(application.requests.get(1)!.context!.stdin, 'abc');
    assert.deepEqual(application.heard, ['ready 1', 'stdin 1 ends']);
  });

  it('item 70: the appStatus of every request begins at 0', () => {
    const application = new Application().push(request(keep)).end(1, 7);
    application.push(request(keep)).machine.end(application.requests.get(1)!);
    assert.deepEqual(
      application.lines().filter((line) => line.startsWith('END')),
      ['END_REQUEST 1: 7 REQUEST_COMPLETE', 'END_REQUEST 1: 0 REQUEST_COMPLETE'],
    );
  });

  it('item 71: content, the ends of the streams and END_REQUEST are one piece', () => {
    const application = new Application().push(request()).writeError(1, 'warning').write(1, 'x'.repeat(5000)).end(1);
    assert.equal(application.machine.takeOutput().length, 1);
  });

  it('item 72: fewer or more bytes than CONTENT_LENGTH are told, and nothing waits', () => {
    for (const [declared, body, said] of [
      [10, 'abcde', 'CONTENT_LENGTH is 10, STDIN of request 1 had 5 bytes'],
      [5, 'abcdefghij', 'CONTENT_LENGTH is 5, STDIN of request 1 had 10 bytes'],
      ['', 'abcde', 'no CONTENT_LENGTH, STDIN of request 1 had 5 bytes'],
      ['-1', 'abcde', 'no CONTENT_LENGTH, STDIN of request 1 had 5 bytes'],
      [5, 'abcde', undefined],
      ['', '', undefined],
    ] as const) {
      const application = echo().push(request({ ...keep, contentLength: declared, body }));
      assert.deepEqual(
        application.problems.map(({ detail }) => detail),
        said === undefined ? [] : [said],
      );
      assert.equal(stdoutOf(application.take()), `\r\n${body}`);
      assert.equal(application.requests.get(1)!.stdinBytes, body.length);
    }
  });
});

describe('ABORT_REQUEST', () => {
  const ABORTED = ['abort 1 abort-request', 'ended 1'];

  it('item 76: is answered with one END_REQUEST, whenever it comes', () => {
    const bytes = request({ ...keep, body: 'x'.repeat(100), streams: { recordSize: 60 } });
    for (let at = 16, next = 0; at <= bytes.length; at = next) {
      const application = new Application();
      application.onAbort = () => application.write(1, 'too late').end(1, 1);
      application.push(bytes.subarray(0, at), abortRequest(1));
      application.push(bytes.subarray(at)); // what the web server had sent already
      const lines = application.lines();
      const ends = lines.filter((line) => line.startsWith('END_REQUEST'));
      assert.match(ends.join(), /^END_REQUEST 1: [01] REQUEST_COMPLETE$/, `after ${at} bytes`);
      assert.equal(lines.at(-1), ends[0]);
      if (application.heard[0] === 'ready 1') assert.deepEqual(application.heard.slice(-2), ABORTED);
      else assert.deepEqual([application.heard, lines.length], [['dropped'], 1]);
      assert.deepEqual(application.codes, []);
      application.push(request({ ...keep, body: 'abc' }));
      assert.equal(application.requests.get(1)!.context!.stdin, 'abc', `after ${at} bytes`);
      if (at === bytes.length) break;
      next = at + 8 + ((bytes[at + 4] << 8) | bytes[at + 5]) + bytes[at + 6];
    }
  });

  it('item 76: while writing: what was written before goes out, what is written after does not', () => {
    const application = new Application().push(request(keep)).write(1, 'before ').push(abortRequest(1));
    assert.equal(application.machine.stdout(application.requests.get(1)!, Buffer.from('after')), false);
    assert.deepEqual(application.lines(), ['STDOUT 1: before ']);
    assert.deepEqual(application.end(1, 2).lines(), ['STDOUT 1 ends', 'END_REQUEST 1: 2 REQUEST_COMPLETE']);
  });

  it('item 77: the END_REQUEST is the handler’s to give', () => {
    const application = new Application().push(request(keep), abortRequest(1), abortRequest(1), getValues([]));
    assert.deepEqual(application.heard, ['ready 1', 'stdin 1 ends', 'abort 1 abort-request']);
    assert.deepEqual(application.lines(), ['GET_VALUES_RESULT:']);
    assert.deepEqual(application.end(1).lines(), DONE);
  });

  it('item 78: of an inactive id it is skipped, after END_REQUEST it does no harm', () => {
    const application = echo().push(abortRequest(4), request({ ...keep, body: 'abc' }), abortRequest(1));
    assert.deepEqual(application.codes, ['record-for-unknown-request', 'record-for-unknown-request']);
    assert.deepEqual([application.machine.done, stdoutOf(application.take())], [false, '\r\nabc']);
  });

  it('item 79: a content is skipped', () => {
    const application = new Application().push(request(keep), record(2, 1, 'why', 5), getValues([]));
    assert.deepEqual(application.heard.slice(-1), ['abort 1 abort-request']);
    assert.deepEqual([application.lines(), application.codes], [['GET_VALUES_RESULT:'], []]);
  });

  it('item 80: other requests of the connection go on', () => {
    const application = new Application();
    application.push(request({ ...keep, body: 'one' }), request({ id: 2, ...keep, body: 'two', stdinEnd: false }));
    application
      .push(abortRequest(1))
      .end(1, 1)
      .push(record(STDIN, 2, '!'), record(STDIN, 2));
    application.write(2, application.requests.get(2)!.context!.stdin).end(2);
    assert.equal(stdoutOf(application.take(), 2), 'two!');
  });

  it('can be made not to be heard', () => {
    const application = new Application();
    application.onReady = (one) => void (one.ignoresAbort = true);
    application.push(request(keep), abortRequest(1)).write(1, 'whatever').end(1);
    assert.deepEqual(application.lines(), ['STDOUT 1: whatever', ...DONE]);
  });
});

describe('the end of a connection', () => {
  it('item 82: aborts every request, and each ends once', () => {
    for (const [how, cause] of [
      ['lost', 'connection-lost'],
      ['inputEnded', 'peer-ended'],
    ] as const) {
      const application = new Application();
      application.push(request(keep), request({ id: 2, ...keep, stdinEnd: false, body: 'x' }), beginRequest(3));
      application.machine[how]();
      assert.deepEqual(
        application.heard.filter((line) => line.startsWith('abort')),
        [`abort 1 ${cause}`, `abort 2 ${cause}`],
      );
      application.end(1).end(2);
      assert.deepEqual([application.machine.active, application.machine.done], [0, true]);
      assert.deepEqual(application.heard.filter((line) => /^ended|dropped/.test(line)).sort(), [
        'dropped',
        'ended 1',
        'ended 2',
      ]);
      // Of a peer that closed only its direction each request still has its END_REQUEST.
      assert.equal(application.take().filter(({ type }) => type === 3).length, how === 'lost' ? 0 : 3);
    }
  });

  it('item 82: a web server may be taken to have said all it has to say', () => {
    const application = new Application({ peerEnd: 'finish' });
    application.push(request({ ...keep, body: 'whole' }), request({ id: 2, ...keep, stdinEnd: false, body: 'half' }));
    application.machine.inputEnded();
    assert.deepEqual(application.heard.slice(-1), ['abort 2 peer-ended']);
    application.write(1, 'answer').end(1).end(2);
    assert.deepEqual([stdoutOf(application.take()), application.machine.done], ['answer', true]);
  });

  it('item 84: a kept connection serves what comes in the same bytes', () => {
    const application = echo().push(Buffer.concat([1, 2, 3].map((n) => request({ ...keep, body: `body ${n}` }))));
    assert.equal(stdoutOf(application.take()), '\r\nbody 1\r\nbody 2\r\nbody 3');
    assert.deepEqual([application.machine.done, application.codes], [false, []]);
  });

  it('item 85: of several requests one without KEEP_CONN ends it when all have ended', () => {
    const application = new Application().push(
      request({ id: 1 }),
      request({ id: 2, ...keep }),
      request({ id: 3, ...keep }),
    );
    application.end(1);
    assert.equal(application.machine.done, false);
    application.push(request({ id: 4, ...keep }));
    application.end(3);
    assert.equal(application.machine.done, false);
    application.end(2);
    assert.equal(application.machine.done, true);
    assert.ok(application.lines().includes('END_REQUEST 4: 0 OVERLOADED'));
  });

  it('item 88: a connection is over after as many requests as are allowed', () => {
    const application = echo({ limits: { requestsOfConnection: 2 } });
    application.push(request(keep));
    assert.equal(application.machine.done, false);
    application.push(request(keep));
    assert.equal(application.machine.done, true);
  });
});

describe('Authorizers and Filters', () => {
  it('item 90: an Authorizer has no STDIN, and the PARAMS of a Responder do no harm', () => {
    const application = Object.assign(new Application(), { roles: [AUTHORIZER] });
    application.push(
      beginRequest(1, AUTHORIZER, 1),
      params(1, { CONTENT_LENGTH: '5', PATH_INFO: '/x', SCRIPT_NAME: '/' }),
    );
    assert.deepEqual([application.heard, application.requests.get(1)!.received], [['ready 1'], true]);
    // lighttpd and Apache send the end of a STDIN all the same, before or after the answer.
    application
      .push(record(STDIN, 1))
      .end(1)
      .push(request({ role: AUTHORIZER, ...keep }));
    application.end(1).push(record(STDIN, 1));
    assert.deepEqual(application.codes, []);
    application.push(request({ role: AUTHORIZER, ...keep, body: 'what for' }));
    assert.deepEqual(application.codes, ['record-out-of-order']);
  });

  it('item 93: a Filter has STDIN and then DATA, each with its end', () => {
    const application = Object.assign(new Application(), { roles: [FILTER] });
    const filter = request({ role: FILTER, ...keep, body: 'in', parameters: { FCGI_DATA_LENGTH: '8' } });
    application.push(filter, stream(DATA, 1, 'the file'));
    assert.deepEqual(application.heard, ['ready 1', 'stdin 1 ends', 'data 1 ends']);
    assert.deepEqual(application.requests.get(1)!.context, { stdin: 'in', data: 'the file' });
    assert.deepEqual(application.codes, []);
    application.end(1).push(request({ role: FILTER, ...keep, body: 'in', stdinEnd: false }), stream(DATA, 1, 'early'));
    assert.deepEqual(application.codes, ['record-out-of-order', 'content-length-mismatch']);
  });

  it('item 93: DATA of another role is skipped and told', () => {
    const application = echo().push(
      request({ ...keep, stdinEnd: false, body: 'a' }),
      record(DATA, 1, 'x'),
      record(STDIN, 1),
    );
    assert.deepEqual([application.codes, stdoutOf(application.take())], [['record-out-of-order'], '\r\na']);
  });

  it('item 94: a Filter may answer when STDIN has ended; a wrong length of DATA is told', () => {
    const application = Object.assign(new Application(), { roles: [FILTER] });
    const filter = request({ role: FILTER, ...keep, parameters: { FCGI_DATA_LENGTH: '9' } });
    application
      .push(filter)
      .write(1, 'cached')
      .end(1)
      .push(stream(DATA, 1, 'the file'));
    assert.deepEqual([application.codes, stdoutOf(application.take())], [[], 'cached']);
    application.push(filter, stream(DATA, 1, 'the file'));
    assert.deepEqual(
      application.problems.map(({ detail }) => detail),
      ['FCGI_DATA_LENGTH is 9, DATA of request 1 had 8 bytes'],
    );
    assert.equal(application.requests.get(1)!.dataBytes, 8);
  });
});
