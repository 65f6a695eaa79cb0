// The options of `tap`, from text to what the tap takes.
import { type Command, Option } from 'commander';
import { type EndpointAddress, parseEndpoint } from '../model/endpoint-address.js';
import { UserError } from '../model/errors.js';
import { TIME_FORMATS, type TimeFormat } from '../reporters/format-time.js';
import type { RelayPair } from '../sources/tap/relay.js';
import { type FailOn, failOnOption } from './fail-on.js';
import { addHostOptions, type HostOptions } from './host-options.js';
import { listLimitOption, parseCount, parseMoment, parseWord } from './options.js';

export const TAP_FORMATS = ['tui', 'text', 'json', 'ndjson'] as const;

export interface TapCommandOptions extends HostOptions {
  readonly listen?: readonly string[];
  readonly to?: readonly string[];
  readonly listenMode?: number;
  readonly fault?: readonly string[];
  readonly record?: string;
  readonly rotateSize?: number;
  readonly rotateTime?: number;
  readonly rotateFiles?: number;
  readonly format?: (typeof TAP_FORMATS)[number];
  /** Milliseconds. */
  readonly interval: number;
  readonly duration?: number;
  readonly grace: number;
  readonly once?: boolean;
  /** False: this host is not looked at. */
  readonly host: boolean;
  readonly filter?: string;
  readonly limit?: number;
  readonly failOn: FailOn;
  readonly output?: string;
  readonly logFile?: string;
  readonly time?: TimeFormat;
  readonly showSecrets?: boolean;
  readonly color: boolean;
  readonly ascii?: boolean;
  readonly quiet?: boolean;
}

export const TAP_EXAMPLES = `Examples:
  fcgi-inspect tap --listen 127.0.0.1:9001 --to 127.0.0.1:9000              then: fastcgi_pass 127.0.0.1:9001;
  fcgi-inspect tap --listen unix:/run/tap.sock --to unix:/run/php/php-fpm.sock
  fcgi-inspect tap --listen 127.0.0.1:9001 --to unix:/run/php.sock --record tap.pcapng
  fcgi-inspect tap --listen :9001 --to :9000 --duration 30s --format json --fail-on error
`;

export function addTapOptions(command: Command): Command {
  command
    .addOption(
      new Option(
        '-l, --listen <address>',
        'where web servers connect: HOST:PORT or unix:/PATH (repeatable, with --to)',
      ).argParser(gather),
    )
    .addOption(new Option('--to <address>', 'the application behind it (repeatable, with --listen)').argParser(gather))
    .addOption(
      new Option(
        '--listen-mode <octal>',
        "access rights of a new socket file (default: those of the application's, 666 for a port)",
      ).argParser(parseMode),
    )
    .addOption(
      new Option(
        '--fault <fault>',
        'make a fault on purpose: drop_end_request,count=1 (repeatable; --fault help lists them)',
      ).argParser(gather),
    )
    .option('-w, --record <file>', 'write what passes as pcapng, for fcgi-inspect and Wireshark')
    .addOption(
      new Option('--rotate-size <size>', 'a new recording after so many bytes: 100MB').argParser((value: string) =>
        parseSize(value, '--rotate-size'),
      ),
    )
    .addOption(
      new Option('--rotate-time <time>', 'a new recording after this time: 1h').argParser((value: string) =>
        parseDuration(value, '--rotate-time'),
      ),
    )
    .addOption(
      new Option('--rotate-files <count>', 'recordings that are kept, the newest ones').argParser((value: string) =>
        parseCount(value, '--rotate-files', 1),
      ),
    )
    .addOption(
      new Option(
        '-f, --format <name>',
        `output: ${TAP_FORMATS.join(', ')} (default: tui, the screen, on a terminal; else text)`,
      ).argParser((value: string) => parseWord(value, '--format', TAP_FORMATS)),
    )
    .addOption(
      new Option('--interval <time>', 'a text report this often, 0 for one at the end only')
        .default(10_000, '10s')
        .argParser((value: string) => parseDuration(value, '--interval')),
    )
    .addOption(
      new Option('--duration <time>', 'end after this time').argParser((value: string) =>
        parseDuration(value, '--duration'),
      ),
    )
    .option('--once', 'end with the first connection')
    .addOption(
      new Option('--grace <time>', 'how long requests under way may take at the end')
        .default(30_000, '30s')
        .argParser((value: string) => parseDuration(value, '--grace')),
    )
    .option('--filter <expression>', 'only these connections and requests in lists')
    .addOption(listLimitOption())
    .addOption(failOnOption())
    .option('-o, --output <file>', 'write the reports to a file')
    .option('--log-file <file>', 'append messages, and findings as they come and go, to this file')
    .option('--no-host', 'does not look at this host: accept queues, processes, TIME_WAIT')
    .addOption(
      new Option(
        '-t, --time <format>',
        'times in text: r relative, a absolute, ad with date, e epoch, d delta, u or ud UTC',
      ).argParser((value: string) => parseWord(value, '--time', TIME_FORMATS)),
    )
    .option('--redact', 'leave out the values of cookies and authorization (the default)')
    .option('--show-secrets', 'show them')
    .option('--no-color', 'no colours')
    .option('--ascii', 'no symbols beyond ASCII')
    .option('-q, --quiet', 'no messages on stderr');
  return addHostOptions(command);
}

