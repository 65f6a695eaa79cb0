// Figures as words of the text report: counted nouns, shares, lists of counts.
import type { Counts } from '../analysis/snapshot.js';
import { formatCount } from './format-count.js';
import { beside, HARD_SPACE } from './text-layout.js';

/** `1 packet`, `3,914 packets`. */
export function counted(count: number, singular: string, plural = `${singular}s`): string {
  return `${formatCount(count)} ${count === 1 ? singular : plural}`;
}

/** A part of a whole in per cent: `99.4%`, `<0.1%`, and `100%` only for all of it. */
export function share(part: number, whole: number): string {
  if (whole <= 0) return '';
  const percent = (part / whole) * 100;
  if (part === whole) return '100%';
  if (percent > 0 && percent < 0.1) return '<0.1%';
  if (percent > 99.9) return '>99.9%';
  return `${percent.toFixed(1)}%`;
}

/** `200: 3,880 (99.4%)   404: 12 (0.3%)`: the most frequent ones, then how many others. */
export function tally(counts: Counts, total: number, most = 8): string {
  const entries = Object.entries(counts).sort((a, b) => b[1] - a[1]);
  const shares = entries.length > 1;
  const words = entries
    .slice(0, most)
    .map(([name, count]) => `${name}: ${formatCount(count)}${shares ? ` (${share(count, total)})` : ''}`);
  const rest = entries.slice(most).reduce((sum, [, count]) => sum + count, 0);
  if (rest > 0) words.push(`others: ${formatCount(rest)} (${share(rest, total)})`);
  return together(words);
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(words: readonly string[]): string {
  if (words.length < 2) return words.join('');
  return `${words.slice(0, -1).join(', ')} and ${words[words.length - 1]}`;
}

/** `130/s`, `0.4/s`. */
export function rate(perSecond: number): string {
  if (perSecond < 0.05) return 'under 0.1/s';
  return `${perSecond >= 10 ? formatCount(Math.round(perSecond)) : perSecond.toFixed(1)}/s`;
}

const LABEL_CELLS = 18;

/** A label and its text each, wrapped beside the label; those without text are left out. */
export function* labelledLines(width: number, figures: readonly (readonly [string, string])[]): Generator<string> {
  for (const [label, text] of figures) {
    if (text !== '') yield* beside(`  ${label}`, LABEL_CELLS, text, width);
  }
}

/** Words in one row, three spaces apart, that are not broken inside. */
export function together(words: readonly string[]): string {
  return words.map((word) => word.replaceAll(' ', HARD_SPACE)).join('   ');
}
