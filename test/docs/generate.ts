// The parts of the documentation that are made from the code, by the name of their place in docs/*.md.
import type { Check, Need } from '../../src/analysis/check.js';
import { CHECKS } from '../../src/analysis/checks/index.js';
import { fieldsTable } from '../../src/analysis/filter/fields-table.js';
import { DEMO_PATHS } from '../../src/endpoints/applications/answer.js';
import { faultsTable, modifiersTable } from '../../src/faults/fault-table.js';
import { COUNTERS } from '../../src/host/kernel-counters.js';
import { MISSING_CODES } from '../../src/host/missing.js';
import { PROBLEM_CODES } from '../../src/model/problem-codes.js';
import { bySymptom } from '../../src/reporters/explain.js';
import { metricsTable } from '../../src/reporters/metrics/metrics-table.js';
import { scenariosBySymptom } from '../../src/scenarios/index.js';
import { allStages, type Scenario, type ScenarioStage } from '../../src/scenarios/scenario.js';
import { screenSymbols } from '../../src/tui/drawing/symbols.js';
import { keysTable } from '../../src/tui/keys/key-words.js';
import { MARK_WORDS } from '../../src/tui/rows/marks.js';
import { INPUT_PROBLEMS } from './input-problems.js';

const NEEDS: Readonly<Record<Need, string>> = {
  packets: 'packets',
  payload: 'payload',
  'application-log': "lighttpd's log",
  host: 'the host',
};

/** Markdown for each generated part. */
export const PARTS: Readonly<Record<string, () => string>> = {
  'finding-table': () => findingTable(CHECKS),
  findings: () => CHECKS.map(findingSection).join('\n'),
  'filter-fields': fieldsTable,
  metrics: metricsTable,
  'kernel-counters': kernelCounters,
  'missing-codes': missingCodes,
  'stream-problems': streamProblems,
  'input-problems': inputProblems,
  faults: faultsTable,
  'fault-modifiers': modifiersTable,
  'demo-paths': demoPaths,
  scenarios: scenarioTable,
  keys: () => keysTable(screenSymbols(false)),
  marks: () =>
    `| letter | means |\n| --- | --- |\n${Object.entries(MARK_WORDS)
      .map(([mark, words]) => `| ${mark} | ${words} |`)
      .join('\n')}\n`,
};

function scenarioTable(): string {
  return scenariosBySymptom()
    .map(({ symptom, scenarios }) => {
      const rows = scenarios.map((scenario) => {
        const runs = allStages(scenario).map(
          (stage) => `${cell(stage.summary)}: ${cell(scenarioFindings(scenario, stage))}`,
        );
        const players = [
          ...scenario.fronts,
          ...(scenario.needsApplication ? [scenario.needsApplication] : scenario.applications),
        ];
        return `| \`${scenario.name}\` | ${cell(scenario.summary)} | ${runs.join('<br>')} | ${players.join(', ') || '-'} |`;
      });
      return `**${symptom}**\n\n| bug | shows | its runs, and what they end with | also played with |\n| --- | --- | --- | --- |\n${rows.join('\n')}\n`;
    })
    .join('\n');
}

/** Findings of a run as links. */
function scenarioFindings({ compares }: Scenario, { findings }: ScenarioStage): string {
  if (findings.length > 0) return findings.map((id) => `[${id}](findings.md#${id})`).join(', ');
  return compares === undefined ? 'nothing' : `compared: ${compares.what}`;
}

function findingTable(checks: readonly Check[]): string {
  return bySymptom(checks)
    .map(({ symptom, findings }) => {
      const rows = findings.map(
        ({ id, title, needs, also = [] }) =>
          `| [\`${id}\`](#${id}) | ${cell(title)} | ${[...new Set([...needs, ...also])].map((need) => NEEDS[need]).join(', ')} |`,
      );
      return `**${symptom}**\n\n| finding | says | needs |\n| --- | --- | --- |\n${rows.join('\n')}\n`;
    })
    .join('\n');
}

function findingSection({ id, title, severity, explanation, remedy }: Check): string {
  const advice = remedy.map(({ for: program, text }) => `- **${program}**: ${prose(text)}`);
  return [
    `## ${id}`,
    '',
    `${prose(title)}.`,
    '',
    `Severity: ${prose(severity)}.`,
    '',
    ...explanation.split(/\n\s*\n/).flatMap((paragraph) => [...paragraphLines(paragraph), '']),
    ...(advice.length > 0 ? ['What to do:', '', ...advice, ''] : []),
  ].join('\n');
}

/** Indented lines (log lines, tables) become a code block. */
function paragraphLines(paragraph: string): string[] {
  const lines: string[] = [];
  let inCode = false;
  for (const line of paragraph.split('\n')) {
    const isCode = /^\s/.test(line);
    if (isCode !== inCode) lines.push(isCode ? '```text' : '```');
    inCode = isCode;
    lines.push(isCode ? line.replace(/^ {2}/, '') : prose(line));
  }
  if (inCode) lines.push('```');
  return lines;
}

function missingCodes(): string {
  const rows = Object.entries(MISSING_CODES).map(([code, meaning]) => `| \`${code}\` | ${cell(meaning)} |`);
  return `| code | what is not seen |\n| --- | --- |\n${rows.join('\n')}\n`;
}

function kernelCounters(): string {
  const rows = COUNTERS.map(({ name, meaning }) => `| \`${name}\` | ${cell(meaning)} |`);
  return `| counter | counts |\n| --- | --- |\n${rows.join('\n')}\n`;
}

function streamProblems(): string {
  const rows = PROBLEM_CODES.map(
    ({ code, sentence, violation }) => `| \`${code}\` | ${cell(sentence)} | ${violation ? 'yes' : ''} |`,
  );
  return `| code | what it is | breaks the specification |\n| --- | --- | --- |\n${rows.join('\n')}\n`;
}

function inputProblems(): string {
  const rows = INPUT_PROBLEMS.map(({ code, meaning }) => `| \`${code}\` | ${cell(meaning)} |`);
  return `| code | what it means |\n| --- | --- |\n${rows.join('\n')}\n`;
}

function demoPaths(): string {
  const rows = DEMO_PATHS.map(({ path, answer }) => `| \`${path}\` | ${cell(answer)} |`);
  return `| path | answer |\n| --- | --- |\n${rows.join('\n')}\n`;
}

/** Text that Markdown must not read as HTML or emphasis. */
function prose(text: string): string {
  return text.replaceAll('<', '&lt;').replace(/(^|\s)\*(?=\S)/g, '$1\\*');
}

function cell(text: string): string {
  return prose(text).replaceAll('|', '\\|');
}

/**
 * The document with its generated parts made anew. A part stands between `<!-- generated: NAME -->` and
 * `<!-- end: NAME -->`.
 * @throws Error for a part that nothing makes.
 */
export function withParts(document: string): string {
  return document.replace(/<!-- generated: ([a-z-]+) -->\n[\s\S]*?<!-- end: \1 -->/g, (_, name: string) => {
    const part = PARTS[name];
    if (!part) throw new Error(`nothing generates the part ${name}`);
    return `<!-- generated: ${name} -->\n\n${part().trim()}\n\n<!-- end: ${name} -->`;
  });
}
