// `fcgi-inspect decode capture.pcap`: the records of a capture one by one, or one request whole.
import { type Command, Option } from 'commander';
import { UserError } from '../model/errors.js';
import { STREAM_NAMES } from '../reporters/decode-request.js';
import { parseTimeFormat } from '../reporters/format-time.js';
import { DECODE_FORMATS, type DecodeOptions } from './decode-options.js';
import { decode } from './decode-run.js';
import { parseCount, parseWord } from './options.js';
import { addSourceOptions } from './source-options.js';

const EXAMPLES = `Examples:
  fcgi-inspect decode capture.pcap                          every record, with the values of PARAMS
  fcgi-inspect decode capture.pcap -Y 'status >= 500'       those of the failed requests
  fcgi-inspect decode capture.pcap --request 17             one request: PARAMS, STDIN, STDOUT, STDERR
  fcgi-inspect decode capture.pcap --request 17 --stream body --raw > image.png
  tcpdump -U -w - -i lo tcp port 9000 | fcgi-inspect decode -
`;

export function addDecodeCommand(program: Command): void {
  const command = program
    .command('decode')
    .description('record by record')
    .argument('[capture]', 'a pcap or pcapng file (also gzip); - is standard input');
  addSourceOptions(command)
    .option(
      '-Y, --filter <expression>',
      'only the records of these requests or connections: \'status >= 500 and uri ~ "cart"\'',
    )
    .addOption(
      new Option('-f, --format <name>', `output: ${DECODE_FORMATS.join(', ')}`).argParser((value: string) =>
        parseWord(value, '--format', DECODE_FORMATS),
      ),
    )
    .addOption(
      new Option('--limit <count>', 'stop after so many records').argParser((value: string) =>
        parseCount(value, '--limit'),
      ),
    )
    .option('-x, --hex', 'the whole content of records as hexadecimal digits')
    .addOption(
      new Option('--request <id>', "one request whole; ids are those of the report's requests").argParser(
        (value: string) => parseCount(value, '--request'),
      ),
    )
    .addOption(
      new Option('--follow <id>', 'the same as --request').argParser((value: string) => parseCount(value, '--follow')),
    )
    .addOption(
      new Option('--stream <name>', `with --request, only this: ${STREAM_NAMES.join(', ')}`).argParser(
        (value: string) => parseWord(value, '--stream', STREAM_NAMES),
      ),
    )
    .option('--raw', 'with --stream: its very bytes, with nothing redacted')
    .option('-o, --output <file>', 'write to a file')
    .addOption(
      new Option(
        '-t, --time <format>',
        'times: r relative, a absolute, ad with date, e epoch, d delta, u UTC',
      ).argParser(parseTimeFormat),
    )
    .option('--redact', 'leave out the values of cookies and authorization (the default)')
    .option('--show-secrets', 'show them')
    .option('--no-color', 'no colours')
    .option('--ascii', 'no symbols beyond ASCII')
    .option('-q, --quiet', 'no progress and no warnings on stderr')
    .addHelpText('before', EXAMPLES)
    .action((path: string | undefined, options: DecodeOptions) => decode(path, checked(options)));
}

/** @throws UserError for options that do not go together. */
function checked(options: DecodeOptions): DecodeOptions {
  const request = options.request ?? options.follow;
  if (options.stream !== undefined && request === undefined) {
    throw new UserError(
      '--stream is for one request',
      'add --request ID; the report lists ids, and decode shows them beside each record',
    );
  }
  if (options.raw && (options.stream === undefined || options.stream === 'params')) {
    throw new UserError(
      '--raw writes the bytes of one stream',
      `add --stream ${STREAM_NAMES.filter((name) => name !== 'params').join('|')}`,
    );
  }
  if (request !== undefined && options.filter !== undefined) {
    throw new UserError('--request and --filter do not go together', 'one names a request, the other selects them');
  }
  return request === undefined ? options : { ...options, request };
}
