// The screen of a live command: `tap` and `watch`. Loaded only when a screen is opened, because Ink and React come with it.
import type { Remapping } from '../analysis/live/fold.js';
import type { Subject } from '../tui/controller.js';
import { openScreen, type ScreenEnd } from '../tui/open.js';
import { crashed } from './fail.js';
import { rereadServices, writeService } from './screen-services.js';
import { terminalOf } from './terminal.js';

export interface LiveScreenOptions {
  /** For the title. */
  readonly name: string;
  readonly subject: Subject;
  readonly filter?: string | undefined;
  readonly showSecrets: boolean;
  readonly color: boolean;
  readonly ascii: boolean;
  /** What must not be left behind after an error of ours. */
  readonly abandon: () => void;
}

export interface LiveScreen {
  /** How the user left it. */
  readonly ended: Promise<ScreenEnd>;
  /** What has come so far; a snapshot is made when it is time for one. */
  heard(packets: number, bytes: number, looks: number): void;
  /** While a snapshot is made nothing may be added to what it is made of. */
  hold(): Promise<void> | undefined;
  /** Rows have new numbers; not while `hold` gives something to wait for. */
  renumbered(rows: Remapping): void;
  close(): void;
}

/** Undefined where there is no terminal to read keys from. */
export function openLiveScreen(options: LiveScreenOptions): LiveScreen | undefined {
  const services = { paths: [], reader: undefined, showSecrets: options.showSecrets };
  const look = terminalOf(options.color, options.ascii, false);
  const screen = openScreen({
    source: { name: options.name, command: [], live: true, rereadable: false },
    filter: options.filter ?? '',
    look,
    secrets: options.showSecrets,
    stdinIsTaken: false,
    services: { reread: rereadServices(services), write: writeService(services, []) },
    crashed(error) {
      options.abandon();
      return crashed(error);
    },
  });
  if (!screen) return undefined;
  screen.opened(options.subject);
  return {
    ended: screen.ended,
    heard: (packets, bytes, looks) => screen.read({ packets, bytes, looks, size: undefined }),
    hold: () => screen.hold(),
    renumbered: (rows) => screen.renumbered(rows),
    close: () => screen.close(),
  };
}
