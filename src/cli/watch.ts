// `fcgi-inspect watch [address...]`: this host's view of an application, without a relay.
import { type Command, Option } from 'commander';
import { parseTime } from './endpoint-options.js';
import { failOnOption } from './fail-on.js';
import { addHostOptions, METRICS_ADDRESS } from './host-options.js';
import { parseCount, parseWord } from './options.js';
import { WATCH_FORMATS, type WatchOptions } from './watch-options.js';

const EXAMPLES = `Examples:
  fcgi-inspect watch                            finds FastCGI applications on this host and watches them
  fcgi-inspect watch 127.0.0.1:9000             accept queue, TIME_WAIT by side, ports, load per process
  fcgi-inspect watch unix:/run/php/php8.2-fpm.sock --once --fail-on error
  fcgi-inspect watch --pid "$(docker inspect -f '{{.State.Pid}}' php)" 127.0.0.1:9000
  fcgi-inspect watch 127.0.0.1:9000 --duration 30s --format json | jq .findings
  fcgi-inspect watch --metrics                  for Prometheus, on ${METRICS_ADDRESS}
`;

const AFTER = `
It reads /proc and runs ss (package iproute2), and connects to nothing but php-fpm's status page, where the pool's
configuration or --status-path says that there is one. As an ordinary user it sees that user's processes; what it cannot
see it says.
Exit codes: 0, also when it is ended with Ctrl-C; 1 findings at --fail-on; 2 usage, or nothing to watch.
`;

export function addWatchCommand(program: Command): void {
  const command = program
    .command('watch')
    .description("this host's view: accept queues, TIME_WAIT, load per process (no relay)")
    .argument('[addresses...]', 'host:port, [::1]:port or unix:/path; without one, FastCGI applications are looked for')
    .addOption(
      new Option('--interval <time>', 'from look to look')
        .default(1000, '1s')
        .argParser((value: string) => parseTime(value, '--interval')),
    )
    .option('--once', 'one report, of two looks an interval apart (--interval 0: of one look)')
    .addOption(
      new Option('--duration <time>', 'ends after so long').argParser((value: string) =>
        parseTime(value, '--duration'),
      ),
    )
    .addOption(
      new Option(
        '-f, --format <name>',
        `output: ${WATCH_FORMATS.join(', ')} (default: tui, the screen, on a terminal; else text)`,
      ).argParser((value: string) => parseWord(value, '--format', WATCH_FORMATS)),
    )
    .addOption(failOnOption('there was a finding'));
  addHostOptions(command)
    .option('--log-file <file>', 'appends messages and findings to a file, as lines of text')
    .option('--log <file>', 'appends findings that appear and end to a file, one JSON object a line')
    .addOption(
      new Option('--limit <count>', 'rows of each list at most')
        .default(20)
        .argParser((value: string) => parseCount(value, '--limit')),
    )
    .option('--show-queries', 'query strings of requests too')
    .option('-o, --output <file>', 'write to a file')
    .option('--no-color', 'no colours')
    .option('--ascii', 'no symbols beyond ASCII')
    .option('-q, --quiet', 'no warnings on stderr')
    .addHelpText('before', EXAMPLES)
    .addHelpText('after', AFTER)
    .action(async (addresses: string[], options: WatchOptions) => {
      const { runWatch } = await import('./watch-run.js');
      await runWatch(addresses, options, program.version() ?? '');
    });
}
