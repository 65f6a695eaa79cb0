// `fcgi-inspect capture.pcap` on a terminal: the screen, while the input is read and afterwards. Loaded only when a
// screen is opened, because Ink and React come with it.
import { fstatSync, statSync } from 'node:fs';
import { concludeSteps } from '../analysis/conclude-steps.js';
import { RowCap } from '../analysis/live/row-cap.js';
import type { Snapshot } from '../analysis/snapshot.js';
import type { Gathering } from '../sources/gather.js';
import type { Subject } from '../tui/controller.js';
import { type OpenScreen, openScreen, type ScreenEnd } from '../tui/open.js';
import { EXIT_SIGINT, exitWith } from './exit.js';
import { rereadServices, type ServiceOptions, writeService } from './screen-services.js';
import { gatherSources, type SourceOptions } from './source-options.js';

export interface InspectScreenOptions extends SourceOptions {
  readonly filter?: string;
  readonly showSecrets?: boolean;
}

export interface ScreenResult {
  readonly gathering: Gathering;
  /** The last one that was made; undefined where the screen was left before, or never opened. */
  readonly snapshot: Snapshot | undefined;
  /** The user (or a signal) closed the screen; else there was nothing to show. */
  readonly left: boolean;
}

/** Milliseconds of reading between two turns of the screen. */
const TURN = 8;
/** Milliseconds that a stream may take to show what it is before the screen opens all the same. */
const PATIENCE = 300;

/** Reads the inputs and shows them until the user leaves. Where nothing can be read, no screen is opened. */
export async function inspectOnScreen(
  paths: readonly string[],
  options: InspectScreenOptions,
  look: { readonly ascii: boolean; readonly colour: boolean },
  crashed: (error: unknown) => never,
): Promise<ScreenResult> {
  const stop = new AbortController();
  const files = options.interface === undefined && paths.every(isFile);
  const live =
    options.interface !== undefined ||
    !paths.every((path) => isFile(path) || (isStandardInput(path) && fstatSync(0).isFile()));
  let opened: Gathering | undefined;
  const services: ServiceOptions = {
    paths: files ? paths : [],
    reader: options.reader,
    showSecrets: options.showSecrets === true,
    places: () => opened?.places,
  };
  /** A stream may go on for days. */
  const cap = new RowCap();
  let screen: OpenScreen | undefined;
  let snapshot: Snapshot | undefined;
  let left: (end: ScreenEnd | undefined) => void = () => {};
  const leaving = new Promise<ScreenEnd | undefined>((resolve) => {
    left = resolve;
  });
  const subjectOf = (gathering: Gathering): Subject => ({
    *snapshotSteps() {
      snapshot = cap.complete(yield* concludeSteps(gathering.gathered()));
      return snapshot;
    },
    get histories() {
      return gathering.pipeline.tracker.histories;
    },
  });
  const open = (): void => {
    if (!screen) {
      screen = openScreen({
        source: { name: nameOf(paths, options), command: paths, live, rereadable: files },
        filter: options.filter ?? '',
        look,
        secrets: services.showSecrets,
        stdinIsTaken: paths.some(isStandardInput),
        services: { reread: rereadServices(services), write: writeService(services, paths) },
        crashed(error) {
          // A capturing tcpdump must not be left behind.
          stop.abort();
          return crashed(error);
        },
      });
      if (screen) void screen.ended.then(left);
      else left(undefined);
    }
    if (opened) screen?.opened(subjectOf(opened));
  };
  const reading = gatherSources(paths, options, {
    signal: stop.signal,
    turn: TURN,
    onOpened(gathering) {
      opened = gathering;
      // What cannot be read at all is told without a screen.
      if (isReadable(gathering)) open();
    },
    onProgress(progress) {
      screen?.read(progress);
      if (!live || !screen || !opened || screen.hold()) return;
      const rows = cap.apply(opened.gathered());
      if (rows) screen.renumbered(rows);
    },
    hold: () => screen?.hold(),
  });
  // A stream may be silent for long: the screen says so.
  const patience = !live ? undefined : setTimeout(open, PATIENCE);
  try {
    void reading.then(
      async (gathering) => {
        if (isReadable(gathering)) await screen?.finished(warningsOf(gathering));
        else left(undefined);
      },
      () => left(undefined),
    );
    const end = await leaving;
    if (end?.code !== undefined) exitWith(end.code);
    stop.abort();
    screen?.close();
    const gathering = await reading;
    if (end?.interrupted && gathering.interrupted) exitWith(EXIT_SIGINT);
    return { gathering, snapshot, left: end !== undefined };
  } finally {
    clearTimeout(patience);
    stop.abort();
    screen?.close();
  }
}

function isReadable(gathering: Gathering): boolean {
  return gathering.captures.length + gathering.texts.length > 0;
}

function isStandardInput(path: string): boolean {
  return path === '-' || path === '/dev/stdin';
}

/** What could not be read, or not to its end. */
function warningsOf(gathering: Gathering): string[] {
  const warnings = gathering.failures.map((failure) => failure.message);
  for (const input of gathering.captures) {
    const { name, incomplete, problems } = input.describe();
    if (incomplete) for (const problem of problems) warnings.push(`${name}: ${problem.detail}`);
  }
  for (const { file } of gathering.texts) if (file.cut) warnings.push(`${file.name}: it is cut short`);
  return warnings;
}

function isFile(path: string): boolean {
  // What is not there is told by the reading.
  return path !== '-' && (statSync(path, { throwIfNoEntry: false })?.isFile() ?? true);
}

function nameOf(paths: readonly string[], options: InspectScreenOptions): string {
  const names = paths.map((path) => (path === '-' ? 'standard input' : path));
  if (options.interface !== undefined) names.unshift(`interface ${options.interface}`);
  return names.length <= 2 ? names.join(', ') : `${names[0]} and ${names.length - 1} more`;
}
