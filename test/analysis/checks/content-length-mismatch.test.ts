// content-length-mismatch: bodies shorter or longer than declared, and the answers that rightly have none.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { contentLengthMismatch } from '../../../src/analysis/checks/content-length-mismatch.js';
import { fixtures } from '../../fixtures/cases/application-answers.js';
import { fixtures as streams } from '../../fixtures/cases/streams.js';
import { filler, plainExchange } from '../../fixtures/dialogue.js';
import type { RequestFields, ResponseFields } from '../../support/fastcgi-messages.js';
import { cgiResponse, request, stdout } from '../../support/fastcgi-messages.js';
import { DUMP_TEXT, findingsOf, NO_INPUT, runCheck, theFinding } from '../../support/run-check.js';
import { scene } from '../../support/scene.js';
import { scgiRequest } from '../../support/scgi-messages.js';

function answered(asked: RequestFields, answer: ResponseFields): Uint8Array {
  const s = scene();
  plainExchange(s.conversation(), asked, answer);
  return s.capture();
}

describe('content-length-mismatch', () => {
  it('tells how many bytes are missing or too many', () => {
    const finding = theFinding(contentLengthMismatch, fixtures[3].make());
    assert.equal(finding.severity, 'warning');
    assert.match(finding.title, /2 responses .*: 1 too short, 1 too long/);
    assert.match(finding.evidence[0].text, /Content-Length 26, body 30 bytes \(4 too many\)/);
    assert.match(finding.evidence[1].text, /Content-Length 4,096, body 1,380 bytes \(2,716 too few\)/);
  });

  it('also sees it in an SCGI answer', () => {
    const s = scene('127.0.0.1:4000');
    const body = cgiResponse({ headers: { 'Content-Length': '100' }, body: 'short' });
    s.conversation()
      .connect()
      .web(scgiRequest({ uri: '/a' }))
      .app(body)
      .finApp()
      .finWeb();
    assert.match(theFinding(contentLengthMismatch, s.capture()).title, /1 too short/);
  });

  it('is silent for HEAD, 204, 304, a right length, none, and one that is no number', () => {
    const declared = { headers: { 'Content-Length': '500' } };
    assert.deepEqual(findingsOf(contentLengthMismatch, answered({ method: 'HEAD' }, declared)), []);
    for (const status of [204, 304])
      assert.deepEqual(findingsOf(contentLengthMismatch, answered({}, { ...declared, status })), []);
    assert.deepEqual(findingsOf(contentLengthMismatch, answered({}, { ...declared, body: filler(500) })), []);
    assert.deepEqual(findingsOf(contentLengthMismatch, answered({}, { body: filler(500) })), []);
    assert.deepEqual(findingsOf(contentLengthMismatch, answered({}, { headers: { 'Content-Length': 'many' } })), []);
  });

  it('leaves an answer that never ended to truncated-response', () => {
    const s = scene();
    const c = s.conversation().connect().web(request());
    c.app(stdout(cgiResponse({ headers: { 'Content-Length': '500' }, body: 'half' })))
      .finApp()
      .finWeb();
    assert.deepEqual(findingsOf(contentLengthMismatch, s.capture()), []);
  });

  it('claims nothing where bytes of the answer are missing from the capture', () => {
    const lost = streams.find(({ name }) => name === 'lost-segment');
    assert.ok(lost);
    assert.deepEqual(findingsOf(contentLengthMismatch, lost.make()), []);
  });

  it('is not applicable without payload or packets', () => {
    assert.equal(runCheck(contentLengthMismatch, NO_INPUT), 'not-applicable');
    assert.equal(runCheck(contentLengthMismatch, DUMP_TEXT), 'not-applicable');
  });
});
