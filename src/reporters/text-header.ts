// The first lines of the text report: what was read, how much is in it, and what is wrong with the input itself.
import type { InputFile } from '../analysis/snapshot.js';
import type { CaptureProblem } from '../model/problem.js';
import { formatBytes, formatCount } from './format-count.js';
import { formatTime } from './format-time.js';
import type { TextContext } from './text-context.js';
import { wrap } from './text-layout.js';
import { counted } from './text-words.js';

/** Kinds of input problems told in full. */
const PROBLEMS_SHOWN = 3;

export function* headerLines(context: TextContext): Generator<string> {
  const { snapshot, style, width } = context;
  const { input } = snapshot;
  const names = inputNames(context, input.files);
  const what = contents(context);
  const [first, ...rest] = wrap(`${names}: ${what}`, width);
  yield style.strong(first);
  for (const line of rest) yield style.strong(line);
  for (const line of wrap(description(context), width)) yield style.dim(line);
  yield* problemLines(context);
}

function inputNames({ safe }: TextContext, files: readonly InputFile[]): string {
  const names = files.map((file) => safe(file.name));
  if (names.length <= 3) return names.join(', ') || 'nothing';
  return `${names.slice(0, 2).join(', ')} and ${names.length - 2} more files`;
}

function contents({ snapshot, duration }: TextContext): string {
  const { input, summary, facts } = snapshot;
  if (isLogOnly(snapshot.input.files)) return counted(facts.processes.length, 'process', 'processes');
  const parts = [counted(input.packets, 'packet'), counted(summary.connections, 'connection')];
  if (facts.hasPayload) parts.push(counted(summary.requests, 'request'));
  return parts.join(', ') + (input.packets > 1 ? ` in ${duration(input.duration)}` : '');
}

/** Formats, size, and when it was captured. */
function description({ snapshot }: TextContext): string {
  const { input } = snapshot;
  const formats = new Map<string, number>();
  for (const { format, compression } of input.files) {
    const name = compression === null ? format : `${format} (${compression})`;
    formats.set(name, (formats.get(name) ?? 0) + 1);
  }
  const parts = [...formats].map(([format, count]) => (count === 1 ? format : `${format} (${count} files)`));
  parts.push(formatBytes(input.bytes));
  if (input.firstTime) parts.push(`begins ${formatTime(0, 'ud', { origin: input.firstTime, digits: 3 })} UTC`);
  else if (input.packets > 0) parts.push('without a date');
  return parts.join(', ');
}

function* problemLines({ snapshot, style, width, captured }: TextContext): Generator<string> {
  const { problems, files } = snapshot.input;
  for (const problem of problems.slice(0, PROBLEMS_SHOWN)) {
    const [first, ...rest] = wrap(problemSentence(problem, files.length > 1, captured), width - 7);
    yield `${style.warning('input')}  ${first}`;
    for (const line of rest) yield `       ${line}`;
  }
  const others = problems.slice(PROBLEMS_SHOWN);
  if (others.length > 0) {
    const codes = [...new Set(others.map((problem) => problem.code))].join(', ');
    for (const line of wrap(`and ${counted(others.length, 'more', 'more')}: ${codes}`, width - 7))
      yield `       ${line}`;
  }
}

function problemSentence(problem: CaptureProblem, severalFiles: boolean, safe: (text: string) => string): string {
  const count = problem.count ?? 1;
  const place = [
    severalFiles && problem.file !== undefined ? safe(problem.file) : '',
    problem.packet && !/\bpacket \d/.test(problem.detail)
      ? `${count > 1 ? 'first ' : ''}at packet ${formatCount(problem.packet)}`
      : '',
    count > 1 ? `${formatCount(count)} times` : '',
  ].filter((word) => word !== '');
  return safe(problem.detail) + (place.length > 0 ? ` (${place.join(', ')})` : '');
}

/** Whether only server logs were read: no packet can be said anything about then. */
export function isLogOnly(files: readonly InputFile[]): boolean {
  return files.length > 0 && files.every((file) => file.format.endsWith('-log'));
}
