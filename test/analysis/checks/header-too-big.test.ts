// header-too-big: heads over the buffers of web servers, STDERR before them included where the web server gave up.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { headerTooBig } from '../../../src/analysis/checks/header-too-big.js';
import { fixtures } from '../../fixtures/cases/application-answers.js';
import { filler, plainExchange } from '../../fixtures/dialogue.js';
import { DUMP_TEXT, findingsOf, NO_INPUT, runCheck, theFinding } from '../../support/run-check.js';
import { scene } from '../../support/scene.js';

function headOf(size: number, stderr?: string): Uint8Array {
  const s = scene();
  const answer = {
    headers: { 'X-Large': filler(size) },
    body: filler(9000),
    ...(stderr === undefined ? {} : { stderr }),
  };
  plainExchange(s.conversation(), {}, answer);
  return s.capture();
}

describe('header-too-big', () => {
  it('tells the size, and that the web server closed', () => {
    const finding = theFinding(headerTooBig, fixtures[2].make());
    assert.equal(finding.severity, 'warning');
    assert.match(finding.title, /up to 5,373 bytes, over the 4,096 that nginx takes/);
    assert.match(finding.evidence[0].text, /; then the web server closed$/);
  });

  it('counts STDERR where the web server gave up', () => {
    const finding = theFinding(headerTooBig, fixtures[4].make());
    assert.match(finding.evidence[0].text, /a response head of 68 bytes and 4,250 bytes of STDERR/);
  });

  it('names the larger limit for heads over 8,192 bytes', () => {
    assert.match(theFinding(headerTooBig, headOf(9000)).title, /over the 8,192 that Apache and the 4,096 that nginx/);
  });

  it('is silent for heads that fit, also with much STDERR that did no harm', () => {
    assert.deepEqual(findingsOf(headerTooBig, headOf(3900)), []);
    assert.deepEqual(findingsOf(headerTooBig, headOf(100, filler(6000))), []);
  });

  it('is silent for output without any head, which is another mistake', () => {
    const s = scene();
    plainExchange(s.conversation(), {}, { headers: { [`no header ${filler(5000)}\nat all`]: 'x' } });
    const facts = findingsOf(headerTooBig, s.capture());
    assert.deepEqual(facts, []);
  });

  it('is not applicable without payload or packets', () => {
    assert.equal(runCheck(headerTooBig, NO_INPUT), 'not-applicable');
    assert.equal(runCheck(headerTooBig, DUMP_TEXT), 'not-applicable');
  });
});
