// `fcgi-inspect tap`: relays between web server and application, and says what is wrong with what passes.
import type { Command } from 'commander';
import { parseFault } from '../faults/parse-fault.js';
import { addTapOptions, TAP_EXAMPLES, type TapCommandOptions } from './tap-options.js';

export function addTapCommand(program: Command): void {
  const command = program
    .command('tap')
    .description('relay between web server and application, and say what is wrong (live)');
  addTapOptions(command)
    .addHelpText('before', TAP_EXAMPLES)
    .action(async (options: TapCommandOptions) => {
      if (options.fault?.includes('help')) {
        const { tellFaults } = await import('./fault-help.js');
        await tellFaults('tap');
        return;
      }
      for (const text of options.fault ?? []) parseFault(text, 'tap');
      const { runTap } = await import('./tap-run.js');
      await runTap(options, program.version() ?? '');
    });
}
