// The vocabulary as text: a list for the help, tables for the documentation.
import type { FaultKind, FaultParameter, FaultPlace } from './fault.js';
import { FAULTS, MODIFIERS } from './vocabulary.js';

const UNITS: Readonly<Record<FaultParameter['type'], string>> = {
  duration: 'time',
  bytes: 'size',
  rate: 'size a second',
  count: 'number',
  word: '',
};

/** `padding=SIZE`, `close_mid_body[=SIZE]`: how a fault is written, without what can follow. */
export function faultForm({ name, parameters }: FaultKind): string {
  const [main] = parameters;
  if (!main) return name;
  const value = main.words ? main.words.join('|') : UNITS[main.type].split(' ')[0].toUpperCase();
  return isRequired(main) ? `${name}=${value}` : `${name}[=${value}]`;
}

/** Lines for the help of a command, `width` columns wide at most. */
export function faultHelp(place: FaultPlace, width: number): string[] {
  const kinds = kindsAt(place);
  const column = 2 + Math.max(...kinds.map(({ name }) => name.length)) + 2;
  const lines = kinds.flatMap((kind) => entry(kind.name, plain(kind), column, width));
  const modifiers = MODIFIERS.flatMap(({ name, form, meaning }) =>
    entry(`${name}=${form}`, meaning, column + 4, width),
  );
  return [...lines, '', 'Any fault may be followed by:', ...modifiers];
}

function plain(kind: FaultKind): string {
  const parameters = kind.parameters.map((parameter) => parameter.name);
  return kind.effect + (parameters.length > 0 ? ` (${parameters.join(', ')})` : '');
}

function entry(label: string, text: string, column: number, width: number): string[] {
  const lines: string[] = [];
  let line = `  ${label}`.padEnd(column);
  if (line.length > column) line += ' ';
  for (const word of text.split(' ')) {
    if (line.length + word.length + 1 > width && line.trim() !== '') {
      lines.push(line.trimEnd());
      line = ' '.repeat(column);
    }
    line += `${line.endsWith(' ') ? '' : ' '}${word}`;
  }
  return [...lines, line.trimEnd()];
}

/** Markdown: every fault, what it does, what it takes. */
export function faultsTable(): string {
  const rows = (FAULTS as readonly FaultKind[]).map((kind) => {
    const parameters = kind.parameters.map(parameterText);
    if (kind.streams) parameters.push('`stream`: `upstream` or `downstream` (the default)');
    const findings = kind.findings.map((id) => `[\`${id}\`](findings.md#${id})`);
    const cells = [
      `\`${faultForm(kind).replaceAll('|', '\\|')}\``,
      kind.effect,
      parameters.join('; '),
      kind.unit === 'listener' ? 'accepted connection' : kind.unit,
      kind.at.join(', '),
      findings.join(', '),
    ];
    return `| ${cells.join(' | ')} |`;
  });
  const head = '| fault | what happens | parameters | decided for each | made by | brings about |';
  return `${head}\n| --- | --- | --- | --- | --- | --- |\n${rows.join('\n')}\n`;
}

/** Markdown: the modifiers. */
export function modifiersTable(): string {
  const rows = MODIFIERS.map(({ name, form, meaning }) => `| \`${name}=${form}\` | ${meaning} |`);
  return `| modifier | it happens |\n| --- | --- |\n${rows.join('\n')}\n`;
}

function parameterText(parameter: FaultParameter): string {
  const { name, type, words, fallback, meaning, least, most } = parameter;
  const values = words ? words.map((word) => `\`${word}\``).join(', ') : UNITS[type];
  const range = !words && most !== undefined && most < 0xffffffff ? ` ${least ?? 0} to ${most}` : '';
  const rest = fallback === undefined ? '' : `, default ${type === 'duration' ? `${fallback} ms` : fallback}`;
  return `\`${name}\` (${values}${range}${rest}): ${meaning}`;
}

function isRequired(parameter: FaultParameter): boolean {
  return parameter.fallback === undefined && parameter.optional !== true;
}

export function kindsAt(place: FaultPlace): readonly FaultKind[] {
  return (FAULTS as readonly FaultKind[]).filter(({ at }) => at.includes(place));
}
