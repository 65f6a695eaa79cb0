// A real terminal for tests: a tmux server of its own with a shell in it. What stands on the screen, whether the
// alternate screen is on, the cursor and the line discipline can all be asked for.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requirePeers } from '../support/paths.js';
import { bin } from '../support/run-bin.js';

/** Whether tmux is missing; where peers are required that is an error. */
export function tmuxMissing(): boolean {
  const missing = spawnSync('tmux', ['-V'], { stdio: 'ignore' }).status !== 0;
  if (missing && requirePeers) throw new Error('tmux is required here and is not installed');
  return missing;
}

/** Milliseconds before a test gives up waiting. */
const PATIENCE = 20_000;

export interface TerminalModes {
  readonly alternate: boolean;
  readonly cursor: boolean;
  readonly wrap: boolean;
  /** All of `stty -a`, as the shell sees it. */
  readonly stty: string;
}

export class TmuxTerminal {
  private readonly socket: string;
  private readonly folder = mkdtempSync(join(tmpdir(), 'fcgi-inspect-tmux-'));
  private marks = 0;

  constructor(columns = 100, rows = 30, variables: Readonly<Record<string, string>> = {}) {
    this.socket = join(this.folder, 'socket');
    const { CI, NO_COLOR, FORCE_COLOR, TMUX, NODE_TEST_CONTEXT, ...own } = process.env;
    void [CI, NO_COLOR, FORCE_COLOR, TMUX, NODE_TEST_CONTEXT];
    const env = {
      ...own,
      LANG: 'C.UTF-8',
      LC_ALL: 'C.UTF-8',
      NODE: process.execPath,
      BIN: bin,
      ...variables,
    };
    const rc = join(this.folder, 'rc');
    writeFileSync(rc, "PS1='shell$ '\n");
    const shell = `exec bash --noprofile --rcfile ${rc} -i`;
    this.tmux(['-f', '/dev/null', 'new-session', '-d', '-x', String(columns), '-y', String(rows), shell], env);
    this.tmux(['set-option', '-g', 'status', 'off']);
  }

  /** Types a line into the shell. */
  line(text: string): void {
    this.tmux(['send-keys', '-l', text]);
    this.tmux(['send-keys', 'Enter']);
  }

  /** Presses keys by tmux's names (`Enter`, `C-z`, `q`). */
  press(...keys: readonly string[]): void {
    this.tmux(['send-keys', ...keys]);
  }

  screen(): string {
    return this.tmux(['capture-pane', '-p']);
  }

  resize(columns: number, rows: number): void {
    this.tmux(['resize-window', '-x', String(columns), '-y', String(rows)]);
  }

  /** Waits until the screen shows it. */
  async until(pattern: RegExp): Promise<string> {
    return this.wait(() => {
      const screen = this.screen();
      return pattern.test(screen) ? screen : undefined;
    }, `${pattern} on the screen`);
  }

  async wait<T>(look: () => T | undefined, what: string): Promise<T> {
    for (const end = performance.now() + PATIENCE; ; ) {
      const found = look();
      if (found !== undefined) return found;
      if (performance.now() > end) throw new Error(`waited in vain for ${what}\n${this.screen()}`);
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  }

  /** The terminal's modes while the shell has it. */
  async modes(): Promise<TerminalModes> {
    const file = join(this.folder, `stty-${++this.marks}`);
    this.line(`stty -a > ${file}; echo mark-${this.marks}-is-here`);
    await this.until(new RegExp(`^mark-${this.marks}-is-here`, 'm'));
    return { ...this.flags(), stty: readFileSync(file, 'utf8') };
  }

  flags(): Omit<TerminalModes, 'stty'> {
    const [alternate, cursor, wrap] = this.tmux([
      'display-message',
      '-p',
      '#{alternate_on} #{cursor_flag} #{wrap_flag}',
    ])
      .trim()
      .split(' ');
    return { alternate: alternate === '1', cursor: cursor === '1', wrap: wrap === '1' };
  }

  /** The exit code of the shell's last command. */
  async exitCode(): Promise<number> {
    const mark = ++this.marks;
    this.line(`echo code-${mark}-$?-`);
    const screen = await this.until(new RegExp(`^code-${mark}-\\d+-`, 'm'));
    return Number(new RegExp(`^code-${mark}-(\\d+)-`, 'm').exec(screen)![1]);
  }

  /** The process that the shell runs in the foreground. */
  foreground(): number | undefined {
    const shell = this.tmux(['display-message', '-p', '#{pane_pid}']).trim();
    const children = spawnSync('pgrep', ['-P', shell], { encoding: 'utf8' }).stdout.trim();
    return children === '' ? undefined : Number(children.split('\n').at(-1));
  }

  /** Takes the terminal away from everything in it. */
  close(): void {
    spawnSync('tmux', ['-S', this.socket, 'kill-server'], { stdio: 'ignore' });
    rmSync(this.folder, { recursive: true, force: true });
  }

  private tmux(args: readonly string[], env: NodeJS.ProcessEnv = process.env): string {
    const result = spawnSync('tmux', ['-S', this.socket, ...args], { encoding: 'utf8', env });
    if (result.status !== 0) throw new Error(`tmux ${args.join(' ')}: ${result.stderr}`);
    return result.stdout;
  }
}
