// Runs the screen without a terminal: the real controller, Ink and painter, onto a headless terminal whose cells can be
// looked at. Time stands still, so nothing depends on how fast the machine is.
import headless from '@xterm/headless';
import { concludeSteps } from '../../src/analysis/conclude-steps.js';
import { rereadServices } from '../../src/cli/screen-services.js';
import { gather } from '../../src/sources/gather.js';
import { Controller } from '../../src/tui/controller.js';
import { KeyParser } from '../../src/tui/keys/key-parser.js';
import { type Mounted, mount } from '../../src/tui/mount.js';
import { Painter } from '../../src/tui/painter.js';
import { type Command, initialState } from '../../src/tui/state.js';
import type { Turns } from '../../src/tui/work.js';

const { Terminal } = headless;
type HeadlessTerminal = InstanceType<typeof Terminal>;

export interface RunOptions {
  readonly columns: number;
  readonly rows: number;
  readonly ascii?: boolean;
  readonly colour?: boolean;
  readonly filter?: string;
  /** The input is a stream: it cannot be read again. */
  readonly live?: boolean;
}

/** Keys by name as bytes of a terminal; anything else is typed as it stands. */
const KEY_BYTES: Readonly<Record<string, string>> = {
  Enter: '\r',
  Esc: '\x1b',
  Tab: '\t',
  'shift-Tab': '\x1b[Z',
  Up: '\x1b[A',
  Down: '\x1b[B',
  Right: '\x1b[C',
  Left: '\x1b[D',
  PgUp: '\x1b[5~',
  PgDn: '\x1b[6~',
  Home: '\x1b[H',
  End: '\x1b[F',
  Backspace: '\x7f',
  'ctrl-c': '\x03',
  'ctrl-z': '\x1a',
  'ctrl-u': '\x15',
};

/** Turns of the event loop without a change after which nothing more is to come. */
const QUIET_TURNS = 12;

export const standingTurns: Turns = {
  now: () => 0,
  soon: (work) => void setImmediate(work),
  after: () => () => {},
};

export class ScreenRun {
  readonly commands: Command[] = [];
  /** Everything that was written to the terminal. */
  written = '';
  private readonly parser = new KeyParser();

  private constructor(
    readonly controller: Controller,
    readonly terminal: HeadlessTerminal,
    private readonly painter: Painter,
    private readonly size: { columns: number; rows: number },
    private readonly mounted: Mounted,
  ) {}

  /** Reads the files and shows them. */
  static async open(name: string, paths: readonly string[], options: RunOptions): Promise<ScreenRun> {
    const gathering = await gather(paths, { named: [], logTimes: { zone: () => 0 } });
    const size = { columns: options.columns, rows: options.rows };
    const terminal = new Terminal({ cols: size.columns, rows: size.rows, allowProposedApi: true, scrollback: 0 });
    let run: ScreenRun | undefined;
    const output = {
      get columns() {
        return size.columns;
      },
      get rows() {
        return size.rows;
      },
      write(text: string) {
        terminal.write(text);
        if (run) run.written += text;
      },
    };
    const painter = new Painter(output);
    const look = { ascii: options.ascii ?? false, colour: options.colour ?? true };
    const live = options.live ?? false;
    const data = {
      source: { name, command: [name], live, rereadable: !live },
      phase: live ? ('live' as const) : ('reading' as const),
      progress: { packets: 0, bytes: 0, size: undefined, elapsed: 0 },
      shown: undefined,
      warnings: [],
    };
    const controller = new Controller(
      initialState(data, size, look, options.filter ?? ''),
      {
        reread: rereadServices({ paths: live ? [] : paths, reader: 'auto', showSecrets: false }),
        async command(command) {
          run?.commands.push(command);
          return undefined;
        },
        failed(error) {
          throw error;
        },
      },
      standingTurns,
    );
    controller.opened({
      snapshotSteps: () => concludeSteps(gathering.gathered()),
      histories: gathering.pipeline.tracker.histories,
    });
    controller.read({ packets: gathering.pipeline.packets, bytes: 0, size: undefined });
    const mounted = mount(controller, painter);
    run = new ScreenRun(controller, terminal, painter, size, mounted);
    painter.begin();
    await controller.finished([]);
    await run.settle();
    return run;
  }

  /** Presses keys one after the other; names of KEY_BYTES, or text to type. */
  async press(...keys: readonly string[]): Promise<void> {
    for (const key of keys) {
      const bytes = new TextEncoder().encode(KEY_BYTES[key] ?? key);
      for (const each of [...this.parser.push(bytes), ...this.parser.flush()])
        this.controller.dispatch({ kind: 'key', key: each });
      await this.settle();
    }
  }

  async resize(columns: number, rows: number): Promise<void> {
    this.size.columns = columns;
    this.size.rows = rows;
    this.terminal.resize(columns, rows);
    this.painter.repaint();
    this.controller.dispatch({ kind: 'size', size: { columns, rows } });
    await this.settle();
  }

  /** What stands on the terminal, without blanks at the ends of lines. */
  text(): string {
    const { active } = this.terminal.buffer;
    return Array.from({ length: this.size.rows }, (_, row) =>
      (active.getLine(row)?.translateToString(true) ?? '').trimEnd(),
    ).join('\n');
  }

  line(row: number): string {
    return this.text().split('\n')[row] ?? '';
  }

  close(): void {
    this.controller.close();
    this.mounted.unmount();
    this.terminal.dispose();
  }

  /** Waits until no work is left and the terminal has taken everything. */
  private async settle(): Promise<void> {
    let before = this.controller.state;
    for (let quiet = 0; quiet < QUIET_TURNS; ) {
      await new Promise((resolve) => setImmediate(resolve));
      const { state } = this.controller;
      const isReading = state.busy !== undefined || this.awaitsContents();
      quiet = state === before && !isReading ? quiet + 1 : 0;
      before = state;
    }
    await new Promise<void>((resolve) => this.terminal.write('', resolve));
  }

  /** A detail that can be read again has not come yet. */
  private awaitsContents(): boolean {
    const { details, connectionContents, requestContents, data } = this.controller.state;
    const top = details.at(-1);
    if (!top || data.source.live || data.shown?.snapshot.facts.hasPayload === false) return false;
    if (top.kind === 'timeline') return connectionContents?.connection !== top.row;
    return requestContents?.request !== top.row;
  }
}
