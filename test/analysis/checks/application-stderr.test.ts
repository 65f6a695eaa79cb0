// application-stderr: STDERR text in groups, with the path behind "Primary script unknown".
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { applicationStderr } from '../../../src/analysis/checks/application-stderr.js';
import { fixtures } from '../../fixtures/cases/application-answers.js';
import { plainExchange } from '../../fixtures/dialogue.js';
import { DUMP_TEXT, findingsOf, NO_INPUT, runCheck, theFinding } from '../../support/run-check.js';
import { scene } from '../../support/scene.js';

describe('application-stderr', () => {
  it('groups texts, the commonest first, and shows the script that was not found', () => {
    const finding = theFinding(applicationStderr, fixtures[0].make());
    assert.equal(finding.severity, 'note');
    assert.equal(finding.count, 3);
    assert.match(finding.title, /3 requests .* 2 different texts/);
    assert.match(finding.evidence[0].text, /SCRIPT_FILENAME was \/usr\/share\/nginx\/html\/blog\/index\.php$/);
    assert.match(finding.advice[0].text, /SCRIPT_FILENAME/);
  });

  it('puts lines that differ in numbers only into one group', () => {
    const s = scene();
    for (let line = 1; line <= 12; line++)
      plainExchange(s.conversation(line), {}, { stderr: `retry ${line} after ${line * 7} ms` });
    const finding = theFinding(applicationStderr, s.capture());
    assert.equal(finding.count, 12);
    assert.equal(finding.evidence.length, 1);
    assert.match(finding.evidence[0].text, /and in 11 more requests/);
  });

  it('cuts long texts and has a finding for each listener', () => {
    const one = scene('127.0.0.1:9000');
    plainExchange(one.conversation(0), {}, { stderr: 'x'.repeat(900) });
    plainExchange(one.conversation(1, { application: '127.0.0.1:9001' }), {}, { stderr: 'y' });
    const findings = findingsOf(applicationStderr, one.capture());
    assert.deepEqual(
      findings.map(({ scope }) => scope.endpoint),
      ['127.0.0.1:9000', '127.0.0.1:9001'],
    );
    assert.ok(findings[0].evidence[0].text.length < 340);
  });

  it('is silent without STDERR, and for an empty STDERR record', () => {
    const s = scene();
    plainExchange(s.conversation(0), {}, { body: 'ok' });
    plainExchange(s.conversation(1), {}, { stderr: '\n', body: 'ok' });
    assert.deepEqual(findingsOf(applicationStderr, s.capture()), []);
  });

  it('is not applicable without payload or packets', () => {
    assert.equal(runCheck(applicationStderr, NO_INPUT), 'not-applicable');
    assert.equal(runCheck(applicationStderr, DUMP_TEXT), 'not-applicable');
  });
});
