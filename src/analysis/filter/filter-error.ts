// How a filter that cannot be understood is told: the sentence with its column, the filter, and a caret under the place.
import { UserError } from '../../model/errors.js';

const SHOWN = 100;

/** Columns count from 1. The filter is shown on a line of its own, around the column when it is long. */
export function filterError(text: string, at: number, sentence: string, hint?: string): UserError {
  const line = printable(text);
  const start = at < SHOWN - 10 ? 0 : at - SHOWN / 2;
  const shown = line.slice(start, start + SHOWN).trimEnd();
  return new UserError(`${sentence}\n  ${shown}\n  ${' '.repeat(at - start)}^`, hint);
}

/** A part of a filter, to be named in a sentence. */
export function quoted(text: string): string {
  return `"${printable(text.length > 40 ? `${text.slice(0, 40)}…` : text)}"`;
}

function printable(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, ' ');
}

/** The candidate that is spelled most like the word, if one is near enough to be meant. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const lower = word.toLowerCase().slice(0, 64);
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(lower.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(lower, candidate.toLowerCase(), bestDistance);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

// Letters changed, added, left out, or two neighbours exchanged. Gives up at `limit`.
function editDistance(one: string, other: string, limit: number): number {
  if (Math.abs(one.length - other.length) >= limit) return limit;
  let before: number[] = [];
  let previous = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i++) {
    const current = [i];
    for (let j = 1; j <= other.length; j++) {
      const same = one[i - 1] === other[j - 1];
      let distance = Math.min(previous[j] + 1, current[j - 1] + 1, previous[j - 1] + (same ? 0 : 1));
      if (i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]) {
        distance = Math.min(distance, before[j - 2] + 1);
      }
      current.push(distance);
    }
    before = previous;
    previous = current;
  }
  return previous[other.length];
}
