// Kept connections: keep-conn-without-pool, keep-alive-broken, connection-recycled, stale-keep-alive-race,
// stuck-on-reuse; keep-alive-pins-workers is with the queues.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { connectionRecycled } from '../../../src/analysis/checks/connection-recycled.js';
import { keepAliveBroken } from '../../../src/analysis/checks/keep-alive-broken.js';
import { keepConnWithoutPool } from '../../../src/analysis/checks/keep-conn-without-pool.js';
import { prematureClose } from '../../../src/analysis/checks/premature-close.js';
import { staleKeepAliveRace } from '../../../src/analysis/checks/stale-keep-alive-race.js';
import { stuckOnReuse } from '../../../src/analysis/checks/stuck-on-reuse.js';
import { fixtures } from '../../fixtures/cases/keep-alive.js';
import { fixtures as timeWait } from '../../fixtures/cases/time-wait.js';
import { applicationCloses, phpResponse, webServerCloses } from '../../fixtures/dialogue.js';
import type { Conversation } from '../../support/conversation.js';
import { request } from '../../support/fastcgi-messages.js';
import { DUMP_TEXT, findingsOf, NO_INPUT, runCheck, theFinding } from '../../support/run-check.js';
import { scene } from '../../support/scene.js';

const CHECKS = [keepConnWithoutPool, keepAliveBroken, connectionRecycled, staleKeepAliveRace, stuckOnReuse];

function made(name: string): Uint8Array {
  const fixture = [...fixtures, ...timeWait].find((each) => each.name === name);
  assert.ok(fixture, name);
  return fixture.make();
}

/** A connected conversation with `count` answered requests, each after a pause. */
function exchanges(c: Conversation, count: number, pause = 0.1, keepConn = true): Conversation {
  c.connect();
  for (let i = 0; i < count; i++) c.web(request({ uri: `/${i}`, keepConn }), { after: pause }).app(phpResponse());
  return c;
}

describe('keep-conn-without-pool', () => {
  it('counts the connections that the web server closes at once', () => {
    const finding = theFinding(keepConnWithoutPool, made('keep-conn-without-pool'));
    assert.equal(finding.severity, 'warning');
    assert.equal(finding.count, 11);
    assert.equal(finding.scope.endpoint, '127.0.0.1:9000');
    assert.match(finding.evidence[0].text, /one request, closed by the web server \d+ µs after END_REQUEST$/);
  });

  it('tells what becomes of TIME_WAIT: it moves with FIN, and is saved with RST', () => {
    const closed = (close: (c: Conversation) => void) => {
      const s = scene();
      for (let i = 0; i < 5; i++) close(exchanges(s.conversation(i), 1));
      return theFinding(keepConnWithoutPool, s.capture());
    };
    const withFin = closed((c) => webServerCloses(c.wait(0.0001)));
    assert.match(withFin.detail, /Nothing is saved, and TIME_WAIT moves from the application/);
    assert.doesNotMatch(withFin.detail, /RST/);
    const withReset = closed((c) => c.rstWeb({ after: 0.0001 }));
    assert.equal(withReset.count, 5);
    assert.match(withReset.detail, /Nothing is saved but TIME_WAIT: it closes with RST\.$/);
    assert.doesNotMatch(withReset.detail, /moves/);
  });

  it('is silent for idle timeouts, for reused connections, without the flag, and for less than half', () => {
    for (const [pause, requests, keepConn] of [
      [2, 1, true],
      [0.0001, 2, true],
      [0.0001, 1, false],
    ] as const) {
      const s = scene();
      for (let i = 0; i < 6; i++)
        webServerCloses(exchanges(s.conversation(i * 3), requests, 0.1, keepConn).wait(pause));
      assert.deepEqual(findingsOf(keepConnWithoutPool, s.capture()), []);
    }
    const s = scene();
    for (let i = 0; i < 4; i++) webServerCloses(exchanges(s.conversation(i), 1));
    for (let i = 0; i < 4; i++) applicationCloses(exchanges(s.conversation(i + 0.5), 1, 0.1, false));
    assert.deepEqual(findingsOf(keepConnWithoutPool, s.capture()), []);
  });
});

