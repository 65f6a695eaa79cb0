// The findings of the Overview: their list, and why the selected one matters, how it is known and what to do.
import type { Finding, Severity } from '../../analysis/finding.js';
import { formatCount } from '../../reporters/format-count.js';
import { SEVERITY_WORDS } from '../../reporters/text-findings.js';
import { cutTo, wrap } from '../../reporters/text-layout.js';
import { EMPTY, type Line, line, type Role, span } from '../drawing/spans.js';
import { layoutOf } from '../layout.js';
import { perValue } from '../memo.js';
import { cursorOf, type State } from '../state.js';
import { wordsOf } from '../words.js';

export const SEVERITY_ROLES: Readonly<Record<Severity, Role>> = { error: 'error', warning: 'warning', note: 'note' };

/** How the Overview's body is divided. */
export interface FindingsHeights {
  /** The findings' panel with its frame. */
  readonly panel: number;
  readonly list: number;
  readonly why: number;
  /** The panels below; 0 where there is no room. */
  readonly bottom: number;
}

export function findingsHeights(state: State): FindingsHeights {
  const { body, tall, low, narrow } = layoutOf(state);
  const count = state.data.shown?.snapshot.findings.length ?? 0;
  const bottom = low || narrow ? 0 : tall ? 10 : 6;
  const panel = body - bottom;
  const inside = panel - 2;
  const list = Math.max(1, Math.min(count, Math.max(3, Math.floor(inside * 0.4))));
  return { panel, list, why: Math.max(1, inside - list - 1), bottom };
}

export function severityLabel(severity: Severity): string {
  return SEVERITY_WORDS[severity].padEnd(6);
}

/** When it began: the first moment of its evidence; NaN where there is none. */
export function sinceOf({ evidence }: Finding): number {
  let since = NaN;
  for (const { time } of evidence) if (time !== undefined && !(time >= since)) since = time;
  return since;
}

/** Detail, evidence and advice of the selected finding, wrapped. */
export const whyLines = perValue((state: State): Line[] => {
  const findings = state.data.shown?.snapshot.findings ?? [];
  const finding = findings[cursorOf(state, 'findings').index];
  if (!finding) return [];
  const { captured, safe, moment } = wordsOf(state);
  const width = layoutOf(state).width - 4;
  const lines: Line[] = [];
  const since = sinceOf(finding);
  const title = wrap(captured(finding.title), width);
  lines.push(...title.map((text) => line(span(text, 'strong'))));
  lines.push(
    line(
      span('Since ', 'dim'),
      Number.isNaN(since) ? 'the whole capture' : moment(since),
      span('   Count ', 'dim'),
      formatCount(finding.count),
      span('   Finding ', 'dim'),
      finding.id,
    ),
  );
  for (const text of wrap(captured(finding.detail), width - 2)) lines.push(line(`  ${text}`));
  if (finding.evidence.length > 0) {
    lines.push(line(span('Evidence', 'strong'), span('  (e lists these rows)', 'dim')));
    for (const item of finding.evidence) {
      const place = placeOf(item.connection, item.request, item.time === undefined ? '' : moment(item.time));
      const texts = wrap(captured(item.text), Math.max(20, width - 2 - PLACE));
      for (const [i, text] of texts.entries())
        lines.push(line(span(`  ${(i === 0 ? place : '').padEnd(PLACE)}`, 'dim'), text));
    }
    if (finding.count > finding.evidence.length)
      lines.push(line(span(`  ${formatCount(finding.count)} in all`, 'dim')));
  }
  if (finding.advice.length > 0) {
    lines.push(line(span('What to do', 'strong')));
    for (const advice of finding.advice) {
      const texts = wrap(safe(advice.text), Math.max(20, width - 2 - FOR));
      for (const [i, text] of texts.entries())
        lines.push(line(span(`  ${(i === 0 ? advice.for : '').padEnd(FOR)}`, 'dim'), text));
    }
  }
  lines.push(EMPTY, line(span(`fcgi-inspect explain ${finding.id} says more`, 'dim')));
  return lines;
});

/**
 * The same in a few lines: since when, what happens, which rows prove it, what to do. What is cut ends with the ellipsis.
 */
export function briefLines(state: State, height: number): Line[] {
  const finding = state.data.shown?.snapshot.findings[cursorOf(state, 'findings').index];
  if (!finding) return [];
  const { captured, safe, moment, symbols } = wordsOf(state);
  const width = layoutOf(state).width - 4;
  const since = sinceOf(finding);
  const evidence = finding.evidence.map((item) => {
    const place = placeOf(item.connection, item.request, item.time === undefined ? '' : moment(item.time));
    return place === '' ? captured(item.text) : `${place}: ${captured(item.text)}`;
  });
  // How to look closer can wait; what to change cannot.
  const first =
    finding.advice.find(({ for: program }) => program !== 'host' && program !== 'capture') ?? finding.advice[0];
  const room = Math.max(1, height - 1);
  const wrapped = (text: string, most: number): string[] => {
    const lines = wrap(text, width - LABEL);
    const shown = lines.slice(0, most);
    if (lines.length > most && most > 0)
      shown[most - 1] = cutTo(`${shown[most - 1]} ${lines[most]}`, width - LABEL, symbols.ellipsis);
    return shown;
  };
  // What to do and the proof are worth more than a longer explanation.
  const advice = first ? wrapped(`${first.for}: ${safe(first.text)}`, room >= 8 ? 3 : room >= 5 ? 2 : 1) : [];
  const forEvidence = Math.min(evidence.length, room >= 6 ? 2 : room >= 3 ? 1 : 0);
  const forDetail = Math.max(0, room - advice.length - forEvidence);
  const labelled = (label: string, texts: readonly string[]): Line[] =>
    texts.map((text, i) =>
      line(span((i === 0 ? label : '').padEnd(LABEL), 'dim'), cutTo(text, width - LABEL, symbols.ellipsis)),
    );
  return [
    line(
      span('Since'.padEnd(LABEL), 'dim'),
      `${Number.isNaN(since) ? 'the beginning' : moment(since)}   ${formatCount(finding.count)} in all   ${finding.id}`,
    ),
    ...labelled('Why', wrapped(captured(finding.detail), forDetail)),
    ...labelled('Evidence', evidence.slice(0, forEvidence)),
    ...labelled('Try', advice),
  ];
}

const LABEL = 10;

const PLACE = 22;
const FOR = 13;

function placeOf(connection: number | undefined, request: number | undefined, moment: string): string {
  const row = connection !== undefined ? `conn ${connection}` : request !== undefined ? `req ${request}` : '';
  return [row, moment].filter((word) => word !== '').join(' at ');
}
