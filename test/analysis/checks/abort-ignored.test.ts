// abort-ignored: STDOUT content after ABORT_REQUEST.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { abortIgnored } from '../../../src/analysis/checks/abort-ignored.js';
import { abortRequest, endRequest } from '../../../src/fastcgi/encode.js';
import { fixtures } from '../../fixtures/cases/aborted-and-asked.js';
import { request, response, stdout } from '../../support/fastcgi-messages.js';
import { DUMP_TEXT, findingsOf, NO_INPUT, runCheck, theFinding } from '../../support/run-check.js';
import { scene } from '../../support/scene.js';

describe('abort-ignored', () => {
  it('notes an answer that came after the abort', () => {
    const finding = theFinding(abortIgnored, fixtures[0].make());
    assert.equal(finding.severity, 'note');
    assert.match(finding.evidence[0].text, /GET \/search\?q=everything .* answered to the end/);
  });

  it('tells an answer in part', () => {
    const s = scene();
    const c = s
      .conversation()
      .connect()
      .web(request({ keepConn: true }))
      .web(abortRequest(1));
    c.app(stdout('Content-Type: text/plain\r\n\r\nsome'));
    assert.match(theFinding(abortIgnored, s.capture()).evidence[0].text, /answered in part/);
  });

  it('is silent where END_REQUEST is the only answer to the abort', () => {
    const s = scene();
    s.conversation()
      .connect()
      .web(request({ keepConn: true }))
      .web(abortRequest(1))
      .app(endRequest(1));
    assert.deepEqual(findingsOf(abortIgnored, s.capture()), []);
  });

  it('is silent where the answer had come before the abort', () => {
    const s = scene();
    const c = s
      .conversation()
      .connect()
      .web(request({ keepConn: true }))
      .app(response());
    c.web(abortRequest(1));
    assert.deepEqual(findingsOf(abortIgnored, s.capture()), []);
  });

  it('is not applicable without payload or packets', () => {
    assert.equal(runCheck(abortIgnored, NO_INPUT), 'not-applicable');
    assert.equal(runCheck(abortIgnored, DUMP_TEXT), 'not-applicable');
  });
});
