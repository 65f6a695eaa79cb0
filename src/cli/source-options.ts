// The options that say what to read and how, shared by the commands that read captures.
import type { Command } from 'commander';
import { Option } from 'commander';
import type { Origin } from '../analysis/pipeline.js';
import type { NamedListener } from '../analysis/session.js';
import { UserError } from '../model/errors.js';
import type { CaptureInput } from '../sources/capture-file.js';
import { openInterface } from '../sources/capture-interface.js';
import { type Gathering, gather, type Progress } from '../sources/gather.js';
import { localZone } from '../sources/local-zone.js';
import { type Moment, parseDecodeAs, parseMoment, parsePort, parseTimezone, parseWord } from './options.js';

export interface SourceOptions {
  readonly decodeAs?: readonly NamedListener[];
  readonly port?: readonly NamedListener[];
  readonly since?: Moment;
  readonly until?: Moment;
  readonly interface?: string;
  readonly reader?: 'auto' | 'own' | 'pcap-parser';
  /** Seconds east of UTC; undefined for this machine's zone. */
  readonly logTimezone?: { readonly offset: number | undefined };
}

/** `files`: without what reads an interface. */
export function addSourceOptions(command: Command, files = false): Command {
  command
    .addOption(
      new Option(
        '-d, --decode-as <spec>',
        'name a listener: tcp.port==9000,fcgi or tcp.port==9000,scgi (repeatable)',
      ).argParser(parseDecodeAs),
    )
    .addOption(new Option('--port <port>', 'short for -d tcp.port==<port>,fcgi (repeatable)').argParser(parsePort))
    .addOption(
      new Option(
        '--since <time>',
        'leave out packets before: seconds after the first (2.5s, 300ms) or a date',
      ).argParser((value: string) => parseMoment(value, '--since')),
    )
    .addOption(
      new Option('--until <time>', 'leave out packets after').argParser((value: string) =>
        parseMoment(value, '--until'),
      ),
    );
  if (!files) command.option('-i, --interface <name>', 'capture on this interface with tcpdump until Ctrl-C');
  return command
    .addOption(
      new Option('--reader <name>', 'capture reader: auto, own, or pcap-parser').argParser((value: string) =>
        parseWord(value, '--reader', ['auto', 'own', 'pcap-parser'] as const),
      ),
    )
    .addOption(
      new Option(
        '--log-timezone <zone>',
        "zone of lighttpd's log: local (default), UTC, or an offset like +02:00",
      ).argParser((value: string) => ({
        offset: parseTimezone(value),
      })),
    );
}

export function namedListeners(options: SourceOptions): NamedListener[] {
  return [...(options.decodeAs ?? []), ...(options.port ?? [])];
}

/** Nanoseconds since the first packet, from moments that may be absolute. */
export function rangeOf(options: SourceOptions) {
  const { since, until } = options;
  if (!since && !until) return undefined;
  return (origin: Origin) => ({
    since: since ? relativeTo(origin, since) : -Infinity,
    until: until ? relativeTo(origin, until) : Infinity,
  });
}

function relativeTo(origin: Origin, moment: Moment): number {
  if (moment.kind === 'relative') return moment.nanoseconds;
  return (moment.milliseconds / 1000 - origin.seconds) * 1e9 - origin.nanoseconds;
}

export interface GatherHooks {
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
  /** For a screen that shows what was read so far (see GatherOptions). */
  readonly turn?: number;
  readonly onOpened?: (gathering: Gathering) => void;
  readonly hold?: () => Promise<unknown> | undefined;
}

/** Reads what the command line names: files, standard input, an interface. */
export async function gatherSources(
  paths: readonly string[],
  options: SourceOptions,
  hooks: GatherHooks,
): Promise<Gathering> {
  if (paths.length === 0 && options.interface === undefined) {
    throw new UserError(
      'no capture is named',
      'fcgi-inspect capture.pcap, or fcgi-inspect - to read standard input, or --interface lo',
    );
  }
  if (paths.filter((path) => path === '-').length > 1) throw new UserError('standard input can be read only once');
  const named = namedListeners(options);
  const opened: CaptureInput[] = [];
  if (options.interface !== undefined) {
    const live = await openInterface(options.interface, { filter: captureFilter(named) });
    opened.push(live);
    // tcpdump writes what the kernel still holds, and ends; then the capture ends like a file.
    hooks.signal?.addEventListener('abort', () => live.stop(), { once: true });
  }
  const offset = options.logTimezone?.offset;
  return gather(paths, {
    named,
    range: rangeOf(options),
    reader: options.reader ?? 'auto',
    logTimes: { zone: offset === undefined ? localZone : () => offset },
    opened,
    ...hooks,
  });
}

/** Only what is asked for is captured; without named ports every TCP packet may be FastCGI. */
function captureFilter(named: readonly NamedListener[]): string {
  if (named.length === 0) return 'tcp';
  return named.map(({ port }) => `tcp port ${port}`).join(' or ');
}
