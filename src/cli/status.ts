// `fcgi-inspect status ADDRESS`: php-fpm's status page and process list, without a web server.
import { type Command, Option } from 'commander';
import { parseParam, parseTime } from './endpoint-options.js';
import { parseCount, parseWord } from './options.js';
import { STATUS_FORMATS, type StatusCommandOptions } from './status-options.js';

const EXAMPLES = `Examples:
  fcgi-inspect status unix:/run/php/php8.2-fpm.sock
  fcgi-inspect status 127.0.0.1:9000 --path /fpm-status --max-children 20
  fcgi-inspect status 127.0.0.1:9001 --interval 1s          again and again, with rates
  fcgi-inspect status 127.0.0.1:9000 --json | jq .counted
`;

const AFTER = `
The pool must have pm.status_path (its value is --path). Workers are counted from the process list, as php-fpm's own
totals drift; the worker that answers this question is left out. A full pool answers late or never: pm.status_listen
(PHP 8.0 and later) gives the page an address of its own.
Exit codes: 0; 2 usage; 7 no connection; 28 the page did not come in time; 56 the answer is no status page.
`;

export function addStatusCommand(program: Command): void {
  program
    .command('status')
    .description("php-fpm's status page and process list, without a web server")
    .argument('<address>', 'host:port, [::1]:port or unix:/path')
    .option('--path <path>', 'pm.status_path of the pool', '/status')
    .addOption(
      new Option('-m, --timeout <time>', 'for the page')
        .default(3000, '3s')
        .argParser((value: string) => parseTime(value, '-m')),
    )
    .addOption(
      new Option('--max-children <count>', 'pm.max_children of the pool, which the page does not say').argParser(
        (value: string) => parseCount(value, '--max-children', 1),
      ),
    )
    .addOption(
      new Option('--interval <time>', 'ask again after so long, until Ctrl-C; shows rates').argParser((value: string) =>
        parseTime(value, '--interval'),
      ),
    )
    .addOption(
      new Option('-n, --count <count>', 'with --interval, so many times').argParser((value: string) =>
        parseCount(value, '--count', 1),
      ),
    )
    .addOption(
      new Option('-f, --format <name>', `output: ${STATUS_FORMATS.join(', ')}`).argParser((value: string) =>
        parseWord(value, '--format', STATUS_FORMATS),
      ),
    )
    .option('--json', 'short for --format json')
    .addOption(new Option('-P, --param <pair>', 'NAME=value of PARAMS (repeatable)').argParser(parseParam))
    .option('--show-queries', 'query strings of the requests too')
    .option('-o, --output <file>', 'write to a file')
    .option('--no-color', 'no colours')
    .option('--ascii', 'no symbols beyond ASCII')
    .addHelpText('before', EXAMPLES)
    .addHelpText('after', AFTER)
    .action(async (address: string, options: StatusCommandOptions) => {
      const { runStatus } = await import('./status-run.js');
      await runStatus(address, options);
    });
}
