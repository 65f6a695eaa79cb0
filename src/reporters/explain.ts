// What a finding means and what to do about it, and the list of all findings by what an operator sees: the texts of the
// checks, laid out for a terminal.
import type { Check, Need } from '../analysis/check.js';
import type { Severity } from '../analysis/finding.js';
import { UserError } from '../model/errors.js';
import { safeText } from './safe-text.js';
import { styleFor } from './style.js';
import { asciiText } from './symbols.js';
import { SEVERITY_WORDS } from './text-findings.js';
import { beside, wrap } from './text-layout.js';

export interface ExplainOptions {
  /** Columns. Default 100. */
  readonly width?: number;
  readonly colour?: boolean;
  readonly ascii?: boolean;
}

/** What an operator sees first, and the findings that may be behind it; the likeliest first. */
export const SYMPTOMS: readonly { readonly symptom: string; readonly findings: readonly string[] }[] = [
  {
    symptom: 'Requests wait, hang or time out',
    findings: [
      'stuck-accept-queue',
      'workers-exhausted',
      'keep-alive-pins-workers',
      'accept-blocked',
      'stuck-on-reuse',
      'silent-connection',
      'lingering-close',
      'missing-end-request',
      'request-body-stalled',
    ],
  },
  { symptom: 'Requests are slow', findings: ['slow-application', 'slow-upload', 'slow-reader', 'uneven-load'] },
  {
    symptom: 'Connections are refused, dropped or reset',
    findings: [
      'connection-refused',
      'daemon-gone',
      'backlog-overflow',
      'backlog-capped',
      'descriptors-exhausted',
      'abort-on-overflow',
      'ephemeral-port-exhaustion',
      'stale-keep-alive-race',
    ],
  },
  {
    symptom: 'Answers are missing, cut or errors',
    findings: [
      'premature-close',
      'process-died',
      'truncated-response',
      'abandoned-requests',
      'overloaded',
      'cannot-multiplex',
      'unknown-role',
      'header-too-big',
      'content-length-mismatch',
      'application-error',
      'application-stderr',
    ],
  },
  {
    symptom: 'Sockets pile up, connections are not reused',
    findings: [
      'time-wait-application-side',
      'time-wait-web-server-side',
      'keep-conn-without-pool',
      'keep-alive-broken',
      'connection-recycled',
    ],
  },
  {
    symptom: 'The two sides do not understand each other',
    findings: ['not-fastcgi', 'protocol-violation', 'request-id-overflow', 'get-values-unanswered', 'abort-ignored'],
  },
  { symptom: 'Processes get lost or miscounted', findings: ['capacity-leak', 'load-counter-drift'] },
  { symptom: 'The capture itself', findings: ['capture-limits'] },
];

const NEED_WORDS: Readonly<Record<Need, string>> = {
  packets: 'packets of a capture',
  payload: 'a capture with payload (not text printed by tcpdump)',
  'application-log': "lighttpd's error log with fastcgi.debug = 1",
  host: 'a look at the host (fcgi-inspect watch)',
};

/** All findings by symptom. */
export function* explainList(checks: readonly Check[], options: ExplainOptions = {}): Generator<string> {
  const style = styleFor(options.colour ?? false);
  const cells = checks.reduce((most, { id }) => Math.max(most, id.length), 0) + 4;
  for (const { symptom, findings } of bySymptom(checks)) {
    yield `${style.strong(symptom)}\n`;
    for (const check of findings) {
      const severity = worstSeverity(check);
      const word = SEVERITY_WORDS[severity];
      const [first, ...rest] = beside(
        `  ${check.id}`,
        cells,
        word.padEnd(7) + printable(check.title, options),
        widthOf(options),
      );
      yield `${first.replace(word, style[severity])}\n`;
      for (const line of rest) yield `${line}\n`;
    }
    yield '\n';
  }
  yield 'fcgi-inspect explain FINDING tells why one happens, how it is recognised and what to do.\n';
}

