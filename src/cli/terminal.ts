// What the output can show: width, colours, symbols. The one place that asks the environment about it.

export interface Terminal {
  readonly width: number;
  readonly colour: boolean;
  readonly ascii: boolean;
}

/** `colour`: not refused by --no-color. `toFile`: the report does not go to stdout. */
export function terminalOf(colour: boolean, ascii: boolean, toFile: boolean): Terminal {
  const { env, stdout } = process;
  const terminal = !toFile && stdout.isTTY === true && env.TERM !== 'dumb';
  const refused = (env.NO_COLOR ?? '') !== '';
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || '';
  return {
    width: terminal ? Math.min(stdout.columns || 100, 120) : 100,
    colour: colour && terminal && !refused,
    // Only a terminal can be unable to show more than ASCII; files and pipes are UTF-8.
    ascii: ascii || (terminal && !/utf-?8/i.test(locale)),
  };
}
