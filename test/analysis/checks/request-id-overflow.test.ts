// request-id-overflow: id 0, unanswered or answered all the same, and ids that grow over connections.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { requestIdOverflow } from '../../../src/analysis/checks/request-id-overflow.js';
import { fixtures } from '../../fixtures/cases/request-id-overflow.js';
import { renumbered } from '../../fixtures/dialogue.js';
import { request, response } from '../../support/fastcgi-messages.js';
import { DUMP_TEXT, findingsOf, NO_INPUT, runCheck, theFinding } from '../../support/run-check.js';
import { scene } from '../../support/scene.js';

/** One request with each id on a connection of its own, a second apart, all answered. */
function withIds(ids: readonly number[], interval = 1): Uint8Array {
  const s = scene();
  ids.forEach((id, index) => {
    const c = s
      .conversation(index * interval)
      .connect()
      .web(renumbered(request(), id));
    c.app(renumbered(response(), id), { after: 0.001 }).finApp().finWeb();
  });
  return s.capture();
}

describe('request-id-overflow', () => {
  it('is an error where requests with id 0 get no answer', () => {
    const finding = theFinding(requestIdOverflow, fixtures[0].make());
    assert.equal(finding.severity, 'error');
    assert.equal(finding.count, 2);
    assert.equal(finding.scope.endpoint, '127.0.0.1:1026');
    assert.match(finding.title, /2 requests begun with request id 0 .* 2 not answered/);
    assert.match(finding.evidence[0].text, /no answer, the application closed after/);
    assert.ok(finding.evidence[0].packet! > 0);
  });

  it('is a note where they are answered all the same', () => {
    const finding = theFinding(requestIdOverflow, withIds([1, 0, 1]));
    assert.equal(finding.severity, 'note');
    assert.equal(finding.count, 1);
    assert.match(finding.detail, /answered/);
  });

  it('warns of ids that grow towards 65535, and says when they get there', () => {
    const finding = theFinding(requestIdOverflow, fixtures[1].make());
    assert.equal(finding.severity, 'warning');
    assert.match(finding.title, /64,930 of 65,535, which at this rate are used up in 10 min/);
  });

  it('needs only a few connections whose ids are all close to the end', () => {
    assert.equal(theFinding(requestIdOverflow, withIds([65_001, 65_002, 65_003])).severity, 'warning');
  });

  it('only notes growth that is far from the end', () => {
    const ids = Array.from({ length: 25 }, (_, index) => 3000 + index);
    assert.equal(theFinding(requestIdOverflow, withIds(ids)).severity, 'note');
  });

  it('is silent for id 1 everywhere, for a few small ids, and for ids that go up and down', () => {
    assert.deepEqual(findingsOf(requestIdOverflow, withIds(Array.from({ length: 30 }, () => 1))), []);
    assert.deepEqual(findingsOf(requestIdOverflow, withIds(Array.from({ length: 30 }, (_, index) => index + 1))), []);
    assert.deepEqual(
      findingsOf(requestIdOverflow, withIds(Array.from({ length: 30 }, (_, index) => 2000 + (index % 3)))),
      [],
    );
    assert.deepEqual(findingsOf(requestIdOverflow, withIds([2001, 2002, 2003])), []);
    assert.deepEqual(findingsOf(requestIdOverflow, withIds([61_000, 64_000, 60_500])), []);
  });

  it('is silent for ids that grow within one kept connection, as HAProxy counts them', () => {
    const c = scene().conversation().connect();
    for (let id = 1; id < 80; id += 2) {
      c.web(request({ id, keepConn: true }), { after: 0.01 }).app(response({ id }), { after: 0.001 });
    }
    const s = scene();
    s.conversations.push(c);
    assert.deepEqual(findingsOf(requestIdOverflow, s.capture()), []);
  });

  it('is not applicable without payload or packets', () => {
    assert.equal(runCheck(requestIdOverflow, NO_INPUT), 'not-applicable');
    assert.equal(runCheck(requestIdOverflow, DUMP_TEXT), 'not-applicable');
  });
});
