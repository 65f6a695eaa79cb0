// What the output can show: width, colours, symbols, a screen. The one place that asks the environment about it.
import { closeSync, fstatSync, openSync } from 'node:fs';

export interface Terminal {
  readonly width: number;
  readonly colour: boolean;
  readonly ascii: boolean;
}

/** `colour`: not refused by --no-color. `toFile`: the report does not go to stdout. */
export function terminalOf(colour: boolean, ascii: boolean, toFile: boolean): Terminal {
  const { env } = process;
  const terminal = !toFile && outputIsTerminal() && env.TERM !== 'dumb';
  const refused = (env.NO_COLOR ?? '') !== '';
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || '';
  return {
    width: terminal ? Math.min(process.stdout.columns || 100, 120) : 100,
    colour: colour && terminal && !refused,
    // Only a terminal can be unable to show more than ASCII; files and pipes are UTF-8.
    ascii: ascii || (terminal && !/utf-?8/i.test(locale)),
  };
}

/** Asked before Node's stream is: it loads much for one, and few things are a character device. */
export function mayBeTerminal(descriptor: number): boolean {
  return fstatSync(descriptor).isCharacterDevice();
}

function outputIsTerminal(): boolean {
  return mayBeTerminal(1) && process.stdout.isTTY === true;
}

/** Why no screen can be opened here, as the end of a sentence; undefined where it can. */
export function screenImpossible(stdinIsTaken: boolean): string | undefined {
  const { env } = process;
  if (!outputIsTerminal()) return 'the output is no terminal';
  if (env.TERM === 'dumb' || (env.TERM ?? '') === '') return 'the terminal says that it is dumb';
  if (env.INK_SCREEN_READER === 'true') return 'INK_SCREEN_READER asks for text';
  if (env.CI !== undefined && env.CI !== '' && env.CI !== 'false' && env.CI !== '0') return 'CI is set';
  if (!stdinIsTaken && process.stdin.isTTY === true) return undefined;
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return undefined;
  } catch {
    return 'there is no terminal to read keys from';
  }
}
