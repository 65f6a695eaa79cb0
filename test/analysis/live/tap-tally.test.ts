// What a tap counts for metrics: how requests and connections ended, how long they took, what is under way.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EndedRows } from '../../../src/analysis/live/ended-rows.js';
import { HEADROOM } from '../../../src/analysis/live/tap-packets.js';
import { TapSession } from '../../../src/analysis/live/tap-session.js';
import { TapTally } from '../../../src/analysis/live/tap-tally.js';
import { parseEndpoint } from '../../../src/model/endpoint-address.js';
import { APPLICATION, type Side, WEB_SERVER } from '../../../src/model/side.js';
import { request, response, stdout } from '../../support/fastcgi-messages.js';

const TO = '127.0.0.1:9000';

function tallied(mostRows?: number) {
  const tally = new TapTally([TO]);
  const ended = new EndedRows();
  const session = new TapSession({
    pairs: [{ listen: parseEndpoint('127.0.0.1:9001'), to: parseEndpoint(TO) }],
    origin: 1_700_000_000_000,
    checks: [],
    tally,
    onClosed: (row, connection) => ended.connectionClosed(row, connection),
    onFolded: (rows) => ended.renumber(rows),
    ...(mostRows === undefined ? {} : { mostRows }),
  });
  let time = 0;
  const sent = new Map<string, number>();
  const say = (connection: number, side: Side, bytes: Uint8Array, after = 1) => {
    const key = `${connection} ${side}`;
    const position = sent.get(key) ?? 0;
    const room = new Uint8Array(HEADROOM + bytes.length);
    room.set(bytes, HEADROOM);
    time += after;
    session.data(connection, side, room, HEADROOM, room.length, position, time);
    sent.set(key, position + bytes.length);
  };
  return {
    session,
    say,
    open(connection: number) {
      session.opened(connection, 0, { address: '127.0.0.1', port: 10_000 + (connection % 50_000) }, ++time);
      session.connected(connection, ++time);
    },
    end(connection: number, first: Side, after = 1, paused: readonly [number, number] = [0, 0]) {
      time += after;
      session.finished(connection, first, false, 0, time);
      session.finished(connection, first === WEB_SERVER ? APPLICATION : WEB_SERVER, true, 0, ++time);
      session.closed(connection, paused);
    },
    take() {
      const rows = ended.take(session.pipeline.session.log.requests);
      tally.take(session.tables, { ...rows, underWay: ended.underWay });
      return tally.traffic.listeners.get(TO)!;
    },
  };
}

test('requests by how they ended, with their times', () => {
  const { session, say, open, end, take } = tallied();
  // Answered after 30 ms, closed 400 ms after END_REQUEST.
  open(0);
  say(0, WEB_SERVER, request());
  say(0, APPLICATION, response(), 30);
  end(0, APPLICATION, 400);
  // Cut in the middle of the answer; before it; given up by the web server.
  open(1);
  say(1, WEB_SERVER, request());
  say(1, APPLICATION, stdout('Content-Type: text/plain\r\n\r\nhalf'));
  end(1, APPLICATION);
  open(2);
  say(2, WEB_SERVER, request());
  end(2, APPLICATION);
  open(3);
  say(3, WEB_SERVER, request());
  end(3, WEB_SERVER);
  // Refused.
  open(4);
  say(4, WEB_SERVER, request());
  say(4, APPLICATION, response({ protocolStatus: 2 }));
  end(4, APPLICATION);
  // Under way.
  open(5);
  say(5, WEB_SERVER, request({ keepConn: true }));
  session.opened(6, 0, { address: '127.0.0.1', port: 9 }, 2000);
  session.failed(6, 'EAGAIN', 2001);
  session.closed(6, [0, 0]);
  const listener = take();
  assert.deepEqual(Object.fromEntries(listener.requests), {
    ok: 1,
    truncated: 1,
    no_end: 1,
    aborted: 1,
    overloaded: 1,
  });
  assert.deepEqual([listener.connections, listener.open, listener.requestsInFlight], [7, 1, 1]);
  assert.deepEqual(Object.fromEntries(listener.connectErrors), { EAGAIN: 1 });
  assert.equal(listener.connect.count, 5);
  // 30 ms stand between 25 and 50.
  assert.equal(listener.timeToFirstByte.counts[listener.timeToFirstByte.bounds.indexOf(0.05)], 1);
  assert.equal(listener.linger.counts[listener.linger.bounds.indexOf(0.5)], 1);
  assert.ok(listener.bytesFromWebServer > 0 && listener.bytesFromApplication > 0);
  assert.deepEqual(
    [...listener.closed.values()].map(({ connection: { first, how }, count }) => `${first} ${how} ${count}`).sort(),
    ['application fin 4', 'application rst 1', 'web-server fin 1'],
  );
  assert.deepEqual([listener.stderrBytes, listener.applicationPaused], [0, 0]);
  // Written to STDERR, and not taken for a while by the web server.
  open(7);
  say(7, WEB_SERVER, request());
  say(7, APPLICATION, response({ stderr: 'a line of twenty b.\n' }));
  end(7, APPLICATION, 1, [0, 1500]);
  assert.deepEqual([take().stderrBytes, take().applicationPaused], [20, 1.5]);
  // Nothing is counted twice.
  assert.equal(take().requests.get('ok'), 2);
  // What was under way ends.
  say(5, APPLICATION, response());
  assert.deepEqual([take().requests.get('ok'), take().requestsInFlight], [3, 0]);
});

test('counts go on when old rows are folded', () => {
  const { say, open, end, take } = tallied(3000);
  let ok = 0;
  for (let connection = 0; connection < 10_000; connection++) {
    open(connection);
    say(connection, WEB_SERVER, request());
    say(connection, APPLICATION, response());
    end(connection, APPLICATION);
    if (connection % 97 === 0) ok = take().requests.get('ok')!;
  }
  ok = take().requests.get('ok')!;
  assert.equal(ok, 10_000);
  const listener = take();
  assert.deepEqual([listener.connections, listener.open, listener.total.count], [10_000, 0, 10_000]);
});
