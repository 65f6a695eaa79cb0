// Forgetting old rows: the totals stay those of everything, what is under way goes on, memory stays.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CHECKS } from '../../../src/analysis/checks/index.js';
import type { Remapping } from '../../../src/analysis/live/fold.js';
import { HEADROOM } from '../../../src/analysis/live/tap-packets.js';
import { TapSession } from '../../../src/analysis/live/tap-session.js';
import { requestRow } from '../../../src/analysis/rows.js';
import { parseEndpoint } from '../../../src/model/endpoint-address.js';
import { APPLICATION, type Side, WEB_SERVER } from '../../../src/model/side.js';
import { request, response, stderr } from '../../support/fastcgi-messages.js';
import { type Random, random } from '../../support/random.js';

/** Plays the same traffic to a session: short connections, kept ones, requests left unanswered, resets. */
function play(session: TapSession, { below, oneIn }: Random, rounds: number, query = ''): void {
  let time = 0;
  let next = 0;
  const positions = new Map<number, [number, number]>();
  const say = (connection: number, side: Side, bytes: Uint8Array) => {
    const room = new Uint8Array(HEADROOM + bytes.length);
    room.set(bytes, HEADROOM);
    const position = positions.get(connection)!;
    session.data(connection, side, room, HEADROOM, room.length, position[side], ++time);
    position[side] += bytes.length;
  };
  const open = () => {
    const connection = next++;
    positions.set(connection, [0, 0]);
    session.opened(connection, 0, { address: '127.0.0.1', port: 1024 + (connection % 60_000) }, ++time);
    session.connected(connection, ++time);
    return connection;
  };
  const kept = [open(), open(), open()];
  for (let round = 0; round < rounds; round++) {
    const uri = `/page-${below(50)}.php?round=${round}${query}`;
    if (oneIn(2)) {
      const connection = kept[below(kept.length)];
      say(connection, WEB_SERVER, request({ uri, keepConn: true }));
      if (oneIn(20)) say(connection, APPLICATION, stderr(`PHP Warning: number ${below(3)}`));
      say(connection, APPLICATION, response({ status: oneIn(9) ? '500 Internal Server Error' : undefined } as never));
      continue;
    }
    const connection = open();
    say(connection, WEB_SERVER, request({ uri, method: oneIn(3) ? 'POST' : 'GET' }));
    if (oneIn(10)) {
      session.reset(connection, oneIn(2) ? APPLICATION : WEB_SERVER, 'ECONNRESET', ++time);
    } else if (!oneIn(8)) {
      say(connection, APPLICATION, response());
      session.finished(connection, APPLICATION, false, 0, ++time);
      session.finished(connection, WEB_SERVER, true, 0, ++time);
    }
    if (!oneIn(30)) session.closed(connection, [0, 0]);
  }
}

function sessionOf(mostRows: number, onFolded?: (rows: Remapping) => void): TapSession {
  return new TapSession({
    pairs: [{ listen: parseEndpoint('127.0.0.1:9001'), to: parseEndpoint('127.0.0.1:9000') }],
    origin: 1_700_000_000_000,
    checks: CHECKS,
    mostRows,
    ...(onFolded === undefined ? {} : { onFolded }),
  });
}

describe('folding', () => {
  test('totals are those of everything, and the newest rows are as they would be', () => {
    const whole = sessionOf(1e9);
    play(whole, random(7), 6000);
    let folds = 0;
    const bounded = sessionOf(1000, () => {
      folds++;
    });
    play(bounded, random(7), 6000);
    assert.ok(folds > 2, `${folds} folds`);
    const a = whole.snapshot(0);
    const b = bounded.snapshot(0);
    assert.equal(b.tap?.failure, null);
    const { latency, timeWaitPeak, maxOpenConnections, maxConcurrentRequests, ...totals } = a.summary;
    const {
      latency: newer,
      timeWaitPeak: peak,
      maxOpenConnections: open,
      maxConcurrentRequests: most,
      ...same
    } = b.summary;
    void [latency, timeWaitPeak, maxConcurrentRequests, newer, peak, most];
    assert.deepEqual(same, totals);
    assert.ok(open <= maxOpenConnections && open > 0);
    assert.ok(b.folded !== undefined && b.folded.requests > 3000);
    assert.equal(b.backends[0].requests, a.backends[0].requests);
    const { facts } = b;
    assert.ok(facts.requests.count <= 1000 + 1024 && facts.connections.count <= 1000 + 1024);
    const last = (snapshot: typeof a) => {
      const { id, connection, ...row } = requestRow(snapshot.facts, snapshot.facts.requests.count - 1);
      void [id, connection];
      return row;
    };
    assert.deepEqual(last(b), last(a));
  });

  test('every request that is left belongs to a connection that is left, in the order of the connection', () => {
    const session = sessionOf(500);
    play(session, random(3), 4000);
    const { facts } = session.snapshot(0);
    const { requests, conversations, connections } = facts;
    const seen = new Uint8Array(requests.count);
    for (let row = 0; row < connections.count; row++) {
      let previous = -1;
      for (let at = conversations.firstRequest[row]; at !== 0; at = requests.next[at - 1]) {
        assert.equal(requests.connection[at - 1], row);
        assert.ok(at - 1 > previous);
        previous = at - 1;
        seen[at - 1] = 1;
      }
      assert.equal(conversations.lastRequest[row], previous + 1);
    }
    assert.ok(seen.every((mark) => mark === 1));
  });

  test('texts are forgotten with their requests', () => {
    const session = sessionOf(500);
    play(session, random(5), 8000, `&x=${'y'.repeat(1000)}`);
    assert.ok(session.pipeline.session.log.strings.size < 3000);
  });
});
