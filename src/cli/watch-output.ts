// What watch prints: a report a period and at the end as text, one JSON document, or a line of JSON for each look and for
// each finding that appears or is over.
import type { FindingChange, SeenFinding } from '../analysis/finding-history.js';
import type { Pipeline } from '../analysis/pipeline.js';
import type { Snapshot } from '../analysis/snapshot.js';
import type { HostView } from '../host/host-view.js';
import { formatDuration } from '../reporters/format-duration.js';
import { hostObject, seenObject, WATCH_SCHEMA } from '../reporters/host-json.js';
import { type HostTextOptions, hostPeriodText, hostText, missingLines } from '../reporters/host-text.js';
import { redactText } from '../reporters/redact.js';
import { safeJson } from '../reporters/safe-json.js';
import { safeText } from '../reporters/safe-text.js';
import { styleFor } from '../reporters/style.js';
import { textContext } from '../reporters/text-context.js';
import { findingLines } from '../reporters/text-findings.js';
import { beside } from '../reporters/text-layout.js';
import { overLines } from '../reporters/text-over.js';

/** One look and what came of it. */
export interface Look {
  readonly view: HostView;
  readonly snapshot: Snapshot;
  readonly changes: readonly FindingChange[];
  readonly findings: readonly SeenFinding[];
  /** Milliseconds since 1970. */
  readonly wallTime: number;
}

export interface WatchOutput {
  /** After each look; '' where nothing is printed. */
  look(look: Look): Iterable<string>;
  /** When it is over. */
  end(look: Look): Iterable<string>;
}

export interface OutputSettings extends HostTextOptions {
  readonly once: boolean;
  readonly pipeline: Pipeline;
  /** Seconds that local time is ahead of UTC at a moment. */
  readonly zone: (epochSeconds: number) => number;
}

export function watchOutput(format: 'tui' | 'text' | 'json' | 'ndjson', settings: OutputSettings): WatchOutput {
  // Who has a screen sees it there.
  if (format === 'tui') return { look: () => [], end: () => [] };
  if (format === 'json') return { look: () => [], end: jsonReport };
  if (format === 'ndjson') return { look: lookLines, end: endLine };
  return {
    look: (look) => (settings.once ? [] : periodReport(look, settings)),
    end: (look) => endReport(look, settings),
  };
}

function* periodReport({ view, changes, wallTime, snapshot }: Look, settings: OutputSettings): Generator<string> {
  const style = styleFor(settings.colour);
  if (view.looks > 1) yield '\n';
  yield `${style.dim(`${clock(wallTime, settings.zone)}  look ${view.looks}`)}\n`;
  yield* hostPeriodText(view, settings);
  // What could not be seen is told once.
  if (view.looks === 1) {
    for (const line of missingLines(view, { style, width: settings.width, safe: safeText })) yield `${line}\n`;
  }
  // What to do is told at the end, once.
  const appeared = changes
    .filter(({ kind }) => kind === 'appeared')
    .map(({ seen }) => ({ ...seen.finding, advice: [] }));
  if (appeared.length > 0) {
    yield '\n';
    yield* linesOf(findingLines(context({ ...snapshot, findings: appeared }, settings)));
  }
  for (const { seen } of changes.filter(({ kind }) => kind === 'cleared')) {
    const { finding, firstSeen, lastSeen } = seen;
    const lasted = formatDuration(lastSeen - firstSeen, settings.ascii);
    yield* linesOf(
      beside('OVER', 7, safeText(redactText(`${finding.id}, seen for ${lasted}: ${finding.title}`)), settings.width),
    );
  }
}

function* endReport({ view, findings, snapshot }: Look, settings: OutputSettings): Generator<string> {
  const style = styleFor(settings.colour);
  if (!settings.once)
    yield `\n${style.strong(`In all: ${view.looks} looks in ${formatDuration(view.time, settings.ascii)}`)}\n\n`;
  const active = findings.filter((seen) => seen.active).map((seen) => seen.finding);
  if (active.length > 0) {
    yield* linesOf(findingLines(context({ ...snapshot, findings: active }, settings)));
    yield '\n';
  }
  let isOver = false;
  for (const line of overLines(findings, settings)) {
    isOver = true;
    yield `${line}\n`;
  }
  if (isOver) yield '\n';
  if (findings.length === 0) yield 'Nothing wrong was seen.\n\n';
  yield* hostText(view, settings);
  const first = findings[0];
  if (first) yield `\n${style.strong('Next')}\n  fcgi-inspect explain ${first.finding.id}\n`;
}

function context(snapshot: Snapshot, { width, colour, ascii, limit, pipeline }: OutputSettings) {
  return textContext(snapshot, { histories: pipeline.tracker.histories, width, colour, ascii, limit });
}

function* linesOf(lines: Iterable<string>): Generator<string> {
  for (const line of lines) yield `${line}\n`;
}

/** `12:30:01.250`, local time. */
function clock(wallTime: number, zone: OutputSettings['zone']): string {
  return new Date(wallTime + zone(wallTime / 1000) * 1000).toISOString().slice(11, 23);
}

function* jsonReport({ view, findings, wallTime }: Look): Generator<string> {
  const report = {
    schema: WATCH_SCHEMA,
    ended: new Date(wallTime).toISOString(),
    ...hostObject(view),
    findings: findings.map(seenObject),
  };
  yield `${safeJson(report, 2)}\n`;
}

function* lookLines({ view, changes, wallTime }: Look): Generator<string> {
  const at = new Date(wallTime).toISOString();
  yield `${safeJson({ kind: 'look', schema: WATCH_SCHEMA, at, ...hostObject(view) })}\n`;
  yield* changeLines(changes, wallTime);
}

/** For the log file too. */
export function* changeLines(changes: readonly FindingChange[], wallTime: number): Generator<string> {
  const at = new Date(wallTime).toISOString();
  for (const { kind, seen } of changes)
    yield `${safeJson({ kind: 'finding', event: kind, at, ...seenObject(seen) })}\n`;
}

function* endLine({ view, findings, wallTime }: Look): Generator<string> {
  const at = new Date(wallTime).toISOString();
  const summary = { kind: 'end', at, looks: view.looks, time: view.time / 1e9, findings: findings.map(seenObject) };
  yield `${safeJson(summary)}\n`;
}
