// `fcgi-inspect capture.pcap`: what is wrong in these captures. The default command.
import { type Command, Option } from 'commander';
import { nearest } from '../analysis/filter/filter-error.js';
import { selectRows } from '../analysis/select-rows.js';
import type { Snapshot } from '../analysis/snapshot.js';
import type { UserError } from '../model/errors.js';
import { TIME_FORMATS, type TimeFormat } from '../reporters/format-time.js';
import { jsonReport, ndjsonReport } from '../reporters/json.js';
import { textReport } from '../reporters/text.js';
import type { Gathering } from '../sources/gather.js';
import { EXIT_FINDINGS, EXIT_INPUT, exitWith } from './exit.js';
import { crashed } from './fail.js';
import { type FailOn, failOnOption, failsOn } from './fail-on.js';
import { interruptible } from './interrupt.js';
import { localOffset } from './local-offset.js';
import { listLimitOption, parseWord } from './options.js';
import { advise, complain, writePieces } from './output.js';
import { progressLine } from './progress.js';

import { addSourceOptions, gatherSources, type SourceOptions } from './source-options.js';
import { screenImpossible, terminalOf } from './terminal.js';

const FORMATS = ['tui', 'text', 'json', 'ndjson'] as const;
type Format = (typeof FORMATS)[number];

interface InspectOptions extends SourceOptions {
  readonly format?: Format;
  readonly filter?: string;
  readonly limit?: number;
  readonly failOn: FailOn;
  readonly output?: string;
  readonly time?: TimeFormat;
  readonly color: boolean;
  readonly ascii?: boolean;
  readonly showSecrets?: boolean;
  readonly quiet?: boolean;
}

export const INSPECT_EXAMPLES = `Examples:
  fcgi-inspect capture.pcap                            what is wrong, findings first
  fcgi-inspect capture.pcap error.log                  with lighttpd's log: which process carries the load
  fcgi-inspect capture.pcap --filter 'total > 1s'      the slow requests
  fcgi-inspect capture.pcap --format json | jq .summary
  tcpdump -U -w - -i lo tcp port 9000 | fcgi-inspect -
`;

export function addInspectCommand(program: Command): Command {
  const command = program
    .command('inspect', { isDefault: true })
    .description('what is wrong in these captures (the default command)')
    .argument(
      '[captures...]',
      'pcap or pcapng files (also gzip), text printed by tcpdump, lighttpd error logs; - is standard input',
    );
  addSourceOptions(command)
    .addOption(
      new Option(
        '-f, --format <name>',
        `output (default: tui on a terminal, else text): ${FORMATS.join(', ')}`,
      ).argParser((value: string) => parseWord(value, '--format', FORMATS)),
    )
    .option('--filter <expression>', 'only these connections and requests in lists: \'status >= 500 and uri ~ "cart"\'')
    .addOption(listLimitOption())
    .addOption(failOnOption())
    .option('-o, --output <file>', 'write the report to a file')
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
    .option('-q, --quiet', 'no progress and no warnings on stderr')
    .addHelpText('before', INSPECT_EXAMPLES)
    .action((paths: string[], options: InspectOptions) => inspect(paths, options, program));
  return command;
}

async function inspect(paths: readonly string[], options: InspectOptions, program: Command): Promise<void> {
  const format = formatFor(paths, options);
  // A filter that makes no sense is told before a large file is read.
  const select = selectRows(options.filter);
  if (format === 'tui') return inspectScreen(paths, options, program);
  const quiet = options.quiet === true;
  const progress = progressLine(quiet);
  const interrupt = interruptible();
  let gathering: Gathering;
  try {
    gathering = await gatherSources(paths, options, { onProgress: progress.update, signal: interrupt.signal });
  } finally {
    progress.end();
    interrupt.end();
  }
  const nothingRead = gathering.captures.length + gathering.texts.length === 0;
  tellFailures(gathering.failures, nothingRead ? paths[0] : undefined, program);
  if (!nothingRead) {
    const snapshot = gathering.snapshot();
    if (!quiet) for (const problem of cutProblems(snapshot)) complain(problem);
    const { histories } = gathering.pipeline.tracker;
    await writePieces(report(snapshot, histories, format, options, select, paths), options.output);
    if (failsOn(options.failOn, snapshot.findings)) exitWith(EXIT_FINDINGS);
  }
  if (nothingRead || gathering.failures.length > 0 || gathering.incomplete) exitWith(EXIT_INPUT);
  if (gathering.interrupted && options.interface === undefined) exitWith(interrupt.exitCode);
}

