// Colours of the text report: the sixteen named ones, as SGR sequences, in this file only. What they stand for is always
// said by a word or a position too. Captured text is never coloured by its content.

export interface Style {
  /** What goes wrong: red and bold. */
  error(text: string): string;
  warning(text: string): string;
  note(text: string): string;
  /** Headings and headlines. */
  strong(text: string): string;
  /** What is there but need not be read first. */
  dim(text: string): string;
  /** What the application sent. */
  application(text: string): string;
}

const RESET = '\x1b[0m';

function sgr(...codes: readonly number[]): (text: string) => string {
  const start = `\x1b[${codes.join(';')}m`;
  return (text) => (text === '' ? '' : `${start}${text}${RESET}`);
}

const plain = (text: string) => text;

const COLOURED: Style = {
  error: sgr(1, 31),
  warning: sgr(33),
  note: sgr(36),
  strong: sgr(1),
  dim: sgr(2),
  application: sgr(34),
};

const PLAIN: Style = {
  error: plain,
  warning: plain,
  note: plain,
  strong: plain,
  dim: plain,
  application: plain,
};

/** The style with or without colours. */
export function styleFor(colour: boolean): Style {
  return colour ? COLOURED : PLAIN;
}
