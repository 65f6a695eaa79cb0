// capture-limits: what an input does not show, and that a whole capture has nothing to say.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { captureLimits } from '../../../src/analysis/checks/capture-limits.js';
import type { FixtureCase } from '../../fixtures/case.js';
import { fixtures } from '../../fixtures/cases/capture-files.js';
import { fixtures as streams } from '../../fixtures/cases/streams.js';
import { request, response } from '../../support/fastcgi-messages.js';
import { DUMP_TEXT, findingsOf, NO_INPUT, runCheck, theFinding } from '../../support/run-check.js';
import { scene } from '../../support/scene.js';

function named(list: readonly FixtureCase[], name: string): Uint8Array {
  const fixture = list.find((each) => each.name === name);
  assert.ok(fixture, name);
  return fixture.make();
}

describe('capture-limits', () => {
  it('tells each kind of limit', () => {
    const titles = [
      [named(fixtures, 'cut-file'), /: the file is cut$/],
      [named(fixtures, 'snapshot-length-96'), /6 packets cut by the snapshot length/],
      [named(fixtures, 'duplicates-any'), /22 packets captured twice/],
      [named(streams, 'lost-segment'), /1 hole in TCP streams/],
      [named(streams, 'midstream-start'), /1 connection without a beginning/],
      [DUMP_TEXT, /text without payload/],
    ] as const;
    for (const [bytes, pattern] of titles) {
      const finding = theFinding(captureLimits, bytes);
      assert.equal(finding.severity, 'note');
      assert.match(finding.title, pattern);
      assert.equal(finding.evidence.length, finding.count);
    }
  });

  it('tells a capture of one direction only', () => {
    const s = scene();
    const c = s.conversation().connect({ captured: false });
    c.web(request({ keepConn: true }))
      .app(response(), { captured: false, acknowledge: false })
      .web(request(), { after: 1 });
    s.conversations[0].packets.splice(0, Infinity, ...c.packets.filter(({ side }) => side === 0));
    assert.match(theFinding(captureLimits, s.capture()).title, /1 connection seen in one direction only/);
  });

  it('is silent for whole captures, with unanswered SYNs and refused connections too', () => {
    for (const fixture of fixtures) {
      if (!fixture.fires.includes('capture-limits'))
        assert.deepEqual(findingsOf(captureLimits, fixture.make()), [], fixture.name);
    }
    const s = scene();
    s.conversation(0).connect().web(request()).app(response()).finApp().finWeb();
    s.conversation(1).synUnanswered();
    s.conversation(9).refused();
    assert.deepEqual(findingsOf(captureLimits, s.capture()), []);
  });

  it('is not applicable without packets', () => {
    assert.equal(runCheck(captureLimits, NO_INPUT), 'not-applicable');
  });
});
