// stuck-accept-queue and its causes: workers-exhausted, accept-blocked, keep-alive-pins-workers; and uneven-load.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { acceptBlocked } from '../../../src/analysis/checks/accept-blocked.js';
import { keepAlivePinsWorkers } from '../../../src/analysis/checks/keep-alive-pins-workers.js';
import { stuckAcceptQueue } from '../../../src/analysis/checks/stuck-accept-queue.js';
import { unevenLoad } from '../../../src/analysis/checks/uneven-load.js';
import { workersExhausted } from '../../../src/analysis/checks/workers-exhausted.js';
import { fixtures as keepAlive } from '../../fixtures/cases/keep-alive.js';
import { fixtures } from '../../fixtures/cases/queues.js';
import { fixtures as slow } from '../../fixtures/cases/slow-requests.js';
import { phpResponse } from '../../fixtures/dialogue.js';
import { served } from '../../fixtures/service.js';
import { request } from '../../support/fastcgi-messages.js';
import { DUMP_TEXT, findingsOf, NO_INPUT, runCheck, theFinding } from '../../support/run-check.js';
import { capture, scene } from '../../support/scene.js';

const CAUSES = [workersExhausted, acceptBlocked, keepAlivePinsWorkers];

function made(name: string): Uint8Array {
  const fixture = [...fixtures, ...keepAlive, ...slow].find((each) => each.name === name);
  assert.ok(fixture, name);
  return fixture.make();
}

describe('stuck-accept-queue', () => {
  it('tells how many queue, how long, and how that is known', () => {
    const finding = theFinding(stuckAcceptQueue, made('workers-exhausted'));
    assert.equal(finding.severity, 'error');
    assert.equal(finding.count, 7);
    assert.match(
      finding.title,
      /^7 requests to 127\.0\.0\.1:9000 queued .*: up to 7 at once, the longest for 1\.8\d s$/,
    );
    assert.match(finding.detail, /in the order of their arrival by 2 slots/);
    assert.match(finding.detail, /whether a connection was accepted only the host can tell/);
    assert.match(finding.evidence[2].text, /^GET \/slow\.php\?i=8 on .* queued for 1\.8/);
  });

  it('never says "not accepted" of a capture', () => {
    for (const name of ['workers-exhausted', 'accept-blocked', 'accept-blocked-still', 'keep-alive-pins-workers']) {
      const { title, detail } = theFinding(stuckAcceptQueue, made(name));
      assert.doesNotMatch(title + detail, /not accepted/);
    }
  });

  it('says who never got an answer', () => {
    const finding = theFinding(stuckAcceptQueue, made('accept-blocked-still'));
    assert.match(finding.detail, /4 of them never got one/);
  });

  it('is silent for slow requests of every kind', () => {
    for (const name of ['slow-without-queue', 'long-poll-broadcast', 'slow-application', 'long-polls', 'slow-upload']) {
      assert.deepEqual(findingsOf(stuckAcceptQueue, made(name)), [], name);
    }
  });

  it('is one finding for each listener', () => {
    const rush = Array.from({ length: 8 }, (_, i) => ({ at: i * 0.02, takes: 0.4 + (i % 3) * 0.0005 }));
    const scenes = [9001, 9002].map((port) => scene(`127.0.0.1:${port}`));
    for (const each of scenes) served(each, 2, rush);
    const found = findingsOf(stuckAcceptQueue, capture(scenes.flatMap((each) => each.conversations)));
    assert.deepEqual(found.map(({ scope }) => scope.endpoint).sort(), ['127.0.0.1:9001', '127.0.0.1:9002']);
  });
});

