// `fcgi-inspect reproduce-bug`: makes a known bug happen on this machine, watches it, and reports; or lists and explains them.
import type { Command } from 'commander';
import { UserError } from '../model/errors.js';
import { scenarioExplained, scenarioList } from '../reporters/scenario-text.js';
import { findScenario, SCENARIOS } from '../scenarios/index.js';
import { writePieces } from './output.js';
import { addReproduceFromOptions, type ReproduceFromOptions } from './reproduce-from-options.js';
import { addReproduceOptions, REPRODUCE_EXAMPLES, type ReproduceOptions } from './reproduce-options.js';
import { terminalOf } from './terminal.js';

export function addReproduceCommand(program: Command): Command {
  const command = program
    .command('reproduce-bug')
    .alias('reproduce')
    .description('make a known bug happen on this machine, and show it')
    .argument('[scenario]', 'name of a bug; without one all are listed');
  return addReproduceFromOptions(addReproduceOptions(command))
    .addHelpText('before', REPRODUCE_EXAMPLES)
    .action((name: string | undefined, options: Options) => reproduce(name, options, program.version() ?? ''));
}

type Options = ReproduceOptions & Partial<ReproduceFromOptions>;

async function reproduce(name: string | undefined, options: Options, version: string): Promise<void> {
  if (options.from !== undefined) {
    if (name !== undefined) throw new UserError(`a capture and the bug ${name} cannot both be played`, 'leave one out');
    const { reproduceFrom } = await import('./reproduce-from.js');
    await reproduceFrom({ ...options, from: options.from } as ReproduceOptions & ReproduceFromOptions, version);
    return;
  }
  const terminal = terminalOf(options.color, options.ascii === true, options.output !== undefined);
  if (name === undefined) {
    await writePieces(scenarioList(SCENARIOS, terminal), options.output);
    return;
  }
  const scenario = findScenario(name);
  if (options.explain) {
    await writePieces(scenarioExplained(scenario, terminal), options.output);
    return;
  }
  const { runScenario } = await import('./reproduce-run.js');
  await runScenario(scenario, options, version);
}
