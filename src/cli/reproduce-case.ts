// What `reproduce-bug --from` plays: a case that was exported, or one made of a capture, with the report it is compared with.
import { writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { selectRows } from '../analysis/select-rows.js';
import type { Snapshot } from '../analysis/snapshot.js';
import type { Report } from '../compare/report.js';
import { UserError } from '../model/errors.js';
import { jsonReport } from '../reporters/json.js';
import { isCase, type OpenCase, openCase, REPORT_FILE } from '../sources/case-files.js';
import type { Gathering } from '../sources/gather.js';
import { makeCase } from '../sources/make-case.js';
import { readCompared, reportOfSnapshot } from './compare-input.js';
import { writePieces } from './output.js';
import type { ReproduceFromOptions } from './reproduce-from-options.js';
import { gatherSources, namedListeners, rangeOf } from './source-options.js';

export interface CaseToPlay {
  readonly opened: OpenCase;
  /** Of the capture, or of what of it was selected. */
  readonly before: Report;
}

export interface CaseHooks {
  readonly version: string;
  readonly signal: AbortSignal;
  readonly onProgress?: Parameters<typeof gatherSources>[2]['onProgress'];
}

/** @throws UserError when there is nothing that can be played */
export async function caseToPlay(options: ReproduceFromOptions, hooks: CaseHooks): Promise<CaseToPlay> {
  const { from } = options;
  if (!isCase(from)) return caseOfCapture(options, hooks);
  for (const [name, value] of [
    ['--filter', options.filter],
    ['--export', options.export],
  ]) {
    if (value !== undefined) throw new UserError(`${name} is for captures: ${from} is a case already`);
  }
  const opened = openCase(from);
  try {
    const { report } = await readCompared(join(from, REPORT_FILE), options, { signal: hooks.signal });
    return { opened, before: { ...report, name: from } };
  } catch (error) {
    opened.close();
    throw error;
  }
}

async function caseOfCapture(options: ReproduceFromOptions, hooks: CaseHooks): Promise<CaseToPlay> {
  const { from, filter } = options;
  const select = selectRows(filter);
  const { signal, onProgress } = hooks;
  const gathering = await gatherSources([from], options, { signal, ...(onProgress ? { onProgress } : {}) });
  const [failure] = gathering.failures;
  if (failure) throw failure;
  signal.throwIfAborted();
  const snapshot = gathering.snapshot();
  if (snapshot.facts.listeners.length === 0)
    throw new UserError(`${from} has no FastCGI to play`, 'name its port: -d tcp.port==9000,fcgi');
  const selected = filter === undefined ? undefined : selection(gathering, snapshot, select);
  if (selected?.size === 0) throw new UserError(`no connection of ${from} matches ${filter}`);
  const made = await makeCase(from, {
    snapshot,
    histories: gathering.pipeline.tracker.histories,
    range: rangeOf(options),
    named: namedListeners(options),
    selected,
    maskSecrets: options.keepSecrets !== true,
    folder: options.export,
    writtenBy: `fcgi-inspect ${hooks.version}`,
    signal,
    ...(options.reader === undefined ? {} : { reader: options.reader }),
  });
  if (options.export !== undefined) await writeReport(made, join(options.export, REPORT_FILE));
  return { opened: made.opened, before: reportOfSnapshot(from, made.snapshot) };
}

/** Connections that match, or that carry a request that does. */
function selection(gathering: Gathering, { facts }: Snapshot, select: ReturnType<typeof selectRows>): Set<number> {
  const { connectionRows, requestRows } = select(facts, gathering.pipeline.tracker.histories);
  const selected = new Set(connectionRows);
  for (const row of requestRows) selected.add(facts.requests.connection[row]);
  return selected;
}

async function writeReport(
  {
    snapshot,
    histories,
  }: { readonly snapshot: Snapshot; readonly histories: Gathering['pipeline']['tracker']['histories'] },
  file: string,
): Promise<void> {
  writeFileSync(file, '', { mode: 0o600 });
  const limit = Number.POSITIVE_INFINITY;
  const rows = selectRows(undefined)(snapshot.facts, histories);
  // Where it lay on this machine is nobody's business.
  const files = snapshot.input.files.map((input) => ({ ...input, name: basename(input.name) }));
  const named = { ...snapshot, input: { ...snapshot.input, files } };
  await writePieces(jsonReport(named, { histories, limit, ...rows }), file);
}
