// The few characters of the reports that are not plain text, each with its ASCII form for terminals without UTF-8.

export interface Symbols {
  /** From nothing to full, for sparklines. */
  readonly levels: string;
  /** From the web server to the application, and back. */
  readonly toApplication: string;
  readonly toWebServer: string;
  /** Where text was cut. */
  readonly ellipsis: string;
  readonly dash: string;
}

const UNICODE: Symbols = { levels: ' ▁▂▃▄▅▆▇█', toApplication: '→', toWebServer: '←', ellipsis: '…', dash: '–' };
const ASCII: Symbols = { levels: ' .:-=+*#', toApplication: '->', toWebServer: '<-', ellipsis: '...', dash: '-' };

export function symbolsFor(ascii: boolean): Symbols {
  return ascii ? ASCII : UNICODE;
}

/** Values as one line of bars, the highest one full; a value above 0 is never shown as nothing. */
export function sparkline(values: readonly number[], symbols: Symbols): string {
  const levels = [...symbols.levels];
  const most = Math.max(0, ...values);
  if (most === 0) return levels[0].repeat(values.length);
  return values
    .map((value) => levels[value > 0 ? Math.max(1, Math.round((value / most) * (levels.length - 1))) : 0])
    .join('');
}

/**
 * Steps [time, value] as `cells` equal slices of from..until, each with the highest value that held in it. Before the
 * first step the value is 0.
 */
export function resample(
  steps: readonly (readonly [number, number])[],
  from: number,
  until: number,
  cells: number,
): number[] {
  const values = new Array<number>(cells).fill(0);
  const length = (until - from) / cells;
  if (!(length > 0)) return values;
  let at = 0;
  let now = 0;
  for (let cell = 0; cell < cells; cell++) {
    const end = from + (cell + 1) * length;
    // What was before the slice's very beginning does not belong to it; sums of fractions are never quite exact.
    const start = from + (cell + 1e-6) * length;
    while (at < steps.length && steps[at][0] <= start) now = steps[at++][1];
    let most = now;
    for (; at < steps.length && steps[at][0] < end; at++) {
      now = steps[at][1];
      if (now > most) most = now;
    }
    values[cell] = most;
  }
  return values;
}

const PLAIN_FORMS: Readonly<Record<string, string>> = { µ: 'u', '…': '...', '–': '-', '×': 'x', '\u00a0': ' ' };

/** Text in ASCII alone: what has a plain form takes it, other characters are written as escapes. */
export function asciiText(text: string): string {
  return text.replace(
    /\P{ASCII}/gu,
    (character) => PLAIN_FORMS[character] ?? `\\u{${character.codePointAt(0)!.toString(16)}}`,
  );
}
