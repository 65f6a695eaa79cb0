// Findings of a live source that were there and are over: when, how often, and the worst that they were.
import type { SeenFinding } from '../analysis/finding-history.js';
import { formatDuration } from './format-duration.js';
import { redactText } from './redact.js';
import { safeText } from './safe-text.js';
import { styleFor } from './style.js';
import { SEVERITY_WORDS } from './text-findings.js';
import { beside } from './text-layout.js';

export interface OverOptions {
  readonly width: number;
  readonly colour: boolean;
  readonly ascii: boolean;
}

/** Lines without line breaks; none where nothing is over. */
export function* overLines(findings: readonly SeenFinding[], { width, colour, ascii }: OverOptions): Generator<string> {
  const over = findings.filter((seen) => !seen.active);
  if (over.length === 0) return;
  yield styleFor(colour).strong('Seen and over');
  for (const { finding, worst, firstSeen, lastSeen, returns } of over) {
    const when = `from ${formatDuration(firstSeen, ascii)} to ${formatDuration(lastSeen, ascii)}`;
    const again = returns > 0 ? `, ${returns + 1} times` : '';
    const text = safeText(redactText(`${finding.id}, ${when}${again}: ${finding.title}`));
    yield* beside(`  ${SEVERITY_WORDS[worst]}`, 9, text, width);
  }
}
