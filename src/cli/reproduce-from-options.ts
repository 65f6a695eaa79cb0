// The options of `reproduce-bug --from`: what is played, against whom, how fast, and what is left out of it.
import { type Command, Option } from 'commander';
import { type EndpointAddress, parseEndpoint } from '../model/endpoint-address.js';
import { UserError } from '../model/errors.js';
import { parseTime } from './endpoint-options.js';
import { addSourceOptions, type SourceOptions } from './source-options.js';

export interface ReproduceFromOptions extends SourceOptions {
  readonly from: string;
  readonly against?: EndpointAddress;
  readonly serve?: EndpointAddress;
  readonly speed: number;
  readonly filter?: string;
  readonly export?: string;
  readonly record?: string;
  readonly keepSecrets?: boolean;
  /** Milliseconds. */
  readonly patience: number;
}

export function addReproduceFromOptions(command: Command): Command {
  command
    .option('--from <capture>', 'play what a capture holds, or a case that was exported')
    .addOption(
      new Option('--against <address>', "with --from: play the web server's side against a real application").argParser(
        (value: string) => address(value, 1),
      ),
    )
    .addOption(
      new Option('--serve <address>', "with --from: serve the application's side to a real web server").argParser(
        (value: string) => address(value, 0),
      ),
    )
    .addOption(
      new Option('--speed <factor>', 'with --from: how many times faster than it was')
        .default(1, '1')
        .argParser(parseSpeed),
    )
    .option('--filter <expression>', 'with --from: only connections with such requests: \'uri ~ "cart"\'')
    .option('--export <folder>', 'with --from: write it there as a case that anybody can play, and play nothing')
    .option('--record <file>', 'with --from: write what passed as pcapng')
    .option('--keep-secrets', 'with --from: play and export cookies and authorization as they were')
    .addOption(
      new Option('--patience <time>', 'with --from: how long to wait for what came next')
        .default(10_000, '10s')
        .argParser((value: string) => parseTime(value, '--patience')),
    );
  return addSourceOptions(command, true);
}

function address(value: string, least: 0 | 1): EndpointAddress {
  return parseEndpoint(/^:\d+$/.test(value) ? `127.0.0.1${value}` : value, least);
}

function parseSpeed(value: string): number {
  const speed = Number(value.replace(/^x|x$/i, ''));
  if (!(speed >= 0.01 && speed <= 1000)) throw new UserError(`--speed ${value}: not a factor between 0.01 and 1000`);
  return speed;
}

/** @throws UserError for options that do not go together */
export function checkedFrom(options: ReproduceFromOptions): ReproduceFromOptions {
  if (options.against !== undefined && options.serve !== undefined)
    throw new UserError('--against and --serve do not go together', 'one side is played, or without both of them both');
  if (options.export !== undefined && (options.against ?? options.serve) !== undefined)
    throw new UserError(
      '--export plays nothing',
      'first export, then play the folder: --from FOLDER --against ADDRESS',
    );
  if (options.from === '-')
    throw new UserError('a capture to play is read twice, so it cannot come from standard input', 'write it to a file');
  return options;
}
