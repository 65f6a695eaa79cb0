// The options of `reproduce-bug`, from text to what a run takes.
import { type Command, Option } from 'commander';
import { UserError } from '../model/errors.js';
import { APPLICATIONS, type ApplicationName, FRONTS, type FrontName } from '../scenarios/play.js';
import { type FailOn, failOnOption } from './fail-on.js';
import { listLimitOption, parseMoment, parseWord } from './options.js';

export const REPRODUCE_FORMATS = ['tui', 'text', 'json'] as const;

export interface ReproduceOptions {
  readonly explain?: boolean;
  readonly fixed?: boolean;
  readonly stage?: string;
  readonly set: readonly string[];
  readonly front: FrontName;
  readonly app?: ApplicationName;
  readonly format: (typeof REPRODUCE_FORMATS)[number];
  readonly tui?: boolean;
  readonly keep?: string | undefined;
  readonly listenHost?: string;
  /** Milliseconds. */
  readonly timeLimit: number;
  readonly limit?: number;
  readonly failOn: FailOn;
  readonly output?: string;
  readonly showSecrets?: boolean;
  readonly color: boolean;
  readonly ascii?: boolean;
  readonly quiet?: boolean;
}

export const REPRODUCE_EXAMPLES = `Examples:
  fcgi-inspect reproduce-bug                                  the bugs, by what is seen first
  fcgi-inspect reproduce-bug stuck-accept-queue               make it happen here, and report
  fcgi-inspect reproduce-bug stuck-accept-queue --fixed       and its cure, side by side
  fcgi-inspect reproduce-bug time-wait-churn --front nginx --app php-fpm --keep /tmp/case
  fcgi-inspect reproduce-bug time-wait-churn --explain        what it is about, without running it
  fcgi-inspect reproduce-bug --from capture.pcap              play what was captured, both sides, through the tap
  fcgi-inspect reproduce-bug --from capture.pcap --against 127.0.0.1:9000
  fcgi-inspect reproduce-bug --from capture.pcap --export case   to attach to a bug report: --from case plays it
`;

export function addReproduceOptions(command: Command): Command {
  return command
    .option('--explain', 'tell about the bug, run nothing')
    .option('--fixed', 'run the cure too, and show both side by side')
    .option('--stage <name>', 'only this run of the bug (--explain lists them)')
    .addOption(
      new Option('--set <name=value>', 'another value of a parameter (repeatable; --explain lists them)')
        .default([], 'none')
        .argParser((value: string, previous: readonly string[]) => [...previous, value]),
    )
    .addOption(
      new Option('--front <name>', `the web server: ${FRONTS.join(', ')}`)
        .default('embedded')
        .argParser((value: string) => parseWord(value, '--front', FRONTS)),
    )
    .addOption(
      new Option(
        '--app <name>',
        `the application: ${APPLICATIONS.join(', ')} (default: embedded, or the one that has the bug)`,
      ).argParser((value: string) => parseWord(value, '--app', APPLICATIONS)),
    )
    .addOption(
      new Option('-f, --format <name>', `output: ${REPRODUCE_FORMATS.join(', ')}`)
        .default('text')
        .argParser((value: string) => parseWord(value, '--format', REPRODUCE_FORMATS)),
    )
    .option('--tui', 'the same as --format tui: look at the recording on a screen')
    .option('--keep <folder>', 'leave recordings, logs, configurations and reports there')
    .option('--listen-host <address>', 'where all of it listens, in place of an address of the loopback interface')
    .addOption(
      new Option('--time-limit <time>', 'end a run after this time, whatever is under way')
        .default(60_000, '60s')
        .argParser(parseLimit),
    )
    .addOption(listLimitOption())
    .addOption(failOnOption('a run has a finding'))
    .option('-o, --output <file>', 'write the report to a file')
    .option('--show-secrets', 'show the values of cookies and authorization')
    .option('--no-color', 'no colours')
    .option('--ascii', 'no symbols beyond ASCII')
    .option('-q, --quiet', 'no messages on stderr');
}

function parseLimit(value: string): number {
  const moment = parseMoment(value, '--time-limit');
  if (moment.kind !== 'relative' || moment.nanoseconds < 1e9 || moment.nanoseconds > 3600e9)
    throw new UserError(`--time-limit ${value}: not between 1s and 1h`);
  return moment.nanoseconds / 1e6;
}
