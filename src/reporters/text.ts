// The text report: everything the first screen says, for people who read it once, pipe it or mail it. Findings first,
// then the figures they come from.
import type { Snapshot } from '../analysis/snapshot.js';
import { type HostTextOptions, hostLines } from './host-text.js';
import { backendLines } from './text-backends.js';
import { connectionLines } from './text-connections.js';
import { type TextContext, type TextOptions, textContext } from './text-context.js';
import { findingLines } from './text-findings.js';
import { headerLines, isLogOnly } from './text-header.js';
import { nextLines } from './text-next.js';
import { processLines } from './text-processes.js';
import { requestLines } from './text-requests.js';
import { rowLines } from './text-rows.js';
import { noListenerLines, nothingFoundLines, nothingInLogLines } from './text-silence.js';
import { tapLines } from './text-tap.js';

export type { TextFilter, TextOptions } from './text-context.js';

/** The report in pieces that end with a line break. */
export function* textReport(snapshot: Snapshot, options: TextOptions): Generator<string> {
  let between = false;
  for (const part of parts(textContext(snapshot, options))) {
    let begun = false;
    for (const line of part) {
      if (!begun && between) yield '\n';
      begun = true;
      yield `${line}\n`;
    }
    between ||= begun;
  }
}

function* parts(context: TextContext): Generator<Iterable<string>> {
  const { snapshot, options } = context;
  const logOnly = isLogOnly(snapshot.input.files);
  const listening = snapshot.facts.listeners.length > 0;
  yield headerLines(context);
  if (snapshot.findings.length > 0) yield findingLines(context);
  else if (logOnly) yield nothingInLogLines(context);
  else if (listening) yield nothingFoundLines(context);
  if (!listening && !logOnly) yield noListenerLines(context);
  if (listening) {
    yield connectionLines(context);
    yield requestLines(context);
    yield backendLines(context);
  }
  yield processLines(context);
  if (snapshot.host) yield hostLines(snapshot.host, hostOptions(context));
  yield tapLines(context);
  if (options.filter) yield rowLines(context, options.filter);
  yield nextLines(context);
}

function hostOptions({ options, width, limit }: TextContext): HostTextOptions {
  const { colour = false, ascii = false, showSecrets = false } = options;
  return { width, colour, ascii, limit, showQueries: showSecrets };
}
