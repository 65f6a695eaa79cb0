// overloaded, cannot-multiplex and unknown-role: the three ways in which END_REQUEST refuses a request.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { cannotMultiplex } from '../../../src/analysis/checks/cannot-multiplex.js';
import { overloaded } from '../../../src/analysis/checks/overloaded.js';
import { unknownRole } from '../../../src/analysis/checks/unknown-role.js';
import { fixtures } from '../../fixtures/cases/refused-requests.js';
import { request, response } from '../../support/fastcgi-messages.js';
import { DUMP_TEXT, findingsOf, NO_INPUT, runCheck, theFinding } from '../../support/run-check.js';
import { scene } from '../../support/scene.js';

const CHECKS = [overloaded, cannotMultiplex, unknownRole] as const;

describe('protocol status', () => {
  it('overloaded counts the refused requests and those in progress beside them', () => {
    const finding = theFinding(overloaded, fixtures[0].make());
    assert.equal(finding.severity, 'error');
    assert.equal(finding.count, 2);
    assert.match(finding.evidence[0].text, /^GET \/report\/9 \(id 9\).* 4 other requests in progress/);
  });

  it('cannot-multiplex names the request in progress', () => {
    const finding = theFinding(cannotMultiplex, fixtures[1].make());
    assert.equal(finding.count, 1);
    assert.match(finding.evidence[0].text, /GET \/second \(id 3\).*one other request in progress/);
  });

  it('unknown-role counts one finding for the endpoint', () => {
    const finding = theFinding(unknownRole, fixtures[2].make());
    assert.equal(finding.count, 2);
    assert.equal(finding.scope.endpoint, '127.0.0.1:9001');
  });

  it('each fires for its own status only', () => {
    CHECKS.forEach((check, index) => {
      for (const other of [0, 1, 2]) {
        const found = findingsOf(check, fixtures[other].make());
        assert.equal(found.length, other === index ? 1 : 0, `${check.id} on ${fixtures[other].name}`);
      }
    });
  });

  it('they are silent for completed requests, whatever their application status', () => {
    const s = scene();
    s.conversation()
      .connect()
      .web(request())
      .app(response({ appStatus: 2 }));
    for (const check of CHECKS) assert.deepEqual(findingsOf(check, s.capture()), []);
  });

  it('they are not applicable without payload or packets', () => {
    for (const check of CHECKS) {
      assert.equal(runCheck(check, NO_INPUT), 'not-applicable');
      assert.equal(runCheck(check, DUMP_TEXT), 'not-applicable');
    }
  });
});
