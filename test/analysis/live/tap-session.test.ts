// What a tap saw becomes a report: states and ends of connections as the tap saw them on each side, AF_UNIX by its path,
// and nothing that AF_UNIX does not know.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CHECKS } from '../../../src/analysis/checks/index.js';
import { HEADROOM } from '../../../src/analysis/live/tap-packets.js';
import { TapSession } from '../../../src/analysis/live/tap-session.js';
import { connectionRow } from '../../../src/analysis/rows.js';
import { parseEndpoint } from '../../../src/model/endpoint-address.js';
import { APPLICATION, type Side, WEB_SERVER } from '../../../src/model/side.js';
import { request, response } from '../../support/fastcgi-messages.js';

const WEB = { address: '127.0.0.1', port: 40_001 };

function tapped(to = '127.0.0.1:9000', listen = '127.0.0.1:9001') {
  const session = new TapSession({
    pairs: [{ listen: parseEndpoint(listen), to: parseEndpoint(to) }],
    origin: 1_700_000_000_000,
    checks: CHECKS,
  });
  const sent: [number, number][] = [];
  let time = 0;
  const say = (connection: number, side: Side, bytes: Uint8Array, skip = 0) => {
    sent[connection] ??= [0, 0];
    const room = new Uint8Array(HEADROOM + bytes.length);
    room.set(bytes, HEADROOM);
    sent[connection][side] += skip;
    session.data(connection, side, room, HEADROOM, room.length, sent[connection][side], ++time);
    sent[connection][side] += bytes.length;
  };
  return {
    session,
    say,
    tick: () => ++time,
    open(connection: number, webServer: typeof WEB | undefined = { ...WEB, port: WEB.port + connection }) {
      session.opened(connection, 0, listen.startsWith('unix:') ? undefined : webServer, ++time);
      session.connected(connection, ++time);
    },
    row(connection: number) {
      const { facts } = session.snapshot(0);
      return connectionRow(facts, session.pipeline.tracker.histories, connection);
    },
    report: () => session.snapshot(0),
  };
}

