// Findings over time: when they appear, when they are over, when they come back.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Finding, Severity } from '../../src/analysis/finding.js';
import { FindingHistory } from '../../src/analysis/finding-history.js';

function finding(id: string, severity: Severity = 'error', endpoint = '127.0.0.1:9000'): Finding {
  return {
    id,
    severity,
    title: `${id} ${severity}`,
    detail: '',
    count: 1,
    scope: { endpoint },
    evidence: [],
    advice: [],
  };
}

const kinds = (changes: ReturnType<FindingHistory['push']>) =>
  changes.map(({ kind, seen }) => `${kind} ${seen.finding.id}`);

describe('the history of findings', () => {
  it('tells once that one appears, and once that it is over', () => {
    const history = new FindingHistory();
    assert.deepEqual(kinds(history.push(10, [finding('a')])), ['appeared a']);
    assert.deepEqual(kinds(history.push(20, [finding('a'), finding('b')])), ['appeared b']);
    assert.deepEqual(kinds(history.push(30, [finding('b')])), ['cleared a']);
    assert.deepEqual(kinds(history.push(40, [finding('b')])), []);
    const [b, a] = history.findings;
    assert.deepEqual([b.finding.id, b.active, b.firstSeen, b.lastSeen], ['b', true, 20, 40]);
    assert.deepEqual([a.finding.id, a.active, a.firstSeen, a.lastSeen], ['a', false, 10, 20]);
  });

  it('knows one that comes back, and the worst it was', () => {
    const history = new FindingHistory();
    history.push(10, [finding('a', 'note')]);
    history.push(20, [finding('a', 'error')]);
    history.push(30, []);
    assert.deepEqual(kinds(history.push(40, [finding('a', 'warning')])), ['appeared a']);
    const [a] = history.findings;
    assert.deepEqual(
      [a.finding.severity, a.worst, a.returns, a.firstSeen, a.lastSeen],
      ['warning', 'error', 1, 10, 40],
    );
  });

  it('keeps places apart, and puts the worst first', () => {
    const history = new FindingHistory();
    history.push(1, [finding('a', 'note', 'one'), finding('a', 'error', 'two'), finding('b', 'warning', 'one')]);
    assert.deepEqual(
      history.findings.map(({ finding: { scope, severity } }) => [scope.endpoint, severity]),
      [
        ['two', 'error'],
        ['one', 'warning'],
        ['one', 'note'],
      ],
    );
    assert.deepEqual(kinds(history.push(2, [finding('a', 'note', 'one'), finding('b', 'warning', 'one')])), [
      'cleared a',
    ]);
  });

  it('forgets the oldest of those that are over', () => {
    const history = new FindingHistory();
    for (let i = 0; i < 1500; i++) history.push(i, [finding('a', 'note', `place ${i}`)]);
    assert.equal(history.findings.length, 1001);
    assert.equal(history.findings[0].active, true);
    assert.ok(history.findings.every(({ lastSeen }) => lastSeen >= 499));
  });
});
