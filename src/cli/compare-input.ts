// One side of a comparison: a capture, a tap's recording, text printed by tcpdump, or a JSON report; told apart by content.
import type { Snapshot } from '../analysis/snapshot.js';
import { readReport } from '../compare/read-report.js';
import type { Report } from '../compare/report.js';
import { looksLikeJson, parseReportText } from '../compare/report-text.js';
import { timesOfDocument, timesOfFacts } from '../compare/request-times.js';
import { UserError } from '../model/errors.js';
import { reportHead } from '../reporters/json.js';
import { type CaptureInput, openCapture, type TextInput } from '../sources/capture-file.js';
import { type Gathering, gather, type Progress } from '../sources/gather.js';
import { localZone } from '../sources/local-zone.js';
import { namedListeners, rangeOf, type SourceOptions } from './source-options.js';

/** A report of a million requests with their rows has some 500 MB; a string of V8 holds as much. */
const MAX_REPORT = 500 * 1024 * 1024;

export interface ComparedInput {
  readonly report: Report;
  /** Not everything could be read. */
  readonly incomplete: boolean;
  readonly gathering?: Gathering;
}

export interface ComparedInputHooks {
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal;
}

/** @throws UserError when it cannot be read, or is nothing that can be compared */
export async function readCompared(
  path: string,
  options: SourceOptions,
  hooks: ComparedInputHooks = {},
): Promise<ComparedInput> {
  const input = await openCapture(path, { reader: options.reader ?? 'auto', ...hooks });
  if (input.kind === 'text') {
    const { window } = input;
    while (window.length === 0 && !window.finished) await input.fill();
    if (looksLikeJson(window.bytes.subarray(window.start, window.end))) return readJson(input);
  }
  return readCapture(input, options, hooks);
}

async function readCapture(
  input: CaptureInput | TextInput,
  options: SourceOptions,
  hooks: ComparedInputHooks,
): Promise<ComparedInput> {
  const offset = options.logTimezone?.offset;
  const gathering = await gather([], {
    named: namedListeners(options),
    range: rangeOf(options),
    logTimes: { zone: offset === undefined ? localZone : () => offset },
    opened: [input],
    ...hooks,
  });
  const [failure] = gathering.failures;
  if (failure) throw failure;
  return {
    report: reportOfSnapshot(input.name, gathering.snapshot()),
    incomplete: gathering.incomplete || gathering.interrupted,
    gathering,
  };
}

/** The figures of a report that was just made. */
export function reportOfSnapshot(name: string, snapshot: Snapshot): Report {
  // Of a tap that ran for long, old rows are only counted.
  const times = snapshot.folded === undefined ? timesOfFacts(snapshot.facts) : undefined;
  // Secrets in titles are replaced where they are shown.
  return readReport(name, 'capture', reportHead(snapshot, { showSecrets: true }), times);
}

async function readJson(input: TextInput): Promise<ComparedInput> {
  const { window, name } = input;
  try {
    while (!window.finished) {
      if (window.length > MAX_REPORT)
        throw new UserError(`cannot compare ${name}: a JSON report beyond 500 MB`, 'make it with --limit 0');
      await input.fill();
    }
    let document: unknown;
    try {
      document = parseReportText(new TextDecoder().decode(window.bytes.subarray(window.start, window.end)));
    } catch {
      throw new UserError(`cannot compare ${name}: it begins like JSON and is none${input.cut ? ' (it is cut)' : ''}`);
    }
    return { report: readReport(name, 'report', document, timesOfDocument(document)), incomplete: false };
  } finally {
    input.close();
  }
}
