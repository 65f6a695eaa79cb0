// Checks that need the host: a capture or a log can not answer them, and they say so instead of staying silent.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { backlogCapped } from '../../../src/analysis/checks/backlog-capped.js';
import { capacityLeak } from '../../../src/analysis/checks/capacity-leak.js';
import { ephemeralPortExhaustion } from '../../../src/analysis/checks/ephemeral-port-exhaustion.js';
import { request, response } from '../../support/fastcgi-messages.js';
import { DUMP_TEXT, NO_INPUT, runCheck } from '../../support/run-check.js';
import { scene } from '../../support/scene.js';

const s = scene();
s.conversation().connect().web(request()).app(response()).finApp().finWeb();
const CAPTURE = s.capture();

describe('checks that need the host', () => {
  for (const check of [ephemeralPortExhaustion, backlogCapped, capacityLeak]) {
    it(`${check.id} is not applicable to captures, and explains itself`, () => {
      for (const bytes of [CAPTURE, DUMP_TEXT, NO_INPUT]) assert.equal(runCheck(check, bytes), 'not-applicable');
      assert.ok(check.needs.includes('host'));
      assert.ok(check.explanation.split('\n\n').length >= 2);
      assert.ok(check.remedy.length > 0);
    });
  }
});
