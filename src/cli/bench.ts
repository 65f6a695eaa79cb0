// `fcgi-inspect bench ADDRESS`: load on a FastCGI application, without a web server in between.
import { type Command, Option } from 'commander';
import { BENCH_FORMATS, type BenchCommandOptions, DEFAULT_CONCURRENCY, DEFAULT_DURATION } from './bench-options.js';
import { faultOption, needed, parseHeader, parseParam, parseRate, parseTime } from './endpoint-options.js';
import { parseCount, parseWord } from './options.js';

const EXAMPLES = `Examples:
  fcgi-inspect bench 127.0.0.1:9000 /index.php --root /var/www/html
  fcgi-inspect bench unix:/run/php/php-fpm.sock /ping --script /srv/ping.php -c 50 -t 30s --keep-conn
  fcgi-inspect bench 127.0.0.1:9000 / --rate 200            200 requests a second, however slow the answers are
  fcgi-inspect bench 127.0.0.1:9000 / -n 1000 -d @body.json --json > result.json
`;

export function addBenchCommand(program: Command): void {
  const count = (flags: string, text: string) =>
    new Option(flags, text).argParser((value: string) => parseCount(value, flags.split(/[ ,]/)[0], 1));
  program
    .command('bench')
    .description('load on an application, like wrk: rates, latencies, errors by kind')
    .usage('[options] <address> [uri]')
    .argument('[address]', 'host:port, [::1]:port or unix:/path')
    .argument('[uri]', '/path?query; default /')
    .addOption(count('-c, --concurrency <count>', 'requests at once').default(DEFAULT_CONCURRENCY))
    .addOption(
      new Option('-t, --duration <time>', `for so long (default: ${DEFAULT_DURATION / 1000}s, without -n)`).argParser(
        (value: string) => parseTime(value, '-t'),
      ),
    )
    .addOption(count('-n, --count <count>', 'so many requests'))
    .addOption(
      new Option('--rate <rate>', 'so many requests a second, due whether answers come or not').argParser(
        (value: string) => parseRate(value, '--rate'),
      ),
    )
    .option('-k, --keep-conn', 'keep connections (KEEP_CONN); else each request has its own')
    .addOption(
      count('--multiplex <count>', 'up to so many requests at a time on one connection; with --keep-conn').default(1),
    )
    .option('-X, --request <method>', 'REQUEST_METHOD; default GET, or POST with -d')
    .option('-d, --data <data>', 'the body; @file for that of a file')
    .addOption(new Option('-H, --header <header>', "'Name: value' (repeatable)").argParser(parseHeader))
    .option('--root <folder>', "DOCUMENT_ROOT; SCRIPT_FILENAME is below it (in the application's file system)")
    .option('--script <file>', 'SCRIPT_FILENAME, where it is not root and path of the URI')
    .addOption(
      new Option('-P, --param <pair>', 'NAME=value of PARAMS; NAME alone leaves one out (repeatable)').argParser(
        parseParam,
      ),
    )
    .addOption(
      new Option('-m, --timeout <time>', 'for each request')
        .default(30_000, '30s')
        .argParser((value: string) => parseTime(value, '-m')),
    )
    .option('--scgi', 'speak SCGI')
    .addOption(faultOption())
    .addOption(
      new Option('-f, --format <name>', `output: ${BENCH_FORMATS.join(', ')}`).argParser((value: string) =>
        parseWord(value, '--format', BENCH_FORMATS),
      ),
    )
    .option('--json', 'short for --format json')
    .option('-o, --output <file>', 'write the result to a file')
    .option('--no-color', 'no colours')
    .option('--ascii', 'no symbols beyond ASCII')
    .option('-q, --quiet', 'no progress on stderr')
    .addHelpText('before', EXAMPLES)
    .addHelpText(
      'after',
      `
Without --keep-conn at most 20,000 connections are made unless -n says otherwise: each leaves a socket in TIME_WAIT for
a minute, and local ports run out. Exit codes: 0 answers came; 2 usage; 7 nobody answers there; 56 no request was
answered completely; 130 interrupted (what was measured until then is shown).
`,
    )
    .action(async (address: string | undefined, uri: string | undefined, options: BenchCommandOptions) => {
      if (options.fault?.includes('help')) {
        const { tellFaults } = await import('./fault-help.js');
        await tellFaults('client');
        return;
      }
      const { runBench } = await import('./bench-run.js');
      await runBench(needed(address), uri ?? '/', options);
    });
}