/** @throws UserError unless there is a --to for every --listen */
export function pairsOf({ listen = [], to = [] }: TapCommandOptions): RelayPair[] {
  if (listen.length === 0 || listen.length !== to.length) {
    throw new UserError(
      listen.length + to.length === 0
        ? 'tap needs to know where to listen and where the application is'
        : `--listen is given ${times(listen.length)}, --to ${times(to.length)}: they belong together in pairs`,
      'fcgi-inspect tap --listen 127.0.0.1:9001 --to 127.0.0.1:9000',
    );
  }
  const pairs = listen.map((address, index) => ({ listen: endpoint(address, 0), to: endpoint(to[index], 1) }));
  for (const { listen: own, to: application } of pairs) {
    if (JSON.stringify(own) === JSON.stringify(application))
      throw new UserError('--listen and --to are the same address', 'the tap listens on one of its own');
  }
  return pairs;
}

/** `:9000` is 127.0.0.1:9000. */
function endpoint(text: string, least: 0 | 1): EndpointAddress {
  return parseEndpoint(/^:\d+$/.test(text) ? `127.0.0.1${text}` : text, least);
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}

function gather(value: string, previous: readonly string[] = []): string[] {
  return [...previous, value];
}

/** `30s`, `500ms`, `2min`; a bare number is seconds. Milliseconds. */
function parseDuration(value: string, option: string): number {
  const moment = /^\d/.test(value) && !/-/.test(value) ? parseMoment(value, option) : undefined;
  if (moment?.kind !== 'relative')
    throw new UserError(`${option} ${value}: not a time`, 'write 30s, 500ms, 2min or 1h');
  return moment.nanoseconds / 1e6;
}

function parseSize(value: string, option: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([kMG]i?B?|B)?$/i.exec(value.trim());
  if (!match) throw new UserError(`${option} ${value}: not a size`, 'write 100MB, 64MiB or a number of bytes');
  const unit = (match[2] ?? '').toLowerCase();
  const base = unit.includes('i') ? 1024 : 1000;
  return Math.round(Number(match[1]) * base ** ['', 'k', 'm', 'g'].indexOf(unit.replace(/i?b?$/, '')));
}

function parseMode(value: string): number {
  if (!/^0?[0-7]{3}$/.test(value))
    throw new UserError(`--listen-mode ${value}: not an octal mode`, 'write 660 or 0666');
  return Number.parseInt(value, 8);
}
