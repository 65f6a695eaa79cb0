// The same conclusions as conclude.ts in one go, made in steps: a screen asks for them while input is still being read,
// and goes on answering keys in between.
import { describeBackends } from './backends.js';
import { describeInput, type Gathered, gatherFacts, inOrder } from './conclude.js';
import type { Finding } from './finding.js';
import { joinProcesses } from './process-join.js';
import type { Snapshot } from './snapshot.js';
import { summarise } from './summary.js';

/** The Snapshot of what was gathered so far; nothing may be added to it until the last step is made. */
export function* concludeSteps(gathered: Gathered): Generator<void, Snapshot, void> {
  const facts = gatherFacts(gathered);
  yield;
  const findings: Finding[] = [];
  for (const check of gathered.checks) {
    const result = check.run(facts);
    if (result !== 'not-applicable') findings.push(...result);
    yield;
  }
  const backends = describeBackends(facts);
  yield;
  const summary = summarise(facts);
  yield;
  const { origin } = gathered.pipeline;
  return {
    input: describeInput(gathered, facts),
    summary,
    backends,
    processes: joinProcesses(facts, origin ? origin.seconds + origin.nanoseconds / 1e9 : Number.NaN),
    findings: inOrder(findings),
    host: gathered.host,
    facts,
  };
}