describe('keep-alive-broken', () => {
  it('warns, and names the end of STDIN that came apart', () => {
    const finding = theFinding(keepAliveBroken, made('keep-alive-broken'));
    assert.equal(finding.severity, 'warning');
    assert.equal(finding.count, 4);
    assert.match(finding.detail, /end of STDIN came in a later packet/);
  });

  it('is a note on one connection', () => {
    const s = scene();
    applicationCloses(exchanges(s.conversation(), 1));
    const finding = theFinding(keepAliveBroken, s.capture());
    assert.equal(finding.severity, 'note');
    assert.doesNotMatch(finding.detail, /STDIN/);
  });

  it('is silent where the flag is not set, where a later request retires the worker, and after an idle time', () => {
    for (const [requests, pause, keepConn] of [
      [1, 0.001, false],
      [3, 0.001, true],
      [1, 5, true],
    ] as const) {
      const s = scene();
      for (let i = 0; i < 4; i++)
        applicationCloses(exchanges(s.conversation(i * 6), requests, 0.1, keepConn).wait(pause));
      assert.deepEqual(findingsOf(keepAliveBroken, s.capture()), []);
    }
  });
});

describe('connection-recycled', () => {
  it('names the number of requests and the side', () => {
    const finding = theFinding(connectionRecycled, made('connection-recycled'));
    assert.equal(finding.severity, 'note');
    assert.equal(finding.count, 4);
    assert.match(finding.title, /4 by the web server after 3 answered requests$/);
  });

  it('names the idle time', () => {
    const s = scene();
    for (let i = 0; i < 4; i++) webServerCloses(exchanges(s.conversation(i * 3), 1 + i).wait(2 + i * 0.003));
    const finding = theFinding(connectionRecycled, s.capture());
    assert.match(finding.title, /4 by the web server after 2\.0\d s without a request$/);
  });

  it('needs three that agree, or two after many requests', () => {
    const few = scene();
    for (let i = 0; i < 2; i++) webServerCloses(exchanges(few.conversation(i * 9), 4));
    assert.deepEqual(findingsOf(connectionRecycled, few.capture()), []);
    const many = scene();
    for (let i = 0; i < 2; i++) webServerCloses(exchanges(many.conversation(i * 9), 12));
    assert.match(
      theFinding(connectionRecycled, many.capture()).title,
      /2 by the web server after 12 answered requests/,
    );
  });

  it('is silent where nothing is regular', () => {
    const s = scene();
    for (const [i, count] of [2, 5, 3, 7, 4].entries()) {
      webServerCloses(exchanges(s.conversation(i * 9), count).wait(0.001));
    }
    for (const [i, count] of [2, 5, 3].entries()) {
      webServerCloses(exchanges(s.conversation(60 + i * 20), count).wait(1 + i * 1.7));
    }
    assert.deepEqual(findingsOf(connectionRecycled, s.capture()), []);
  });
});

