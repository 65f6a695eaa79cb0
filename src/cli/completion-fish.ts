// The completion script for fish.
import type { CommandLineWords, CommandWords, Values } from './completion-words.js';

export function fishCompletion({ program, commands, defaultCommand }: CommandLineWords): string {
  const others = commands
    .filter((command) => !command.names.includes(defaultCommand))
    .flatMap((command) => command.names);
  const lines = [
    `# fish completion for ${program}: ${program} completion fish > ~/.config/fish/completions/${program}.fish`,
  ];
  for (const command of commands) {
    for (const name of command.names) {
      lines.push(`complete -c ${program} -n __fish_use_subcommand -a ${name} -d ${quoted(command.description)}`);
    }
  }
  for (const command of commands) {
    const condition = command.names.includes(defaultCommand)
      ? `not __fish_seen_subcommand_from ${others.join(' ')}`
      : `__fish_seen_subcommand_from ${command.names.join(' ')}`;
    lines.push(...commandLines(program, command, condition));
  }
  return `${lines.join('\n')}\n`;
}

function commandLines(program: string, command: CommandWords, condition: string): string[] {
  const start = `complete -c ${program} -n ${quoted(condition)}`;
  const lines = command.options.map(({ short, long, description, value }) => {
    const flags = [short && `-s ${short.slice(1)}`, long && `-l ${long.slice(2)}`].filter(Boolean).join(' ');
    return `${start} ${flags}${valueFlags(value)} -d ${quoted(description)}`;
  });
  if (command.argument?.kind === 'words') lines.push(`${start} -f -a ${quoted(command.argument.words.join(' '))}`);
  return lines;
}

function valueFlags(value: Values | undefined): string {
  if (value === undefined) return '';
  if (value.kind === 'words') return ` -x -a ${quoted(value.words.join(' '))}`;
  return value.kind === 'file' ? ' -r -F' : ' -x';
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
