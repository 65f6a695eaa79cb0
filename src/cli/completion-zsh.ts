// The completion script for zsh.
import type { CommandLineWords, CommandWords, OptionWords, Values } from './completion-words.js';

export function zshCompletion({ program, commands, defaultCommand }: CommandLineWords): string {
  const first = commands.find((command) => command.names.includes(defaultCommand))!;
  const others = commands.filter((command) => command !== first);
  const described = commands.flatMap((command) =>
    command.names.map((name) => `    ${quoted(`${name}:${command.description}`)}`),
  );
  return `#compdef ${program}
# zsh completion for ${program}: ${program} completion zsh > _${program}, in a folder of $fpath
_${program}() {
  local -a commands
  commands=(
${described.join('\n')}
  )
  if (( CURRENT == 2 )) && [[ $words[2] != -* ]]; then
    _describe -t commands command commands
    _files
    return
  fi
  case $words[2] in
${others.map((command) => `    ${command.names.join('|')})\n      shift words; (( CURRENT-- ))\n${argumentsOf(command)}      ;;`).join('\n')}
    *)
      if [[ $words[2] == (${first.names.join('|')}) ]]; then shift words; (( CURRENT-- )); fi
${argumentsOf(first)}      ;;
  esac
}
if [[ $funcstack[1] == _${program} ]]; then
  _${program} "$@"
else
  compdef _${program} ${program}
fi
`;
}

function argumentsOf(command: CommandWords): string {
  const specs = command.options.flatMap(optionSpecs);
  if (command.argument) specs.push(`'*:argument:${action(command.argument)}'`);
  return `      _arguments -S ${specs.map((spec) => `\\\n        ${spec}`).join(' ')}\n`;
}

function optionSpecs({ short, long, description, value }: OptionWords): string[] {
  const text = `[${description.replace(/[[\]\\:]/g, '\\$&')}]`;
  const rest = value ? `:value:${action(value)}` : '';
  // Options may be repeated: some of them collect their values.
  return [short, long].flatMap((flag) =>
    flag === undefined ? [] : [quoted(`*${flag}${value && flag.startsWith('--') ? '=' : ''}${text}${rest}`)],
  );
}

function action(values: Values): string {
  if (values.kind === 'words') return `(${values.words.join(' ')})`;
  return values.kind === 'file' ? '_files' : ' ';
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
