// `fcgi-inspect serve [address]`: a FastCGI application that answers as told, and goes wrong as told.
import { type Command, Option } from 'commander';
import { faultOption, parseBytes, parseTime } from './endpoint-options.js';
import { parseCount, parseWord } from './options.js';
import {
  checkedServe,
  LIMIT_NAMES,
  parseMode,
  parseSetting,
  type ServeCommandOptions,
  type Setting,
  SLOTS,
  TIMEOUT_NAMES,
} from './serve-options.js';

const EXAMPLES = `Examples:
  fcgi-inspect serve                                   on 127.0.0.1:9000, a page that names each request
  fcgi-inspect serve unix:/tmp/app.sock --echo -v      gives bodies back, a line for each request
  fcgi-inspect serve --cgi ./script.pl --workers 4     a CGI program behind FastCGI, in four processes
  fcgi-inspect serve --workers 2 --sleep 500ms --backlog 5        two workers, busy, and a short accept queue
  fcgi-inspect serve --fault 'drop_end_request,count=1,after=10,match="uri ~ /cart"'
`;

const AFTER = `
Without --hello, --echo, --stream, --root and --cgi the path of a request says what is answered: /hello, /echo,
/status/503, /sleep?ms=200, /stream?bytes=N, /stderr?text=T, /exit/7 (docs/serve.md); others get a page that names them.
SIGINT or SIGTERM lets requests finish and exits with 0; a second one does not wait. --fault help lists all faults.
`;

export function addServeCommand(program: Command): void {
  const count = (flags: string, text: string, least = 1) =>
    new Option(flags, text).argParser((value: string) => parseCount(value, flags.split(' ')[0], least));
  const time = (flags: string, text: string) =>
    new Option(flags, text).argParser((value: string) => parseTime(value, flags.split(' ')[0]));
  program
    .command('serve')
    .description('a FastCGI application that answers as told')
    .argument('[address]', 'host:port, unix:/path, or fd:0 for an inherited socket; default 127.0.0.1:9000')
    .option('--hello', 'answer six bytes')
    .option('--echo', 'answer with the body of the request')
    .addOption(
      new Option('--stream <size>', 'answer so many bytes').argParser((value: string) => parseBytes(value, '--stream')),
    )
    .addOption(count('--status <status>', 'HTTP status of the answers', 100))
    .addOption(time('--sleep <time>', 'wait so long before each answer'))
    .option('--stderr <text>', 'write this to STDERR before each answer')
    .addOption(count('--exit <status>', 'appStatus of the answers', 0))
    .option('--root <folder>', 'serve the files of this folder')
    .option('--cgi <program>', 'run this CGI program for each request')
    .addOption(count('--cgi-limit <count>', 'CGI programs at once, in each process; beyond it 503').default(32))
    .addOption(time('--cgi-timeout <time>', 'for a CGI program').default(60_000, '60s'))
    .option('--scgi', 'speak SCGI')
    .option('--as-cgi', 'answer one request from environment and standard input, as a CGI program')
    .addOption(count('--workers <count>', 'processes that share the listening socket'))
    .addOption(
      new Option(
        '--per-worker <count>',
        'what each worker takes at a time; a number or unlimited (default: 1)',
      ).argParser((value: string) =>
        value === 'unlimited' ? Number.POSITIVE_INFINITY : parseCount(value, '--per-worker', 1),
      ),
    )
    .addOption(
      new Option('--slot <kind>', `what takes a place in a worker: ${SLOTS.join(', ')}`).argParser((value: string) =>
        parseWord(value, '--slot', SLOTS),
      ),
    )
    .option('--accept-lock', "accept and read under one lock, as libfcgi's threaded example does")
    .addOption(count('--backlog <length>', 'of the accept queue (default: 511)'))
    .addOption(count('--max-requests <count>', 'a worker is replaced after so many requests'))
    .addOption(time('--lifetime <time>', 'a worker is replaced after so long'))
    .option('--multiplex', 'several requests at once on a connection (the default without workers)')
    .option('--no-multiplex', 'one at a time; others are answered with CANT_MPX_CONN')
    .addOption(setting('--limit <name=value>', LIMIT_NAMES, limitValue))
    .addOption(setting('--timeout <name=time>', TIMEOUT_NAMES, parseTime))
    .addOption(new Option('--mode <mode>', 'permissions of a unix socket (default: 660)').argParser(parseMode))
    .option('--web-servers <addresses>', 'who may connect, as FCGI_WEB_SERVER_ADDRS has it (which is the default)')
    .addOption(faultOption())
    .option('-v, --verbose', 'a line for each request')
    .option('--ascii', 'no symbols beyond ASCII')
    .option('-q, --quiet', 'nothing but requests and errors')
    .addHelpText('before', EXAMPLES)
    .addHelpText('after', AFTER)
    .action(async (address: string | undefined, options: ServeCommandOptions) => {
      if (options.fault?.includes('help')) {
        const { tellFaults } = await import('./fault-help.js');
        await tellFaults('server');
        return;
      }
      const { runServe } = await import('./serve-run.js');
      await runServe(address, checkedServe(options));
    });
}

function setting(flags: string, names: readonly string[], parse: (value: string, option: string) => number): Option {
  const option = flags.split(' ')[0];
  return new Option(flags, `one of ${names.join(', ')} (repeatable)`).argParser(
    (value: string, previous: Setting[] | undefined) => parseSetting(value, previous, option, names, parse),
  );
}

function limitValue(value: string, option: string): number {
  return option.endsWith('bytes') ? parseBytes(value, option) : parseCount(value, option);
}
