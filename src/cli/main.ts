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
import { addStatusCommand } from './status.js';
import { addTapCommand } from './tap.js';
import { addWatchCommand } from './watch.js';

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
  addServeCommand(program);
  addRequestCommand(program);
  addBenchCommand(program);
  addStatusCommand(program);
  addWatchCommand(program);
  addTapCommand(program);
  addReproduceCommand(program);
  addCompareCommand(program);
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

/** Does what `argv` asks, and tells what fails, but for what `isLeft` says is left to somebody else: then it is false. */
export async function main(argv: readonly string[], isLeft = (_error: unknown) => false): Promise<boolean> {
  // A reader that goes away (| head) is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  try {
    await createProgram().parseAsync(argv as string[]);
  } catch (error) {
    if (isLeft(error)) return false;
    failWith(error);
  }
  return true;
}
