// `fcgi-inspect compare before after`: what changed between two captures, recordings or reports.
import { type Command, Option } from 'commander';
import { type Comparison, compareReports, isSlower, newSeverities } from '../compare/compare.js';
import { UserError } from '../model/errors.js';
import { compareJson } from '../reporters/compare-json.js';
import { compareText } from '../reporters/compare-text.js';
import { type ComparedInput, readCompared } from './compare-input.js';
import { EXIT_FINDINGS, EXIT_INPUT, exitWith } from './exit.js';
import { type FailOn, failOnOption, failsOn } from './fail-on.js';
import { interruptible } from './interrupt.js';
import { parseWord } from './options.js';
import { complain, writePieces } from './output.js';
import { progressLine } from './progress.js';
import { addSourceOptions, type SourceOptions } from './source-options.js';
import { terminalOf } from './terminal.js';

export const COMPARE_FORMATS = ['text', 'json'] as const;

interface CompareOptions extends SourceOptions {
  readonly format: (typeof COMPARE_FORMATS)[number];
  readonly failOn: FailOn;
  readonly failOnSlower?: boolean;
  readonly output?: string;
  readonly color: boolean;
  readonly ascii?: boolean;
  readonly showSecrets?: boolean;
  readonly quiet?: boolean;
}

const EXAMPLES = `Examples:
  fcgi-inspect compare before.pcap after.pcap            what changed, findings gone and new first
  fcgi-inspect compare last-week.json capture.pcap       a JSON report against a capture
  fcgi-inspect compare base.json now.json --fail-on warning --fail-on-slower   for CI
`;

export function addCompareCommand(program: Command): void {
  const command = program
    .command('compare')
    .description('what changed between two captures, recordings or reports')
    .argument('<before>', 'a pcap or pcapng file (also gzip), a JSON report, or text printed by tcpdump; - is stdin')
    .argument('<after>', 'another one');
  addSourceOptions(command, true)
    .addOption(
      new Option('-f, --format <name>', `output: ${COMPARE_FORMATS.join(', ')}`)
        .default('text')
        .argParser((value: string) => parseWord(value, '--format', COMPARE_FORMATS)),
    )
    .addOption(failOnOption('there is a new or worse finding'))
    .option('--fail-on-slower', 'exit 1 if requests became significantly slower')
    .option('-o, --output <file>', 'write to a file')
    .option('--redact', 'leave out the values of cookies and authorization (the default)')
    .option('--show-secrets', 'show them')
    .option('--no-color', 'no colours')
    .option('--ascii', 'no symbols beyond ASCII')
    .option('-q, --quiet', 'no progress and no warnings on stderr')
    .addHelpText('before', EXAMPLES)
    .action((before: string, after: string, options: CompareOptions) => compare(before, after, options));
}

async function compare(beforePath: string, afterPath: string, options: CompareOptions): Promise<void> {
  if (beforePath === '-' && afterPath === '-') throw new UserError('standard input can be read only once');
  const quiet = options.quiet === true;
  const interrupt = interruptible();
  let [before, after]: (ComparedInput | undefined)[] = [];
  try {
    for (const path of [beforePath, afterPath]) {
      const progress = progressLine(quiet);
      try {
        const input = await readCompared(path, options, { onProgress: progress.update, signal: interrupt.signal });
        if (before === undefined) before = input;
        else after = input;
      } finally {
        progress.end();
      }
      // A comparison with half a capture would be about the interruption.
      if (interrupt.signal.aborted) {
        exitWith(interrupt.exitCode);
        return;
      }
    }
  } finally {
    interrupt.end();
  }
  const comparison = compareReports(before!.report, after!.report);
  if (!quiet) for (const warning of warnings(comparison, [before!, after!])) complain(warning);
  await writePieces(piecesOf(comparison, options), options.output);
  if (failsOn(options.failOn, newSeverities(comparison))) exitWith(EXIT_FINDINGS);
  if (options.failOnSlower && isSlower(comparison)) exitWith(EXIT_FINDINGS);
  if (before!.incomplete || after!.incomplete) exitWith(EXIT_INPUT);
}

function piecesOf(comparison: Comparison, options: CompareOptions): Iterable<string> {
  const showSecrets = options.showSecrets === true;
  if (options.format === 'json') return compareJson(comparison, { showSecrets });
  const { width, colour, ascii } = terminalOf(options.color, options.ascii === true, options.output !== undefined);
  return compareText(comparison, { width, colour, ascii, showSecrets });
}

/** What makes the comparison worth less than it looks. */
function* warnings(comparison: Comparison, inputs: readonly ComparedInput[]): Generator<string> {
  for (const { report, incomplete } of inputs) {
    if (incomplete) yield `${report.name}: could not be read completely; compared is what was read`;
    if (report.connections === 0) yield `${report.name}: no FastCGI was found in it (name its port with -d or --port)`;
  }
  for (const { latency, why } of comparison.latency) {
    if (latency === 'total' && why === 'percentiles-only')
      yield 'latency is not tested: a JSON report made with --limit or --filter has percentiles only';
  }
}