describe('its causes', () => {
  it('workers-exhausted: the number of slots, and what held them', () => {
    const finding = theFinding(workersExhausted, made('workers-exhausted'));
    assert.match(
      finding.title,
      /^127\.0\.0\.1:9000 serves 2 requests at a time, and all 2 places are taken while up to 7 wait$/,
    );
    assert.deepEqual(
      finding.evidence.map(({ text }) => text.split(' on ')[0]),
      ['GET /slow.php?i=0', 'GET /slow.php?i=1'],
    );
    const polls = theFinding(workersExhausted, made('long-poll-starvation'));
    assert.match(polls.title, /serves 3 requests at a time/);
    assert.match(polls.evidence[0].text, /^GET \/poll\?user=1 on .* held a slot until 2\.50 s \(2\.00 s/);
  });

  it('accept-blocked: the connection that blocks, closed or still there', () => {
    const closed = theFinding(acceptBlocked, made('accept-blocked'));
    assert.equal(closed.count, 5);
    assert.match(closed.detail, /answered at once when it closed/);
    assert.match(
      closed.evidence[0].text,
      /sent BEGIN_REQUEST and 300 bytes in all, but no end of PARAMS for 2\.40 s, until it closed/,
    );
    const open = theFinding(acceptBlocked, made('accept-blocked-still'));
    assert.match(open.detail, /still stands there/);
    assert.match(open.evidence[0].text, /sent nothing for 3\.90 s, until the capture ends/);
  });

  it('keep-alive-pins-workers: the idle connection whose close ended the waits', () => {
    const finding = theFinding(keepAlivePinsWorkers, made('keep-alive-pins-workers'));
    assert.equal(finding.count, 4);
    assert.match(
      finding.title,
      /^1 idle kept connection to 10\.0\.0\.5:9000 occupied workers while up to 4 requests waited$/,
    );
    assert.match(finding.evidence[0].text, /was open and idle for 3\.00 s, then closed$/);
  });

  it('keep-alive-pins-workers: idle connections that stay until the capture ends, and who waits in vain', () => {
    const pinned = (gaveUp: boolean) => {
      const s = scene();
      for (const start of [0, 0.1]) {
        const kept = s
          .conversation(start)
          .connect()
          .web(request({ uri: '/page', keepConn: true }));
        kept.app(phpResponse({ body: 'ok' }), { after: 0.002 }).keepAliveWeb({ at: 7 });
      }
      for (const start of [1, 1.3, 1.7, 2.2]) {
        const waiting = s
          .conversation(start)
          .connect()
          .web(request({ uri: '/cron' }));
        if (gaveUp) waiting.finWeb({ at: 6 + start / 100, acknowledge: false }).ackApp();
      }
      return s.capture();
    };
    for (const gaveUp of [false, true]) {
      const bytes = pinned(gaveUp);
      const finding = theFinding(keepAlivePinsWorkers, bytes);
      assert.equal(finding.severity, 'error');
      assert.equal(finding.count, 4);
      assert.match(
        finding.title,
        /^2 idle kept connections to 127\.0\.0\.1:9000 occupied workers while up to 4 requests waited in vain$/,
      );
      assert.match(finding.evidence[0].text, /^127\.0\.0\.1:40001 to .* stayed open, 1 request on it in all$/);
      assert.match(theFinding(stuckAcceptQueue, bytes).detail, /was answered any more/);
      for (const check of [workersExhausted, acceptBlocked]) assert.deepEqual(findingsOf(check, bytes), [], check.id);
    }
  });

  it('keep-alive-pins-workers is silent where kept connections are closed as soon as their request is done', () => {
    const s = scene();
    for (const c of served(
      s,
      2,
      Array.from({ length: 9 }, (_, i) => ({ at: i * 0.02, takes: 0.3 + i * 0.0002 })),
      true,
    )) {
      assert.ok(c.packets.length > 0);
    }
    assert.equal(findingsOf(stuckAcceptQueue, s.capture()).length, 1);
    assert.deepEqual(findingsOf(keepAlivePinsWorkers, s.capture()), []);
  });

  it('each fires on its own queue only', () => {
    for (const fixture of [...fixtures, ...keepAlive]) {
      for (const check of CAUSES) {
        if (fixture.name === 'uneven-load' && check === workersExhausted) continue;
        const expected = fixture.fires.includes(check.id);
        assert.equal(findingsOf(check, fixture.make()).length > 0, expected, `${check.id} on ${fixture.name}`);
      }
    }
  });
});

describe('uneven-load', () => {
  it('names the shares', () => {
    const finding = theFinding(unevenLoad, made('uneven-load'));
    assert.equal(finding.severity, 'warning');
    assert.match(finding.title, /^127\.0\.0\.1:9001 takes 82% of the 22 requests that 2 share/);
    assert.match(finding.evidence[1].text, /^127\.0\.0\.1:9002: 4 requests \(18%\)$/);
  });

  it('is silent where nobody queues, and where the queueing load is even', () => {
    const idle = [scene('127.0.0.1:9001'), scene('127.0.0.1:9002')];
    served(
      idle[0],
      8,
      Array.from({ length: 24 }, (_, i) => ({ at: i * 0.1, takes: 0.02 })),
    );
    served(
      idle[1],
      8,
      Array.from({ length: 3 }, (_, i) => ({ at: i * 0.1, takes: 0.02 })),
    );
    const even = [scene('127.0.0.1:9001'), scene('127.0.0.1:9002')];
    for (const each of even) {
      served(
        each,
        2,
        Array.from({ length: 12 }, (_, i) => ({ at: i * 0.02, takes: 0.4 + (i % 4) * 0.0004 })),
      );
    }
    for (const scenes of [idle, even]) {
      assert.deepEqual(findingsOf(unevenLoad, capture(scenes.flatMap((each) => each.conversations))), []);
    }
    assert.equal(findingsOf(stuckAcceptQueue, capture(even.flatMap((each) => each.conversations))).length, 2);
  });
});

it('they are not applicable without packets or payload', () => {
  for (const check of [stuckAcceptQueue, ...CAUSES, unevenLoad]) {
    assert.equal(runCheck(check, NO_INPUT), 'not-applicable');
    assert.equal(runCheck(check, DUMP_TEXT), 'not-applicable');
  }
});
