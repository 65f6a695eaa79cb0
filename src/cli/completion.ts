// `fcgi-inspect completion bash|zsh|fish`: completion scripts made from the command line itself, so that they know every
// command and option it has.
import { Argument, type Command } from 'commander';
import { bashCompletion } from './completion-bash.js';
import { fishCompletion } from './completion-fish.js';
import { commandLineWords } from './completion-words.js';
import { zshCompletion } from './completion-zsh.js';
import { writePieces } from './output.js';

const SCRIPTS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;

const EXAMPLES = `Examples:
  source <(fcgi-inspect completion bash)        for this shell; the same line in ~/.bashrc for all of them
  fcgi-inspect completion zsh > ~/.zfunc/_fcgi-inspect
  fcgi-inspect completion fish > ~/.config/fish/completions/fcgi-inspect.fish
`;

export function addCompletionCommand(program: Command): void {
  program
    .command('completion')
    .description('completion for a shell: commands, options and their values')
    .addArgument(new Argument('<shell>', 'bash, zsh or fish').choices(Object.keys(SCRIPTS)))
    .addHelpText('before', EXAMPLES)
    .action(async (shell: keyof typeof SCRIPTS) => {
      await writePieces([SCRIPTS[shell](commandLineWords(program))], undefined);
    });
}
