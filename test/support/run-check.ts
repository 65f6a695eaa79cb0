// Runs one check over a capture in memory, and the inputs over which checks have nothing to say.
import assert from 'node:assert/strict';
import type { Check } from '../../src/analysis/check.js';
import type { Finding } from '../../src/analysis/finding.js';
import { toBytes } from './bytes.js';
import { type InspectOptions, inspect } from './inspect.js';

/** What the check answers. */
export function runCheck(check: Check, bytes: Uint8Array, options: InspectOptions = {}): ReturnType<Check['run']> {
  return check.run(inspect(bytes, { ...options, checks: [] }).facts);
}

/** The findings; the check must have been applicable, and each of them its own. */
export function findingsOf(check: Check, bytes: Uint8Array, options: InspectOptions = {}): readonly Finding[] {
  const findings = runCheck(check, bytes, options);
  assert.notEqual(findings, 'not-applicable');
  for (const finding of findings as readonly Finding[]) assert.equal(finding.id, check.id);
  return findings as readonly Finding[];
}

/** The one finding that must be there. */
export function theFinding(check: Check, bytes: Uint8Array, options: InspectOptions = {}): Finding {
  const findings = findingsOf(check, bytes, options);
  assert.equal(findings.length, 1, `${findings.length} findings of ${check.id}`);
  return findings[0];
}

/** No packets at all. */
export const NO_INPUT = new Uint8Array(0);

/** Packets without payload: text printed by tcpdump. */
export const DUMP_TEXT = toBytes(
  [
    '10:10:04.934015 IP 127.0.0.1.60864 > 127.0.0.1.9000: Flags [S], seq 100, win 65495, options [mss 65495], length 0',
    '10:10:04.934086 IP 127.0.0.1.9000 > 127.0.0.1.60864: Flags [S.], seq 500, ack 101, win 65483, length 0',
    '10:10:04.934101 IP 127.0.0.1.60864 > 127.0.0.1.9000: Flags [.], ack 1, win 512, length 0',
    '10:10:04.934133 IP 127.0.0.1.60864 > 127.0.0.1.9000: Flags [P.], seq 1:1249, ack 1, win 512, length 1248',
    '10:10:07.935216 IP 127.0.0.1.9000 > 127.0.0.1.60864: Flags [P.], seq 1:289, ack 1249, win 512, length 288',
    '',
  ].join('\n'),
);
