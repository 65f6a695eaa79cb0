// The command line: what there is, and what becomes of an error.
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { UserError } from '../model/errors.js';
import { addCompletionCommand } from './completion.js';
import { addDecodeCommand } from './decode.js';
import { EXIT_BUG, EXIT_INPUT, exitWith } from './exit.js';
import { addExplainCommand } from './explain.js';
import { addInspectCommand, INSPECT_EXAMPLES } from './inspect.js';
import { advise, complain } from './output.js';

const packageFile = new URL('../../../package.json', import.meta.url);

/** The whole command line, also for completion and docs. */
export function createProgram(): Command {
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
    .configureOutput({ outputError: () => {} });
  const inspect = addInspectCommand(program);
  addDecodeCommand(program);
  addExplainCommand(program);
  addCompletionCommand(program);
  program.addHelpText('before', INSPECT_EXAMPLES);
  // `fcgi-inspect capture.pcap` takes the options of `inspect`: whoever asks the program for help wants to see them.
  program.addHelpText(
    'after',
    () => `\n${inspect.helpInformation().replace(/^Usage: .*\n+/, 'fcgi-inspect [options] <captures...>: ')}`,
  );
  for (const command of program.commands) command.exitOverride().configureOutput({ outputError: () => {} });
  return program;
}

export async function main(argv: readonly string[]): Promise<void> {
  // A reader that goes away (| head) is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  try {
    await createProgram().parseAsync(argv as string[]);
  } catch (error) {
    fail(error);
  }
}

function fail(error: unknown): void {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return;
    complain(error.message.replace(/^error: /, ''));
    advise('Try: fcgi-inspect --help');
    exitWith(EXIT_INPUT);
  } else if (error instanceof UserError) {
    complain(error.message);
    if (error.hint) advise(error.hint);
    exitWith(EXIT_INPUT);
  } else {
    advise(error instanceof Error ? (error.stack ?? error.message) : String(error));
    complain('this is a bug of fcgi-inspect; please report it with the lines above and what was read');
    exitWith(EXIT_BUG);
  }
}
