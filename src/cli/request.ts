// `fcgi-inspect request ADDRESS [URI]`: one FastCGI request, like curl.
import { type Command, Option } from 'commander';
import { UserError } from '../model/errors.js';
import { faultOption, needed, parseHeader, parseParam, parseTime } from './endpoint-options.js';
import { parseCount } from './options.js';
import { POLICY_NAMES, type RequestCommandOptions, ROLES } from './request-options.js';

const EXAMPLES = `Examples:
  fcgi-inspect request 127.0.0.1:9000 /index.php --root /var/www/html
  fcgi-inspect request unix:/run/php/php-fpm.sock '/api?page=2' --script /srv/app/index.php -i
  fcgi-inspect request 127.0.0.1:9000 /upload -d @photo.jpg -H 'Content-Type: image/jpeg' -v
  fcgi-inspect request 127.0.0.1:9000 --get-values            what the application says of its limits
  fcgi-inspect request 127.0.0.1:9000 / --as nginx-keep-conn  as this web server would ask
`;

const AFTER = `
Exit codes: 0 an answer came; 1 its status is 400 or more, or its appStatus not 0, with --fail; 2 usage;
7 no connection; 28 it took too long; 56 the answer broke off or is not FastCGI.
`;

export function addRequestCommand(program: Command): void {
  const time = (flags: string, text: string) =>
    new Option(flags, text).argParser((value: string) => parseTime(value, flags.split(' ')[0]));
  program
    .command('request')
    .description('one FastCGI request, like curl')
    .usage('[options] <address> [uri]')
    .argument('[address]', 'host:port, [::1]:port or unix:/path')
    .argument('[uri]', '/path?query, or http://host/path?query; default /')
    .option('-X, --request <method>', 'REQUEST_METHOD; default GET, or POST with -d')
    .option('-d, --data <data>', 'the body; @file for that of a file, - for standard input')
    .addOption(
      new Option('-H, --header <header>', "'Name: value', becomes HTTP_NAME (repeatable)").argParser(parseHeader),
    )
    .option('-I, --head', 'the method HEAD, and the response head as output')
    .option('-i, --include', 'the response head too')
    .option('-o, --output <file>', 'write the body to a file')
    .option('-f, --fail', 'exit 1 for a status of 400 or more, or an appStatus')
    .option('-v, --verbose', 'every record in both directions, with its time, on stderr')
    .option('--root <folder>', "DOCUMENT_ROOT; SCRIPT_FILENAME is below it (in the application's file system)")
    .option('--script <file>', 'SCRIPT_FILENAME, where it is not root and path of the URI')
    .option('--path-info <path>', 'PATH_INFO: the end of the path that is not the script')
    .addOption(
      new Option(
        '-P, --param <pair>',
        'NAME=value of PARAMS, after all others; NAME alone leaves one out (repeatable)',
      ).argParser(parseParam),
    )
    .option('--keep-conn', 'ask the application to keep the connection (KEEP_CONN)')
    .addOption(
      new Option('--role <role>', `role asked for: ${ROLES.join(', ')}`).default('responder').argParser(parseRole),
    )
    .option('--filter-data <file>', "the file that a Filter's DATA is made of")
    .option('--scgi', 'speak SCGI')
    .option('--get-values', 'ask for FCGI_MAX_CONNS, FCGI_MAX_REQS and FCGI_MPXS_CONNS instead')
    .addOption(new Option('--as <web server>', 'with its PARAMS, records and closing').choices(POLICY_NAMES))
    .addOption(
      new Option('--repeat <count>', 'ask so many times, one after the other')
        .default(1)
        .argParser((value: string) => parseCount(value, '--repeat', 1)),
    )
    .addOption(
      time('-m, --timeout <time>', 'for each request, from connecting to its end (default: 60s without a byte)'),
    )
    .addOption(time('--connect-timeout <time>', 'for connecting (default: 10s)'))
    .addOption(faultOption())
    .option('--redact', 'with -v, leave out the values of cookies and authorization (the default)')
    .option('--show-secrets', 'show them')
    .option('--no-color', 'no colours')
    .option('--ascii', 'no symbols beyond ASCII')
    .option('-q, --quiet', 'nothing on stderr but errors')
    .addHelpText('before', EXAMPLES)
    .addHelpText('after', AFTER)
    .action(async (address: string | undefined, uri: string | undefined, options: RequestCommandOptions) => {
      if (options.fault?.includes('help')) {
        const { tellFaults } = await import('./fault-help.js');
        await tellFaults('client');
        return;
      }
      const { runRequest } = await import('./request-run.js');
      await runRequest(needed(address), uri ?? '/', checked(options));
    });
}

/** @throws UserError for options that do not go together */
function checked(options: RequestCommandOptions): RequestCommandOptions {
  if (options.scgi) {
    if (options.getValues) throw new UserError('--get-values is FastCGI; SCGI has nothing like it');
    if (options.keepConn) throw new UserError('--keep-conn is FastCGI; SCGI closes every connection');
    if (options.as !== undefined) throw new UserError('--as is about FastCGI and does not go with --scgi');
    if (options.role !== 'responder') throw new UserError('--role is FastCGI; SCGI has no roles');
  }
  if (options.head && options.data !== undefined) throw new UserError('-I and -d do not go together');
  if (options.filterData !== undefined && options.role !== 'filter') {
    throw new UserError('--filter-data is for a Filter', 'add --role filter');
  }
  return options;
}

function parseRole(value: string): string | number {
  const role = ROLES.find((candidate) => candidate === value.toLowerCase());
  if (role !== undefined) return role;
  if (/^\d+$/.test(value) && Number(value) <= 65535) return Number(value);
  throw new UserError(`--role ${value}: not one of ${ROLES.join(', ')}, nor a number up to 65535`);
}