describe('tap session', () => {
  test('a request, and the application ends first', () => {
    const { session, open, say, tick, row, report } = tapped();
    open(0);
    say(0, WEB_SERVER, request({ uri: '/a.php' }));
    say(0, APPLICATION, response({ body: 'hello' }));
    session.finished(0, APPLICATION, false, 0, tick());
    session.finished(0, WEB_SERVER, true, 0, tick());
    session.closed(0, [0, 0]);
    const { state, firstFin, timeWait, webServer, application, requests, history } = row(0);
    assert.deepEqual(
      { state, firstFin, timeWait, webServer, application, requests },
      {
        state: 'SF',
        firstFin: 'application',
        timeWait: 'application',
        webServer: '127.0.0.1:40001',
        application: '127.0.0.1:9000',
        requests: 1,
      },
    );
    assert.match(history, /^ShA/);
    const { summary, tap } = report();
    assert.equal(summary.requests, 1);
    assert.deepEqual(summary.httpStatus, { 200: 1 });
    assert.equal(tap?.connections, 1);
    assert.deepEqual([tap?.timeWaitToWebServer, tap?.timeWaitToApplication], [1, 0]);
  });

  test('both ends at once', () => {
    const { session, open, say, tick, row } = tapped();
    open(0);
    say(0, WEB_SERVER, request());
    say(0, APPLICATION, response());
    session.finished(0, APPLICATION, false, 0, tick());
    session.finished(0, WEB_SERVER, false, 0, tick());
    assert.equal(row(0).firstFin, 'simultaneous');
  });

  test('resets of either side, before and after the connection was there', () => {
    const { session, open, say, tick, row } = tapped();
    open(0);
    say(0, WEB_SERVER, request());
    session.reset(0, APPLICATION, 'ECONNRESET', tick());
    open(1);
    say(1, WEB_SERVER, request());
    session.reset(1, WEB_SERVER, 'ECONNRESET', tick());
    session.opened(2, 0, { ...WEB, port: 50_000 }, tick());
    session.reset(2, WEB_SERVER, 'ECONNRESET', tick());
    assert.deepEqual(
      [row(0), row(1), row(2)].map(({ state, firstReset }) => [state, firstReset]),
      [
        ['RSTR', 'application'],
        ['RSTO', 'web-server'],
        ['RSTOS0', 'web-server'],
      ],
    );
  });

  test('what came before the connection was open belongs to it when it is, and is left out when it never is', () => {
    const { session, say, tick, row, report } = tapped();
    session.opened(0, 0, WEB, tick());
    say(0, WEB_SERVER, request());
    session.finished(0, WEB_SERVER, false, 0, tick());
    session.connected(0, tick());
    say(0, APPLICATION, response());
    session.opened(1, 0, { ...WEB, port: 2 }, tick());
    say(1, WEB_SERVER, request());
    session.failed(1, 'EAGAIN', tick());
    assert.equal(row(0).firstFin, 'web-server');
    assert.deepEqual([row(0).state, row(0).requests], ['S2', 1]);
    assert.deepEqual([row(1).state, row(1).requests, row(1).connectError], ['REJ', 0, 'EAGAIN']);
    assert.deepEqual(report().tap?.connectErrors, { EAGAIN: 1 });
  });

  test('findings of what could not be opened: a full queue is no refusal', () => {
    const { session, tick, report } = tapped('unix:/run/php.sock');
    for (const [connection, code] of ['EAGAIN', 'EAGAIN', 'ENOENT', 'EADDRNOTAVAIL'].entries()) {
      session.opened(connection, 0, { ...WEB, port: 2 + connection }, tick());
      session.failed(connection, code, tick());
    }
    const found = report().findings.map(({ id, count, title }) => [id, count, title]);
    assert.deepEqual(found, [
      ['backlog-overflow', 2, 'The accept queue of unix:/run/php.sock overflows: 2 connections failed with EAGAIN'],
      ['connection-refused', 1, '1 connection to unix:/run/php.sock refused: there is no such socket file'],
    ]);
  });

  test('bytes left out before an end are missing, not an answer that was cut', () => {
    const answer = response({ body: 'hello, all of you' });
    for (const [told, findings] of [
      [answer.length, []],
      // Left out by a relay whose analysis was too slow: the stream was whole.
      [answer.length - 30, []],
    ] as const) {
      const { session, open, say, tick, report } = tapped();
      open(0);
      say(0, WEB_SERVER, request({ uri: '/a.php' }));
      say(0, APPLICATION, answer.subarray(0, told));
      session.finished(0, APPLICATION, false, answer.length, tick());
      session.finished(0, WEB_SERVER, true, 0, tick());
      session.closed(0, [0, 0]);
      const worse = report().findings.filter(({ id }) => id === 'truncated-response');
      assert.deepEqual(worse, findings);
    }
    const { session, open, say, tick, report } = tapped();
    open(0);
    say(0, WEB_SERVER, request({ uri: '/a.php' }));
    say(0, APPLICATION, answer.subarray(0, answer.length - 30));
    session.finished(0, APPLICATION, false, answer.length - 30, tick());
    session.closed(0, [0, 0]);
    assert.ok(report().findings.some(({ id }) => id === 'truncated-response'));
  });

  test('AF_UNIX: paths for addresses, and no TIME_WAIT', () => {
    const { session, open, say, tick, row, report } = tapped('unix:/run/php.sock', 'unix:/run/tap.sock');
    open(0);
    say(0, WEB_SERVER, request());
    say(0, APPLICATION, response());
    session.finished(0, APPLICATION, false, 0, tick());
    session.finished(0, WEB_SERVER, true, 0, tick());
    const { webServer, application, timeWait, firstFin } = row(0);
    assert.deepEqual(
      { webServer, application, timeWait, firstFin },
      {
        webServer: 'unix:/run/tap.sock#1',
        application: 'unix:/run/php.sock',
        timeWait: 'none',
        firstFin: 'application',
      },
    );
    assert.equal(report().backends[0].endpoint, 'unix:/run/php.sock');
    assert.deepEqual([report().tap?.timeWaitToWebServer, report().tap?.timeWaitToApplication], [0, 0]);
  });

  test('AF_UNIX: numbers in use are not given again', () => {
    const { session, tick, row } = tapped('127.0.0.1:9000', 'unix:/run/tap.sock');
    session.opened(0, 0, undefined, tick());
    for (let connection = 1; connection < 65_540; connection++) {
      session.opened(connection, 0, undefined, tick());
      session.closed(connection, [0, 0]);
    }
    assert.equal(row(0).webServer, 'unix:/run/tap.sock#1');
    const last = row(65_539);
    assert.notEqual(last.webServer, 'unix:/run/tap.sock#1');
  });

  test('IPv6 on one side: both are written as IPv6', () => {
    const { open, say, row } = tapped('[::1]:9000');
    open(0);
    say(0, WEB_SERVER, request());
    say(0, APPLICATION, response());
    const { webServer, application, state, requests } = row(0);
    assert.deepEqual([application, state, requests], ['[::1]:9000', 'S1', 1]);
    assert.match(webServer, /^\[::ffff:.*\]:40001$/);
  });

  test('bytes that the analysis missed are a gap', () => {
    const { session, open, say, report } = tapped();
    open(0);
    say(0, WEB_SERVER, request());
    const bytes = response({ body: 'x'.repeat(5000) });
    say(0, APPLICATION, bytes.subarray(0, 1000));
    say(0, APPLICATION, bytes.subarray(3000), 2000);
    session.closed(0, [0, 0]);
    const { input } = report();
    const gap = input.problems.find(({ code }) => code === 'stream-gaps');
    assert.match(gap?.detail ?? '', /2000 bytes/);
  });

  test('pieces larger than a packet are cut, and a side that is not read shows a window of zero', () => {
    const { session, open, say, tick, report } = tapped();
    open(0);
    say(0, WEB_SERVER, request());
    say(0, APPLICATION, response({ body: 'x'.repeat(300_000) }));
    session.paused(0, APPLICATION, tick());
    for (let i = 0; i < 500; i++) tick();
    session.resumed(0, APPLICATION, tick());
    const { summary, facts } = report();
    assert.equal(summary.unfinished, 0);
    assert.ok(summary.bytes.stdout > 300_000);
    assert.ok(facts.connections.zeroWindow0[0] > 400e6);
  });

  test('an application that could never be reached is an application all the same', () => {
    const { session, tick, report } = tapped('unix:/run/php.sock');
    session.opened(0, 0, WEB, tick());
    session.failed(0, 'ENOENT', tick());
    const { summary, backends } = report();
    assert.equal(summary.connections, 1);
    assert.equal(backends[0].endpoint, 'unix:/run/php.sock');
  });

  test('idle connections are those without a request under way', () => {
    const { session, open, say } = tapped();
    open(0);
    open(1);
    open(2);
    say(1, WEB_SERVER, request({ keepConn: true }));
    say(2, WEB_SERVER, request({ keepConn: true }));
    say(2, APPLICATION, response());
    assert.deepEqual(session.idle(), [0, 2]);
    assert.equal(session.busy, 1);
  });

  test('a fault in the analysis ends the analysis only', () => {
    const { session, open, say, report } = tapped();
    open(0);
    const { pipeline } = session;
    pipeline.frame = () => {
      throw new Error('a fault');
    };
    say(0, WEB_SERVER, request());
    assert.match(report().tap?.failure ?? '', /a fault/);
    open(1);
    assert.equal(report().tap?.connections, 2);
  });

  test('T11: cookies and authorization are left out of reports', async () => {
    const { jsonReport } = await import('../../../src/reporters/json.js');
    const { open, say, report, session } = tapped();
    open(0);
    say(0, WEB_SERVER, request({ parameters: { HTTP_COOKIE: 'session=verysecret' } }));
    const rows = { connectionRows: [0], requestRows: [0] };
    const text = [...jsonReport(report(), { histories: session.pipeline.tracker.histories, limit: 9, ...rows })].join(
      '',
    );
    assert.ok(!text.includes('verysecret'));
  });
});
