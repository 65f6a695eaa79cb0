// The findings, the worst first: what is wrong, how it is known, what to do.
import type { AdviceFor, Evidence, Finding, Severity } from '../analysis/finding.js';
import { formatCount } from './format-count.js';
import type { Style } from './style.js';
import type { TextContext } from './text-context.js';
import { beside, textWidth, wrap } from './text-layout.js';
import { counted } from './text-words.js';

/** What stands for a severity: the word is always there, the colour repeats it. */
export const SEVERITY_WORDS: Readonly<Record<Severity, string>> = { error: 'ERROR', warning: 'WARN', note: 'NOTE' };

const WORD_CELLS = 7;
/** Texts with less room than this beside their label get lines of their own. */
const LEAST_TEXT = 36;

export function* findingLines(context: TextContext): Generator<string> {
  const { findings } = context.snapshot;
  const idCells = findings.reduce((most, { id }) => Math.max(most, id.length), 0) + 2;
  const advised = new Set<string>();
  for (const finding of findings) {
    yield* oneFinding(context, finding, idCells, advised);
    yield '';
  }
  if (findings.length > 0) yield context.style.strong(findingCounts(findings));
}

/** `2 errors, 1 warning, 1 note`. */
export function findingCounts(findings: readonly Finding[]): string {
  const count = (severity: Severity) => findings.filter((finding) => finding.severity === severity).length;
  const parts: string[] = [];
  if (count('error') > 0) parts.push(counted(count('error'), 'error'));
  if (count('warning') > 0) parts.push(counted(count('warning'), 'warning'));
  if (count('note') > 0) parts.push(counted(count('note'), 'note'));
  return parts.join(', ');
}

/** `advised` holds the advice that was given before: it is not said twice. */
function* oneFinding(context: TextContext, finding: Finding, idCells: number, advised: Set<string>): Generator<string> {
  const { style, width, captured } = context;
  const indent = ' '.repeat(WORD_CELLS);
  const word = severityStyle(style, finding.severity)(SEVERITY_WORDS[finding.severity]);
  const label = `${word}${' '.repeat(WORD_CELLS - SEVERITY_WORDS[finding.severity].length)}`;
  const besideId = width - WORD_CELLS - idCells >= LEAST_TEXT;
  const titleIndent = besideId ? WORD_CELLS + idCells : WORD_CELLS;
  const title = wrap(captured(finding.title), width - titleIndent);
  if (besideId) yield `${label}${finding.id.padEnd(idCells)}${style.strong(title[0])}`;
  else yield `${label}${finding.id}`;
  for (const line of title.slice(besideId ? 1 : 0)) yield `${' '.repeat(titleIndent)}${style.strong(line)}`;
  for (const line of wrap(captured(finding.detail), width - WORD_CELLS)) yield indent + line;
  for (const line of evidenceLines(context, finding)) yield indent + line;
  if (finding.advice.length === 0) return;
  const key = JSON.stringify(finding.advice);
  if (advised.has(key)) {
    yield indent + style.dim(`What to do: as for ${finding.id} above`);
    return;
  }
  advised.add(key);
  for (const line of adviceLines(context, finding)) yield indent + line;
}

function severityStyle(style: Style, severity: Severity): (text: string) => string {
  return severity === 'error' ? style.error : severity === 'warning' ? style.warning : style.note;
}

function evidenceLines(context: TextContext, finding: Finding): string[] {
  const { evidence, count } = finding;
  if (evidence.length === 0) return [];
  const places = evidence.map((item) => evidencePlace(context, item));
  const widest = Math.max(...places.map(textWidth)) + 4;
  // Where little room is left beside the places, the texts go below them.
  const cells = context.width - WORD_CELLS - widest >= LEAST_TEXT ? widest : 4;
  const lines = evidence.flatMap((item, i) =>
    beside(`  ${places[i]}`, cells, context.captured(item.text), context.width - WORD_CELLS),
  );
  // The count is of connections, requests or events; evidence may be summarised, so only an excess is told.
  if (count > evidence.length && evidence.some((item) => item.packet !== undefined)) {
    lines.push(context.style.dim(`  ${formatCount(count)} in all`));
  }
  return lines;
}

/** `packet 12 at 0.041 s`, or what of it is known. */
function evidencePlace({ moment }: TextContext, item: Evidence): string {
  const packet = item.packet === undefined ? '' : `packet ${formatCount(item.packet)}`;
  const at = item.time === undefined ? '' : moment(item.time);
  return packet && at ? `${packet} at ${at}` : packet || at;
}

function adviceLines({ safe, style, width }: TextContext, finding: Finding): string[] {
  const byProgram = new Map<AdviceFor, string[]>();
  for (const { for: program, text } of finding.advice)
    byProgram.set(program, [...(byProgram.get(program) ?? []), text]);
  const lines: string[] = [];
  const cells = Math.max(0, ...[...byProgram.keys()].map((program) => program.length)) + 4;
  for (const [program, texts] of byProgram) {
    for (const text of texts) lines.push(...beside(`  ${program}`, cells, safe(text), width - WORD_CELLS));
  }
  return [style.dim('What to do'), ...lines];
}
