// Explanations: every finding has its place, wrong ids get a hint.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Check } from '../../src/analysis/check.js';
import { CHECKS } from '../../src/analysis/checks/index.js';
import { UserError } from '../../src/model/errors.js';
import {
  bySymptom,
  explainFinding,
  explainList,
  findCheck,
  SYMPTOMS,
  worstSeverity,
} from '../../src/reporters/explain.js';
import { textWidth } from '../../src/reporters/text-layout.js';

const check: Check = {
  id: 'made-up',
  title: 'Something made up',
  severity: 'a note; a warning from 10 on',
  explanation:
    'First paragraph\ngoes on.\n\nSecond, with a log line:\n  2026/11/21 [error] upstream   timed out\nand more.',
  remedy: [{ for: 'nginx', text: 'Do this.' }],
  needs: ['payload'],
  run: () => [],
};

test('the list has every finding once, under what is seen first', () => {
  const text = [...explainList(CHECKS)].join('');
  for (const { id } of CHECKS)
    assert.equal(text.split('\n').filter((line) => line.startsWith(`  ${id} `)).length, 1, id);
  assert.doesNotMatch(text, /^Other$/m, 'each finding belongs to a symptom in explain.ts');
  for (const line of text.split('\n')) assert.ok(textWidth(line) <= 100, line);
});

test('no symptom names a finding twice', () => {
  const ids = SYMPTOMS.flatMap(({ findings }) => findings);
  assert.equal(new Set(ids).size, ids.length);
});

test('a finding without a symptom is not lost', () => {
  const groups = bySymptom([check]);
  assert.deepEqual(groups, [{ symptom: 'Other', findings: [check] }]);
});

test('one finding: paragraphs wrap, log lines stay, the remedy per program', () => {
  const text = [...explainFinding(check, { width: 60 })].join('');
  assert.equal(
    text,
    'made-up\nSomething made up\n\nSeverity  a note; a warning from 10 on\n' +
      'Needs     a capture with payload (not text printed by\n          tcpdump)\n\n' +
      'First paragraph goes on.\n\nSecond, with a log line:\n  2026/11/21 [error] upstream   timed out\nand more.\n\n' +
      'What to do\n  nginx  Do this.\n',
  );
});

test('every finding can be explained in ASCII', () => {
  for (const each of CHECKS) {
    const text = [...explainFinding(each, { ascii: true, width: 80 })].join('');
    assert.match(text, /^[\n -~]+$/, each.id);
    assert.ok(text.includes('What to do'), each.id);
  }
});

test('the severity of the list is the worst that the words name', () => {
  assert.equal(worstSeverity(check), 'warning');
  assert.equal(worstSeverity({ ...check, severity: 'error; a note where it was answered' }), 'error');
  assert.equal(worstSeverity({ ...check, severity: 'note' }), 'note');
});

test('ids are found in other spellings, unknown ones get a hint', () => {
  assert.equal(findCheck(CHECKS, 'Protocol_Violation').id, 'protocol-violation');
  const hintOf = (id: string) => {
    try {
      findCheck(CHECKS, id);
    } catch (error) {
      assert.ok(error instanceof UserError);
      return error.hint;
    }
    return assert.fail('no error');
  };
  assert.match(hintOf('protocol-violatoin')!, /did you mean protocol-violation/);
  assert.match(hintOf('overload')!, /did you mean overloaded/);
  assert.match(hintOf('zzzzzzzzzzzz')!, /lists all findings/);
  assert.match(hintOf('')!, /lists all findings/);
});
