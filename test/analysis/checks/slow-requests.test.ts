// slow-application, slow-upload and slow-reader: which part of a request's time is slow, and what they leave to others.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { slowApplication } from '../../../src/analysis/checks/slow-application.js';
import { slowReader } from '../../../src/analysis/checks/slow-reader.js';
import { slowUpload } from '../../../src/analysis/checks/slow-upload.js';
import { fixtures as bodies } from '../../fixtures/cases/request-bodies.js';
import { fixtures } from '../../fixtures/cases/slow-requests.js';
import { applicationCloses, plainExchange } from '../../fixtures/dialogue.js';
import { request, response, stdout } from '../../support/fastcgi-messages.js';
import { DUMP_TEXT, findingsOf, NO_INPUT, runCheck, theFinding } from '../../support/run-check.js';
import { scene } from '../../support/scene.js';

const CHECKS = [slowApplication, slowUpload, slowReader] as const;
const FIRING = [slowApplication, slowApplication, slowUpload, slowReader] as const;

/** Two workers of 0.8 s each and sixteen requests at once: up to 6.4 s, of which 0.8 s is work. */
function queued(work: number): Uint8Array {
  const s = scene();
  for (let index = 0; index < 16; index++) {
    const c = s
      .conversation(index * 0.0005)
      .connect()
      .web(request({ uri: `/job/${index}` }));
    const done = (Math.floor(index / 2) + 1) * work + (index % 2) * 0.0004;
    applicationCloses(c.app(response(), { at: 0.01 + done + index * 0.00001 }));
  }
  return s.capture();
}

describe('slow requests', () => {
  it('each fixture fires its own finding and none of the others', () => {
    fixtures.forEach((fixture, index) => {
      for (const check of CHECKS) {
        const found = findingsOf(check, fixture.make());
        assert.equal(found.length, check === FIRING[index] ? 1 : 0, `${check.id} on ${fixture.name}`);
      }
    });
  });

  it('slow-application gives figures, the slowest request first', () => {
    const finding = theFinding(slowApplication, fixtures[0].make());
    assert.equal(finding.severity, 'warning');
    assert.equal(finding.count, 3);
    assert.match(finding.title, /^3 of 7 requests .* median 2\.07 s, longest 4\.31 s$/);
    assert.match(finding.evidence[0].text, /^GET \/search\?q=everything: 4\.31 s \(application 4\.31 s\)$/);
    assert.doesNotMatch(finding.detail, /fixed length/);
  });

  it('slow-application calls times that are all alike a wait of fixed length', () => {
    assert.match(theFinding(slowApplication, fixtures[1].make()).detail, /2\.00 s: that is a wait of fixed length/);
  });

  it('slow-application heeds the one that took less, whichever it is', () => {
    for (const quick of [0, 1, 2, 3, 4]) {
      const s = scene();
      for (let index = 0; index < 5; index++) {
        const begin = index * 10;
        const c = s
          .conversation(begin)
          .connect()
          .web(request({ uri: `/report/${index}` }));
        applicationCloses(c.app(response(), { at: begin + (index === quick ? 1.1 : 3) }));
      }
      const { detail, count } = theFinding(slowApplication, s.capture());
      assert.equal(count, 5);
      assert.doesNotMatch(detail, /fixed length/, `${quick}`);
    }
  });

  it('slow-application takes off what a request waited in the queue', () => {
    assert.deepEqual(findingsOf(slowApplication, queued(0.8)), []);
    const finding = theFinding(slowApplication, queued(1.5));
    assert.equal(finding.count, 16);
    assert.match(finding.title, /median 1\.5\d s, longest 1\.5\d s/);
    assert.match(finding.evidence.map(({ text }) => text).join(), /in the queue \d/);
  });

  it('slow-application says so where no byte was answered', () => {
    const s = scene();
    plainExchange(s.conversation(0), {}, {});
    s.conversation(1)
      .connect()
      .web(request({ uri: '/hangs' }))
      .finWeb({ after: 30 });
    const finding = theFinding(slowApplication, s.capture());
    assert.match(finding.detail, /To all of them no byte was answered .* packets do not show/);
    assert.match(finding.evidence[0].text, /30\.0 s, not finished/);
  });

  it('they leave requests that others explain to those', () => {
    const s = scene();
    // Closed by the application, STDOUT ended without END_REQUEST, PARAMS never ended.
    s.conversation(0).connect().web(request()).finApp({ after: 3 }).finWeb();
    s.conversation(1)
      .connect()
      .web(request())
      .app(stdout('Status: 200 OK\r\n\r\n', { end: true }))
      .wait(4)
      .keepAliveWeb();
    s.conversation(2)
      .connect()
      .web(request({ paramsEnd: false }))
      .wait(4)
      .keepAliveWeb();
    for (const check of CHECKS) {
      assert.deepEqual(findingsOf(check, s.capture()), []);
      for (const fixture of bodies)
        assert.deepEqual(findingsOf(check, fixture.make()), [], `${check.id} on ${fixture.name}`);
    }
  });

  it('they are silent for requests of less than a second', () => {
    const s = scene();
    for (let index = 0; index < 5; index++) plainExchange(s.conversation(index * 2), {}, {}, 0.97);
    for (const check of CHECKS) assert.deepEqual(findingsOf(check, s.capture()), []);
  });

  it('they are not applicable without payload or packets', () => {
    for (const check of CHECKS) {
      assert.equal(runCheck(check, NO_INPUT), 'not-applicable');
      assert.equal(runCheck(check, DUMP_TEXT), 'not-applicable');
    }
  });
});