/** The groups with their checks; a check that no symptom names comes last. */
export function bySymptom(checks: readonly Check[]): { symptom: string; findings: Check[] }[] {
  const left = new Map(checks.map((check) => [check.id, check]));
  const groups = SYMPTOMS.map(({ symptom, findings }) => ({
    symptom,
    findings: findings.flatMap((id) => {
      const check = left.get(id);
      left.delete(id);
      return check ? [check] : [];
    }),
  }));
  groups.push({ symptom: 'Other', findings: [...left.values()] });
  return groups.filter(({ findings }) => findings.length > 0);
}

/** The worst severity that the check's own words name. */
export function worstSeverity(check: Check): Severity {
  const words = check.severity.toLowerCase();
  return /\berrors?\b/.test(words) ? 'error' : /\bwarnings?\b/.test(words) ? 'warning' : 'note';
}

/** One finding: severity, mechanism, what to do, what it needs. */
export function* explainFinding(check: Check, options: ExplainOptions = {}): Generator<string> {
  const style = styleFor(options.colour ?? false);
  const width = widthOf(options);
  yield `${style.strong(check.id)}\n`;
  for (const line of wrap(printable(check.title, options), width)) yield `${line}\n`;
  yield '\n';
  for (const line of beside('Severity', 10, printable(check.severity, options), width)) yield `${line}\n`;
  const needs = [
    ...check.needs.map((need) => NEED_WORDS[need]),
    ...(check.also ?? []).flatMap((need) => (check.needs.includes(need) ? [] : [`or ${NEED_WORDS[need]}`])),
  ].join(', ');
  if (needs !== '') for (const line of beside('Needs', 10, needs, width)) yield `${line}\n`;
  for (const paragraph of check.explanation.split(/\n\s*\n/)) {
    yield '\n';
    yield* paragraphLines(paragraph, options);
  }
  if (check.remedy.length === 0) return;
  yield `\n${style.strong('What to do')}\n`;
  const cells = check.remedy.reduce((most, { for: program }) => Math.max(most, program.length), 0) + 4;
  for (const { for: program, text } of check.remedy) {
    for (const line of beside(`  ${program}`, cells, printable(text, options), width)) yield `${line}\n`;
  }
}

/** Indented lines (log lines, tables) stay as they are; the others are one paragraph that wraps. */
function* paragraphLines(paragraph: string, options: ExplainOptions): Generator<string> {
  let prose = '';
  const lines: string[] = [];
  const flush = () => {
    if (prose !== '') lines.push(...wrap(printable(prose, options), widthOf(options)));
    prose = '';
  };
  for (const line of paragraph.split('\n')) {
    if (/^\s/.test(line)) {
      flush();
      lines.push(printable(line, options));
    } else {
      prose = prose === '' ? line : `${prose} ${line}`;
    }
  }
  flush();
  for (const line of lines) yield `${line}\n`;
}

/**
 * The check with this id.
 * @throws UserError with the nearest ids when there is none.
 */
export function findCheck(checks: readonly Check[], id: string): Check {
  const wanted = id.trim().toLowerCase().replaceAll('_', '-');
  const check = checks.find((candidate) => candidate.id === wanted);
  if (check) return check;
  const near = nearest(
    checks.map((candidate) => candidate.id),
    wanted,
  );
  const hint = near.length > 0 ? `did you mean ${near.join(' or ')}?` : 'fcgi-inspect explain lists all findings';
  throw new UserError(`there is no finding ${safeText(id, 60)}`, hint);
}

/** Up to three ids that contain the word or are a few letters away from it. */
function nearest(ids: readonly string[], wanted: string): string[] {
  if (wanted === '') return [];
  return ids
    .map((id) => ({ id, far: id.includes(wanted) || wanted.includes(id) ? 0 : distance(id, wanted.slice(0, 64)) }))
    .filter(({ id, far }) => far <= Math.max(2, Math.floor(id.length / 4)))
    .sort((a, b) => a.far - b.far)
    .slice(0, 3)
    .map(({ id }) => id);
}

/** Levenshtein's distance: letters to insert, delete or replace. */
function distance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      row[j] = Math.min(previous[j] + 1, row[j - 1] + 1, previous[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    }
    previous = row;
  }
  return previous[b.length];
}

function printable(text: string, { ascii }: ExplainOptions): string {
  return ascii ? asciiText(safeText(text)) : safeText(text);
}

function widthOf({ width }: ExplainOptions): number {
  return Math.max(40, width ?? 100);
}