/** The screen on a terminal that can show it, unless something else is asked for; else text. */
function formatFor(paths: readonly string[], options: InspectOptions): Format {
  const { format } = options;
  if (format !== undefined && format !== 'tui') return format;
  // How many rows, and how times are written, is said for text.
  const wantsText = options.output !== undefined || options.limit !== undefined || options.time !== undefined;
  if (format === undefined && wantsText) return 'text';
  const against = options.output === undefined ? screenImpossible(paths.includes('-')) : 'the output goes to a file';
  if (against === undefined) return 'tui';
  if (format === 'tui' && options.quiet !== true) complain(`no screen, as ${against}; this is the text report`);
  return 'text';
}

/** The screen, and after it the exit code of what was read. */
async function inspectScreen(paths: readonly string[], options: InspectOptions, program: Command): Promise<void> {
  const { inspectOnScreen } = await import('./inspect-screen.js');
  const look = terminalOf(options.color, options.ascii === true, false);
  const { gathering, snapshot, left } = await inspectOnScreen(paths, options, look, crashed);
  if (!left)
    tellFailures(
      gathering.failures,
      gathering.captures.length + gathering.texts.length === 0 ? paths[0] : undefined,
      program,
    );
  if (snapshot && failsOn(options.failOn, snapshot.findings)) exitWith(EXIT_FINDINGS);
  if (gathering.interrupted) return;
  if (!left || gathering.failures.length > 0 || gathering.incomplete) exitWith(EXIT_INPUT);
}

/** `first`: the first word, where nothing could be read: it may have been meant for a command. */
function tellFailures(failures: readonly UserError[], first: string | undefined, program: Command): void {
  for (const failure of failures) complain(failure.message);
  for (const hint of new Set(failures.map((failure) => failure.hint))) if (hint !== undefined) advise(hint);
  if (first === undefined || /[./]/.test(first)) return;
  const command = nearest(
    first,
    program.commands.map((each) => each.name()),
  );
  if (command !== undefined) advise(`Did you mean the command ${command}?`);
}

function report(
  snapshot: Snapshot,
  histories: Gathering['pipeline']['tracker']['histories'],
  format: Exclude<Format, 'tui'>,
  options: InspectOptions,
  select: ReturnType<typeof selectRows>,
  paths: readonly string[],
): Iterable<string> {
  const rows = select(snapshot.facts, histories);
  if (format === 'text') {
    const terminal = terminalOf(options.color, options.ascii === true, options.output !== undefined);
    return textReport(snapshot, {
      histories,
      width: terminal.width,
      colour: terminal.colour,
      ascii: terminal.ascii,
      ...(options.limit === undefined ? {} : { limit: options.limit }),
      ...(options.time === undefined ? {} : { timeFormat: options.time }),
      filter: options.filter === undefined ? undefined : { expression: options.filter, ...rows },
      showSecrets: options.showSecrets === true,
      zone: localOffset,
      command: paths,
    });
  }
  const limit = options.limit ?? Number.POSITIVE_INFINITY;
  const json = { histories, limit, showSecrets: options.showSecrets === true, ...rows };
  return format === 'json' ? jsonReport(snapshot, json) : ndjsonReport(snapshot, json);
}

/** What kept an input from being read completely, a sentence each. */
function cutProblems(snapshot: Snapshot): string[] {
  const told = new Set(['cut-short', 'unsupported-link-type']);
  return snapshot.input.problems
    .filter((problem) => told.has(problem.code) || /^(bad|damaged|gzip)-/.test(problem.code))
    .map((problem) => `${problem.file ?? snapshot.input.files[0]?.name ?? 'input'}: ${problem.detail}`);
}
