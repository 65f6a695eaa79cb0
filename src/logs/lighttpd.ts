// lighttpd's error log as events. Lines that a mail or a terminal has wrapped are joined again.
import { type LighttpdEvent, parseLighttpdLine, startsLighttpdLine } from './lighttpd-line.js';

export { type LighttpdEvent, type LighttpdEventKind, parseLighttpdLine } from './lighttpd-line.js';
export { civilSeconds, epochSeconds, type LogTime, type ZoneOffset } from './log-time.js';

const MAX_LINE = 4096;
const MAX_CONTINUATIONS = 8;

/** Whether this beginning of an input has a line of lighttpd's error log anywhere. */
export function looksLikeLighttpdLog(firstBytes: Uint8Array): boolean {
  if (firstBytes.includes(0)) return false;
  return new TextDecoder()
    .decode(firstBytes)
    .split('\n')
    .some((line) => startsLighttpdLine(line));
}

/** Takes lines one by one and makes events of them. Never throws. */
export class LighttpdLog {
  /** The events so far, unless they are handed on. */
  readonly events: LighttpdEvent[] = [];
  /** Lines pushed. */
  lines = 0;
  /** Lines that belong to no event. */
  skippedLines = 0;
  private pending = '';
  private pendingLine = 0;
  private continuations = 0;

  /** @param onEvent gets each event instead of `events`: for logs too large to keep */
  constructor(private readonly onEvent?: (event: LighttpdEvent) => void) {}

  /** Takes the next line, without or with its line end. Its event comes when it is known to be whole. */
  push(text: string): void {
    this.lines++;
    const line = text.trimEnd().slice(0, MAX_LINE);
    if (startsLighttpdLine(line)) {
      this.flush();
      this.pending = line;
      this.pendingLine = this.lines;
      if (isWhole(line)) this.flush();
    } else if (line.trim() === '') this.flush();
    else if (this.pending !== '' && this.continuations < MAX_CONTINUATIONS) {
      this.continuations++;
      this.pending = `${this.pending} ${line.trim()}`.slice(0, MAX_LINE);
      if (isWhole(this.pending)) this.flush();
    } else this.skippedLines++;
  }

  /** The log has ended: a line that waited for its continuation is taken as it is. */
  finish(): void {
    this.flush();
  }

  private flush(): void {
    if (this.pending === '') return;
    const event = parseLighttpdLine(this.pending, this.pendingLine);
    this.pending = '';
    this.continuations = 0;
    if (event === undefined) this.skippedLines++;
    else if (this.onEvent === undefined) this.events.push(event);
    else this.onEvent(event);
  }
}

// `load:` and its number end the lines that matter most; other messages may go on in the next line.
function isWhole(line: string): boolean {
  return / load: ?-?\d+$/.test(line);
}
