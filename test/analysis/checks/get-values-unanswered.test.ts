// get-values-unanswered: GET_VALUES without a result while the connection lives.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { getValuesUnanswered } from '../../../src/analysis/checks/get-values-unanswered.js';
import { getValues, getValuesResult } from '../../../src/fastcgi/encode.js';
import { fixtures } from '../../fixtures/cases/aborted-and-asked.js';
import { request, response } from '../../support/fastcgi-messages.js';
import { DUMP_TEXT, findingsOf, NO_INPUT, runCheck, theFinding } from '../../support/run-check.js';
import { scene } from '../../support/scene.js';

const ASKED = getValues(['FCGI_MPXS_CONNS']);

describe('get-values-unanswered', () => {
  it('warns with one finding for the endpoint', () => {
    const finding = theFinding(getValuesUnanswered, fixtures[1].make());
    assert.equal(finding.severity, 'warning');
    assert.equal(finding.count, 2);
    assert.match(finding.evidence[0].text, /it went on for 5\.00 s/);
  });

  it('fires where the application closes instead of answering', () => {
    const s = scene();
    s.conversation().connect().web(ASKED).finApp({ after: 0.001 }).finWeb();
    assert.match(theFinding(getValuesUnanswered, s.capture()).evidence[0].text, /the application closed it after/);
  });

  it('fires where a request is answered and the question is not, however soon', () => {
    const s = scene();
    s.conversation().connect().web(ASKED).web(request()).app(response()).finApp().finWeb();
    assert.equal(theFinding(getValuesUnanswered, s.capture()).count, 1);
  });

  it('is silent where the connection only waited in the queue', () => {
    const s = scene();
    for (let index = 0; index < 6; index++) {
      const c = s
        .conversation(index * 0.001)
        .connect()
        .web(request());
      c.app(response(), { at: 0.01 + (index + 1) * 0.4 })
        .finApp()
        .finWeb();
    }
    s.conversation(0.5).connect().web(ASKED).web(request()).finWeb({ after: 0.6 });
    assert.deepEqual(findingsOf(getValuesUnanswered, s.capture()), []);
  });

  it('is silent where the result comes, also late and after a request', () => {
    const s = scene();
    const c = s
      .conversation()
      .connect()
      .web(ASKED)
      .web(request({ keepConn: true }), { after: 2 });
    c.app(getValuesResult({ FCGI_MPXS_CONNS: '0' }))
      .app(response())
      .wait(3);
    c.web(request({ keepConn: true })).app(response());
    assert.deepEqual(findingsOf(getValuesUnanswered, s.capture()), []);
  });

  it('is silent where the capture ends a moment after the question', () => {
    const s = scene();
    s.conversation().connect().web(ASKED);
    assert.deepEqual(findingsOf(getValuesUnanswered, s.capture()), []);
  });

  it('is not applicable without payload or packets', () => {
    assert.equal(runCheck(getValuesUnanswered, NO_INPUT), 'not-applicable');
    assert.equal(runCheck(getValuesUnanswered, DUMP_TEXT), 'not-applicable');
  });
});
