// The completion script for bash.
import type { CommandLineWords, CommandWords, Values } from './completion-words.js';

export function bashCompletion({ program, commands, defaultCommand }: CommandLineWords): string {
  const name = `_${program.replaceAll('-', '_')}`;
  const names = commands.flatMap((command) => command.names);
  const first = commands.find((command) => command.names.includes(defaultCommand))!;
  const others = commands.filter((command) => command !== first);
  return `# bash completion for ${program}: source <(${program} completion bash)
${name}() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} command=${first.names[0]}
  COMPREPLY=()
  # --option=value comes as three words.
  if [[ $current == = ]]; then
    current=
  elif [[ $previous == = ]]; then
    previous=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  if ((COMP_CWORD > 1)); then
    case \${COMP_WORDS[1]} in
${others.map((command) => `      ${command.names.join('|')}) command=${command.names[0]} ;;`).join('\n')}
    esac
  fi
  case $command:$previous in
${commands.flatMap(valueCases).join('\n')}
  esac
  if [[ $current == -* ]]; then
    case $command in
${commands.map((command) => `      ${command.names[0]}) ${name}_words ${optionNames(command)} ;;`).join('\n')}
    esac
    return
  fi
  if ((COMP_CWORD == 1)); then
    ${name}_files
    ${name}_words ${names.join(' ')}
    return
  fi
  case $command in
${commands.map((command) => `    ${command.names[0]}) ${argumentCall(command.argument)} ;;`).join('\n')}
  esac
}
# Both add to COMPREPLY what begins with the current word.
${name}_words() {
  local word
  for word in "$@"; do
    [[ $word == "$current"* ]] && COMPREPLY+=("$word")
  done
}
${name}_files() {
  local file
  compopt -o filenames 2>/dev/null
  while IFS= read -r file; do
    COMPREPLY+=("$file")
  done < <(compgen -f -- "$current")
}
complete -F ${name} ${program}
`;

  function argumentCall(values: Values | undefined): string {
    if (values?.kind === 'words') return `${name}_words ${values.words.join(' ')}`;
    return values?.kind === 'file' ? `${name}_files` : ':';
  }

  /** A case for each option that takes a value: the word after it is that value. */
  function valueCases(command: CommandWords): string[] {
    return command.options
      .filter((option) => option.value !== undefined)
      .map((option) => {
        const patterns = [option.short, option.long]
          .filter((flag) => flag !== undefined)
          .map((flag) => `${command.names[0]}:${flag}`);
        return `    ${patterns.join('|')}) ${argumentCall(option.value)}; return ;;`;
      });
  }
}

function optionNames(command: CommandWords): string {
  return command.options.map(({ long, short }) => long ?? short).join(' ');
}
