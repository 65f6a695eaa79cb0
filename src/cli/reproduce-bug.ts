// `fcgi-inspect reproduce-bug --from capture.pcap`: plays what was captured on this machine.
import { type Command, Option } from 'commander';
import { UserError } from '../model/errors.js';
import { parseTime } from './endpoint-options.js';
import { FAIL_ON_WORDS } from './fail-on.js';
import { parseWord } from './options.js';
import type { SharedReproduceOptions } from './reproduce-from.js';
import { addReproduceFromOptions, type ReproduceFromOptions } from './reproduce-from-options.js';

const EXAMPLES = `Examples:
  fcgi-inspect reproduce-bug --from capture.pcap                            both sides, through the tap
  fcgi-inspect reproduce-bug --from capture.pcap --against 127.0.0.1:9000   the same requests to a real application
  fcgi-inspect reproduce-bug --from capture.pcap --export case              a case to attach to a bug report
  fcgi-inspect reproduce-bug --from case                                    and played by somebody else
`;

export function addReproduceCommand(program: Command): void {
  const command = program
    .command('reproduce-bug')
    .alias('reproduce')
    .description('make a known bug happen on this machine, and show it');
  addReproduceFromOptions(command)
    .addOption(
      new Option('-f, --format <name>', 'output: text, json')
        .default('text')
        .argParser((value: string) => parseWord(value, '--format', ['text', 'json'])),
    )
    .addOption(
      new Option('--time-limit <time>', 'end a run after this time, whatever is under way')
        .default(60_000, '60s')
        .argParser((value: string) => parseTime(value, '--time-limit')),
    )
    .addOption(
      new Option('--fail-on <severity>', 'exit 1 if a run has a finding this bad: error, warning, note, never')
        .default('never')
        .argParser((value: string) => parseWord(value, '--fail-on', FAIL_ON_WORDS)),
    )
    .option('-o, --output <file>', 'write the report to a file')
    .option('--show-secrets', 'show the values of cookies and authorization')
    .option('--no-color', 'no colours')
    .option('--ascii', 'no symbols beyond ASCII')
    .option('-q, --quiet', 'no messages on stderr')
    .addHelpText('before', EXAMPLES)
    .action(async (options: Partial<ReproduceFromOptions> & SharedReproduceOptions) => {
      if (options.from === undefined)
        throw new UserError('nothing is named to play', 'reproduce-bug --from capture.pcap');
      const { reproduceFrom } = await import('./reproduce-from.js');
      await reproduceFrom(options as ReproduceFromOptions & SharedReproduceOptions, program.version() ?? '');
    });
}
