// time-wait-application-side and time-wait-web-server-side: who is left with TIME_WAIT, and what it comes to.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { timeWaitApplicationSide } from '../../../src/analysis/checks/time-wait-application-side.js';
import { timeWaitWebServerSide } from '../../../src/analysis/checks/time-wait-web-server-side.js';
import { fixtures } from '../../fixtures/cases/time-wait.js';
import { phpResponse, plainExchange, webServerCloses } from '../../fixtures/dialogue.js';
import { request } from '../../support/fastcgi-messages.js';
import { DUMP_TEXT, findingsOf, NO_INPUT, runCheck, theFinding } from '../../support/run-check.js';
import { capture, type Scene, scene } from '../../support/scene.js';

/** `count` connections, `step` seconds apart, closed first by the application or by the web server. */
function closes(s: Scene, count: number, step: number, byWebServer: boolean, from = 0): Scene {
  for (let i = 0; i < count; i++) {
    const c = s.conversation(from + i * step);
    if (byWebServer) webServerCloses(c.connect().web(request()).app(phpResponse()));
    else plainExchange(c, {}, {});
  }
  return s;
}

describe('time-wait-application-side', () => {
  it('counts, says whether KEEP_CONN was asked for, and what it comes to', () => {
    const finding = theFinding(timeWaitApplicationSide, fixtures[0].make());
    assert.equal(finding.severity, 'note');
    assert.equal(finding.count, 12);
    assert.deepEqual(finding.scope, { endpoint: '127.0.0.1:9000' });
    assert.match(finding.title, /^12 of 12 closed connections leave TIME_WAIT on the application's side/);
    assert.match(finding.detail, /KEEP_CONN was not set/);
    assert.match(finding.detail, /At the rate of this capture 64 sockets/);
    assert.equal(finding.evidence[0].packet, 8);
  });

  it('is a warning from 1,000 at once on, and of a burst never more', () => {
    const finding = theFinding(timeWaitApplicationSide, closes(scene(), 20, 0.05, false).capture());
    assert.equal(finding.severity, 'warning');
    assert.match(finding.detail, /a burst of 95\d ms; at that pace 1,2\d\d sockets/);
  });

  it('is one finding over several endpoints, with the share of each', () => {
    const a = closes(scene('127.0.0.1:9001'), 8, 1, false);
    const b = closes(scene('127.0.0.1:9002'), 5, 1, false);
    const finding = theFinding(timeWaitApplicationSide, capture([...a.conversations, ...b.conversations]));
    assert.equal(finding.count, 13);
    assert.deepEqual(finding.scope, {});
    assert.deepEqual(
      finding.evidence.map(({ text }) => text.split(':').slice(0, 2).join(':')),
      ['127.0.0.1:9001', '127.0.0.1:9002'],
    );
  });

  it('is a note for few connections if all closes of the listener agree', () => {
    assert.equal(theFinding(timeWaitApplicationSide, closes(scene(), 3, 0.01, false).capture()).severity, 'note');
    const mixed = closes(closes(scene(), 3, 1, false), 1, 1, true, 0.5);
    assert.deepEqual(findingsOf(timeWaitApplicationSide, mixed.capture()), []);
  });

  it('is silent where they are less than a fifth', () => {
    const s = closes(closes(scene(), 50, 1, true), 10, 1, false, 0.5);
    assert.deepEqual(findingsOf(timeWaitApplicationSide, s.capture()), []);
  });

  it('is silent where a reset ended the connections, or nothing closes', () => {
    const s = scene();
    for (let i = 0; i < 12; i++) s.conversation(i).connect().web(request()).app(phpResponse()).rstApp();
    s.conversation(20)
      .connect()
      .web(request({ keepConn: true }))
      .app(phpResponse());
    assert.deepEqual(findingsOf(timeWaitApplicationSide, s.capture()), []);
  });
});

describe('time-wait-web-server-side', () => {
  it('tells the share of the ephemeral ports', () => {
    const finding = theFinding(timeWaitWebServerSide, fixtures[2].make());
    assert.equal(finding.count, 10);
    assert.match(finding.title, /^10 of 13 closed connections leave TIME_WAIT on the web server's side/);
    assert.match(finding.detail, /From 10\.0\.0\.2 to 10\.0\.0\.5:9000 that is 0 % of the 28,232 ports/);
    assert.equal(theFinding(timeWaitWebServerSide, fixtures[1].make()).count, 11);
  });

  it('is an error when one address pair passes half of the ports, but not of a burst', () => {
    // 240 a second: 14,400 in a minute.
    const rate = (seconds: number) => closes(scene(), 240 * seconds, 1 / 240, true).capture();
    assert.equal(theFinding(timeWaitWebServerSide, rate(11)).severity, 'error');
    assert.equal(theFinding(timeWaitWebServerSide, rate(2)).severity, 'warning');
  });

  it('counts each address pair for itself', () => {
    const scenes = ['10.0.0.2', '10.0.0.3'].map((host, i) =>
      closes(scene('10.0.0.5:9000', host), 1650, 1 / 150, true, i * 0.003),
    );
    const finding = theFinding(timeWaitWebServerSide, capture(scenes.flatMap((each) => each.conversations)));
    assert.equal(finding.severity, 'warning');
    assert.equal(finding.count, 3300);
  });

  it('is silent where the application closes', () => {
    assert.deepEqual(findingsOf(timeWaitWebServerSide, fixtures[0].make()), []);
  });
});

it('needs packets, no payload', () => {
  for (const check of [timeWaitApplicationSide, timeWaitWebServerSide]) {
    assert.equal(runCheck(check, NO_INPUT), 'not-applicable');
    assert.deepEqual(runCheck(check, DUMP_TEXT), []);
  }
});
