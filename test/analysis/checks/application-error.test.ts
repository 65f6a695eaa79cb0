// application-error: 5xx, application status, and heads that are no heads.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { applicationError } from '../../../src/analysis/checks/application-error.js';
import { OVERLOADED } from '../../../src/fastcgi/constants.js';
import { endRequest } from '../../../src/fastcgi/encode.js';
import { fixtures } from '../../fixtures/cases/application-answers.js';
import { plainExchange } from '../../fixtures/dialogue.js';
import { request } from '../../support/fastcgi-messages.js';
import { DUMP_TEXT, findingsOf, NO_INPUT, runCheck, theFinding } from '../../support/run-check.js';
import { scene } from '../../support/scene.js';

describe('application-error', () => {
  it('counts the three kinds of failure', () => {
    const finding = theFinding(applicationError, fixtures[1].make());
    assert.equal(finding.severity, 'note');
    assert.equal(finding.count, 3);
    assert.match(
      finding.title,
      /^3 of 4 requests failed .*HTTP 500 \(1\), application status 139 \(1\) and unusable response head \(1\)$/,
    );
    assert.match(finding.evidence[0].text, /GET \/order\.php was answered with HTTP 500/);
  });

  it('shows a negative application status as such, and at most five kinds', () => {
    const s = scene();
    plainExchange(s.conversation(0), {}, { appStatus: 0xffffffff });
    for (let kind = 0; kind < 6; kind++) plainExchange(s.conversation(1 + kind), {}, { status: 500 + kind });
    const { title, count } = theFinding(applicationError, s.capture());
    assert.equal(count, 7);
    assert.match(title, /application status -1 \(1\)/);
    assert.match(title, /and others$/);
  });

  it('is silent for 2xx, 3xx and 4xx, and for requests refused with a protocol status', () => {
    const s = scene();
    [200, 204, 302, 304, 404, 410].forEach((status, index) => {
      plainExchange(s.conversation(index), {}, { status });
    });
    s.conversation(9)
      .connect()
      .web(request())
      .app(endRequest(1, 7, OVERLOADED));
    assert.deepEqual(findingsOf(applicationError, s.capture()), []);
  });

  it('is not applicable without payload or packets', () => {
    assert.equal(runCheck(applicationError, NO_INPUT), 'not-applicable');
    assert.equal(runCheck(applicationError, DUMP_TEXT), 'not-applicable');
  });
});
