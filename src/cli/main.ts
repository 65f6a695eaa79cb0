// The command line: what there is, and what becomes of an error.
import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { addBenchCommand } from './bench.js';
import { addCompareCommand } from './compare.js';
import { addCompletionCommand } from './completion.js';
import { addDecodeCommand } from './decode.js';
import { addExplainCommand } from './explain.js';
import { failWith } from './fail.js';
import { addInspectCommand, INSPECT_EXAMPLES } from './inspect.js';
import { addReproduceCommand } from './reproduce-bug.js';
import { addRequestCommand } from './request.js';
import { addServeCommand } from './serve.js';
import { standardOutput } from './standard-output.js';
import { addStatusCommand } from './status.js';
import { addTapCommand } from './tap.js';
import { addWatchCommand } from './watch.js';

const OUTPUT = { outputError: () => {}, writeOut: (text: string) => void standardOutput().write(text) };

const packageFile = new URL('../../../package.json', import.meta.url);

/** What each command but `inspect`, the default one, adds to the program. */
const COMMANDS: Readonly<Record<string, (program: Command) => void>> = {
  decode: addDecodeCommand,
  serve: addServeCommand,
  request: addRequestCommand,
  bench: addBenchCommand,
  status: addStatusCommand,
  watch: addWatchCommand,
  tap: addTapCommand,
  'reproduce-bug': addReproduceCommand,
  compare: addCompareCommand,
  explain: addExplainCommand,
  completion: addCompletionCommand,
};

/**
 * The command line: the whole, also for completion and docs.
 * @param words what will be asked of it: then without the commands that it cannot concern
 */
export function createProgram(words?: readonly string[]): Command {
  const { version, description } = JSON.parse(readFileSync(packageFile, 'utf8')) as {
    version: string;
    description: string;
  };
  const program = new Command('fcgi-inspect')
    .description(description)
    .version(version, '-V, --version')
    .exitOverride()
    .showSuggestionAfterError()
    .enablePositionalOptions()
    .configureOutput(OUTPUT);
  const inspect = addInspectCommand(program);
  const only = words === undefined ? undefined : commandOf(words);
  for (const [name, add] of Object.entries(COMMANDS)) if (only === undefined || only === name) add(program);
  program.addHelpText('before', INSPECT_EXAMPLES);
  // `fcgi-inspect capture.pcap` takes the options of `inspect`: whoever asks the program for help wants to see them.
  program.addHelpText(
    'after',
    () => `\n${inspect.helpInformation().replace(/^Usage: .*\n+/, 'fcgi-inspect [options] <captures...>: ')}`,
  );
  for (const command of program.commands) command.exitOverride().configureOutput(OUTPUT);
  return program;
}

/** The one command that `words` are for; undefined where all may have to be told of, or it is not certain. */
function commandOf(words: readonly string[]): string | undefined {
  const [first = ''] = words;
  if (first === 'completion' || words.some((word) => word === '-h' || word === '--help')) return undefined;
  if (Object.hasOwn(COMMANDS, first)) return first;
  // A word alone may have been meant for a command.
  return /[./]/.test(first) && !first.startsWith('-') ? 'inspect' : undefined;
}

/** Does what `argv` asks, and tells what fails, but for what `isLeft` says is left to somebody else: then it is false. */
export async function main(argv: readonly string[], isLeft = (_error: unknown) => false): Promise<boolean> {
  try {
    await createProgram(argv.slice(2)).parseAsync(argv as string[]);
  } catch (error) {
    if (isLeft(error)) return false;
    failWith(error);
  }
  return true;
}
