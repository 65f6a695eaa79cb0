// The report's last lines: the commands that go on from here.
import type { Snapshot } from '../analysis/snapshot.js';
import type { TextContext } from './text-context.js';
import { textWidth } from './text-layout.js';

export function* nextLines(context: TextContext): Generator<string> {
  const { style, width } = context;
  const commands = nextCommands(context);
  if (commands.length === 0) return;
  yield style.strong('Next');
  const cells = commands.reduce((most, [command]) => Math.max(most, textWidth(command)), 0) + 3;
  for (const [command, purpose] of commands) {
    const fits = 2 + cells + purpose.length <= width;
    // A command is never cut: it is there to be copied.
    yield fits ? `  ${command}${' '.repeat(cells - textWidth(command))}${style.dim(purpose)}` : `  ${command}`;
  }
}

function nextCommands({ snapshot, options, safe }: TextContext): [string, string][] {
  const { findings, facts, summary, input } = snapshot;
  const names = (options.command ?? input.files.map((file) => file.name)).map((name) => quoted(safe(name))).join(' ');
  const inspect = `fcgi-inspect ${names}`;
  const commands: [string, string][] = [];
  if (findings.length > 0) commands.push([`fcgi-inspect explain ${findings[0].id}`, 'why it happens and what to do']);
  // What was relayed cannot be read again; a recording can.
  if (facts.listeners.length === 0 || snapshot.tap !== undefined) return commands;
  if (!options.filter) {
    const [expression, purpose] = usefulFilter(snapshot);
    if (expression) commands.push([`${inspect} --filter '${expression}'`, purpose]);
  }
  const capture = input.files.find((file) => !file.format.endsWith('-log'));
  if (capture && summary.requests > 0) {
    commands.push([`fcgi-inspect decode ${quoted(safe(capture.name))}`, 'record by record, with PARAMS']);
  }
  commands.push([`${inspect} --format json`, 'everything, for scripts']);
  return commands;
}

/** A filter that selects what deserves a look in this input; '' where nothing stands out. */
function usefulFilter({ summary }: Snapshot): [string, string] {
  if (Object.keys(summary.httpStatus).some((status) => Number(status) >= 500))
    return ['status >= 500', 'the failed requests'];
  if ((summary.latency.total?.max ?? 0) > 1e9) return ['total > 1s', 'the slow requests'];
  if (summary.firstReset.application + summary.firstReset['web-server'] > 0)
    return ['firstreset != none', 'the reset connections'];
  return ['', ''];
}

/** A word of a command line as a POSIX shell takes it. */
export function quoted(word: string): string {
  return /^[\w./:=@%+,~-]+$/.test(word) && !word.startsWith('~') ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
