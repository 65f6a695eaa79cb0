// When a connection came into the accept queue: after its handshake, unless the queue was full then.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { arrivalsOf } from '../../src/analysis/arrivals.js';
import { phpResponse } from '../fixtures/dialogue.js';
import { request } from '../support/fastcgi-messages.js';
import { inspect } from '../support/inspect.js';
import { type Scene, scene } from '../support/scene.js';

/** Seconds at which each connection came into the queue, in the order of their first packets. */
function arrivalTimes(s: Scene): number[] {
  const { facts } = inspect(s.capture(), { checks: [] });
  const arrivals = arrivalsOf(facts, facts.listeners[0]);
  return [...arrivals].sort((a, b) => a.row - b.row).map(({ arrival }) => arrival / 1e9);
}

/** Three that wait, so that the question arises. */
function withWaits(): Scene {
  const s = scene();
  for (const start of [0, 0.01, 0.02])
    s.conversation(start).connect().web(request()).app(phpResponse(), { after: 0.5 }).finApp().finWeb();
  return s;
}

describe('when a connection came into the accept queue', () => {
  it('is the end of its handshake', () => {
    const times = arrivalTimes(withWaits());
    assert.deepEqual(
      times.map((time) => Math.round(time * 1e5)),
      [4, 1004, 2004],
    );
  });

  // The kernel completes the web server's side of the handshake all the same: it drops the last packet and what comes
  // after it, and repeats its SYN-ACK, until there is room.
  it('is the acknowledgment of its data where a full queue dropped the last packet of the handshake', () => {
    const s = withWaits();
    const c = s.conversation(0.1).syn().synAck().ackWeb({ delivered: false });
    c.web(request(), { delivered: false });
    c.retransmitWeb({ after: 0.2, delivered: false, acknowledge: false }).synAck({ after: 0.8 }).ackWeb();
    c.retransmitWeb({ after: 0.6 });
    const acknowledged = c.now;
    c.app(phpResponse(), { after: 0.01 }).finApp().finWeb();
    const times = arrivalTimes(s);
    assert.ok(acknowledged > 1.7);
    assert.ok(Math.abs(times[3] - acknowledged) < 1e-6, `${times[3]}, not ${acknowledged}`);
  });

  it('is the end of the handshake where data were repeated but acknowledged soon, and never where they never were', () => {
    const s = withWaits();
    const soon = s.conversation(0.1).connect();
    soon.web(request(), { delivered: false }).retransmitWeb({ after: 0.04 }).app(phpResponse(), { after: 0.5 });
    assert.ok(arrivalTimes(s)[3] < 0.1001);
    const other = withWaits();
    const never = other.conversation(0.1).connect().web(request(), { delivered: false });
    never
      .retransmitWeb({ after: 0.4, delivered: false, acknowledge: false })
      .retransmitWeb({ after: 0.8, delivered: false, acknowledge: false });
    assert.equal(arrivalTimes(other).length, 3, 'it has not come into the queue at all');
  });

  it('is not asked where hardly anybody waits', () => {
    const s = scene();
    for (const start of [0, 0.1]) s.conversation(start).connect().web(request()).app(phpResponse(), { after: 0.5 });
    assert.deepEqual(arrivalTimes(s), []);
  });
});