describe('stale-keep-alive-race', () => {
  it('names where the request was sent again, and that a POST was not', () => {
    const finding = theFinding(staleKeepAliveRace, made('stale-keep-alive-race'));
    assert.equal(finding.severity, 'warning');
    assert.equal(finding.count, 2);
    assert.match(
      finding.evidence[0].text,
      /^GET \/cart .*FIN came 40 µs after it was sent; sent again .* on 127\.0\.0\.1:40002/,
    );
    assert.match(finding.evidence[1].text, /^POST \/order .*not sent again$/);
    assert.deepEqual(findingsOf(prematureClose, made('stale-keep-alive-race')), []);
  });

  it('is silent, and a premature close, where nothing was answered before or the application had time to see it', () => {
    const s = scene();
    s.conversation(0)
      .connect()
      .web(request({ keepConn: true }))
      .finApp({ after: 0.001 })
      .finWeb();
    const later = exchanges(s.conversation(1), 2).web(request({ uri: '/crash', keepConn: true }));
    later.finApp({ after: 0.3 }).finWeb();
    assert.deepEqual(findingsOf(staleKeepAliveRace, s.capture()), []);
    assert.equal(theFinding(prematureClose, s.capture()).count, 2);
  });

  it('allows for a long way: twice the round trip of the handshake', () => {
    const s = scene();
    const c = s.conversation().syn().synAck({ after: 0.12 }).ackWeb();
    c.web(request({ keepConn: true })).app(phpResponse(), { after: 0.13 });
    c.web(request({ uri: '/next', keepConn: true }), { after: 0.2, acknowledge: false })
      .finApp({ after: 0.11 })
      .finWeb();
    assert.equal(theFinding(staleKeepAliveRace, s.capture()).count, 1);
  });

  it('is silent where the web server closed first', () => {
    const s = scene();
    exchanges(s.conversation(), 1)
      .web(request({ keepConn: true }))
      .finWeb({ after: 0.01 })
      .finApp();
    assert.deepEqual(findingsOf(staleKeepAliveRace, s.capture()), []);
  });
});

describe('stuck-on-reuse', () => {
  it('needs the second request of several connections to wait in vain', () => {
    const finding = theFinding(stuckOnReuse, made('stuck-on-reuse'));
    assert.equal(finding.severity, 'error');
    assert.equal(finding.count, 3);
    assert.match(
      finding.evidence[0].text,
      /^GET \/event\?second=0 .*no byte for 6\.00 s; the first request .* after 5\d\d µs$/,
    );
  });

  it('is silent for one connection, for quick closes, and where later requests are answered', () => {
    const wait = (c: Conversation, seconds: number) =>
      exchanges(c, 1)
        .web(request({ uri: '/second', keepConn: true }))
        .finWeb({ after: seconds })
        .finApp();
    const one = scene();
    wait(one.conversation(), 6);
    const quick = scene();
    for (let i = 0; i < 3; i++) wait(quick.conversation(i), 0.4);
    const answered = scene();
    for (let i = 0; i < 2; i++) wait(answered.conversation(i), 6);
    for (let i = 0; i < 3; i++) exchanges(answered.conversation(i), 3);
    for (const each of [one, quick, answered]) assert.deepEqual(findingsOf(stuckOnReuse, each.capture()), []);
  });

  it('does not call long polls at the end of the capture stuck', () => {
    const s = scene();
    for (let i = 0; i < 3; i++) exchanges(s.conversation(i), 1).web(request({ uri: '/poll', keepConn: true }));
    s.conversation(4.9).connect();
    assert.deepEqual(findingsOf(stuckOnReuse, s.capture()), []);
  });
});

describe('all of them', () => {
  it('stay silent on a healthy capture', () => {
    for (const name of ['healthy-keep-alive', 'quirks', 'time-wait-application-side']) {
      for (const check of CHECKS) assert.deepEqual(findingsOf(check, made(name)), [], `${check.id} on ${name}`);
    }
  });

  it('fire on no other fixture of theirs than their own', () => {
    const others: Readonly<Record<string, readonly string[]>> = {
      'keep-conn-without-pool': ['keep-conn-without-pool'],
    };
    for (const fixture of fixtures) {
      for (const check of CHECKS) {
        const expected = fixture.fires.includes(check.id) || (others[check.id] ?? []).includes(fixture.name);
        assert.equal(findingsOf(check, fixture.make()).length > 0, expected, `${check.id} on ${fixture.name}`);
      }
    }
  });

  it('are not applicable without packets or payload', () => {
    for (const check of CHECKS) {
      assert.equal(runCheck(check, NO_INPUT), 'not-applicable');
      assert.equal(runCheck(check, DUMP_TEXT), 'not-applicable');
    }
  });
});
