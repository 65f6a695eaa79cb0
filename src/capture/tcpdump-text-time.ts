// The times that tcpdump prints in front of a packet (-t to -ttttt, --nano, old and new versions), and their conversion
// to nanoseconds since the first packet.

/** What kind of time a line shows. */
export const TIME_NONE = 0;
/** `10:10:04.934015`: the time of day; with -ttt and -ttttt a time since another packet looks the same. */
export const TIME_OF_DAY = 1;
/** `2026-11-21 10:10:04.934015` (-tttt; `11/21/2026 ...` in old versions): local time of the host that captured. */
export const TIME_DATED = 2;
/** `1795224327.353126` (-tt): seconds since 1970. */
export const TIME_EPOCH = 3;
/** `000123 IP ...`: microseconds since the previous packet (-ttt of old versions). */
export const TIME_DELTA = 4;

const HALF_A_DAY = 43_200;
const DAY = 86_400;
const TIME_PATTERN =
  /^-?(?:(\d{4})[-/](\d\d)[-/](\d\d)[ T]|(\d\d)\/(\d\d)\/(\d{4}) )?(\d{1,3}):([0-5]\d):([0-6]\d)(?:\.(\d{1,9}))?(?= |$)/;
const EPOCH_PATTERN = /^(\d{1,12})\.(\d{3,9})(?= |$)/;
const DELTA_PATTERN = /^(?:(\d{1,9})\. )?(\d{6})(?= IP6? | \S+ > )/;

/** A time as it stands in a line; one object is reused for all lines. */
export class PrintedTime {
  kind = TIME_NONE;
  /** Since midnight, or since 1970 (a date counts as though it were UTC). Both are negative in `-00:00:00.010000`. */
  seconds = 0;
  nanoseconds = 0;
  /** Characters that the time takes. */
  length = 0;

  /** Reads a time from the start of the text; false (and TIME_NONE) when there is none. */
  read(text: string): boolean {
    this.kind = TIME_NONE;
    this.seconds = 0;
    this.nanoseconds = 0;
    this.length = 0;
    const first = text.charCodeAt(text.charCodeAt(0) === 0x2d ? 1 : 0);
    if (!(first >= 0x30 && first <= 0x39)) return false;
    return this.readClock(text) || this.readEpoch(text) || this.readDelta(text);
  }

  private readClock(text: string): boolean {
    const match = TIME_PATTERN.exec(text);
    if (match === null) return false;
    const year = match[1] ?? match[6];
    let midnight = 0;
    if (year !== undefined) {
      if (Number(year) < 1970) return false;
      midnight = Date.UTC(Number(year), Number(match[2] ?? match[4]) - 1, Number(match[3] ?? match[5])) / 1000;
    }
    this.kind = year === undefined ? TIME_OF_DAY : TIME_DATED;
    this.seconds = midnight + Number(match[7]) * 3600 + Number(match[8]) * 60 + Number(match[9]);
    this.nanoseconds = fraction(match[10] ?? '');
    this.length = match[0].length;
    if (text.charCodeAt(0) === 0x2d) {
      if (year !== undefined) return false;
      this.seconds = -this.seconds;
      this.nanoseconds = -this.nanoseconds;
    }
    return true;
  }

  private readEpoch(text: string): boolean {
    const match = EPOCH_PATTERN.exec(text);
    if (match === null) return false;
    this.kind = TIME_EPOCH;
    this.seconds = Number(match[1]);
    this.nanoseconds = fraction(match[2]);
    this.length = match[0].length;
    return true;
  }

  private readDelta(text: string): boolean {
    const match = DELTA_PATTERN.exec(text);
    if (match === null) return false;
    this.kind = TIME_DELTA;
    this.seconds = Number(match[1] ?? 0);
    this.nanoseconds = Number(match[2]) * 1000;
    this.length = match[0].length;
    return true;
  }
}

/** Turns printed times into nanoseconds since the first packet. */
export class PrintedClock {
  /** The first packet's time: since 1970 when `kind` is TIME_DATED or TIME_EPOCH, else since midnight, or 0. */
  originSeconds = 0;
  originNanoseconds = 0;
  /** The kind of time of the first packet that had one. */
  kind = TIME_NONE;
  /** The times are since the first packet or the one before, not of a day. */
  relative = false;
  /** How often the kind of time changed within the input. */
  changes = 0;
  private started = false;
  private current = TIME_NONE;
  private baseSeconds = 0;
  private baseNanoseconds = 0;
  private days = 0;
  private lastSeconds = 0;
  private last = 0;

  /**
   * @param deltas the times of a relative print are since the packet before (-ttt), not since the first (-ttttt);
   * see `timesAreDeltas`; undefined: find out while reading
   */
  constructor(private deltas: boolean | undefined) {}

  /** A packet without a time has that of the packet before. May be negative: times are kept as printed. */
  nanoseconds(time: PrintedTime): number {
    if (time.kind === TIME_NONE) return this.last;
    if (time.kind !== this.current) {
      this.change(time);
      if (this.current === TIME_DELTA) return this.last;
    }
    let seconds = time.seconds;
    if (this.current === TIME_DELTA || this.relative) {
      const value = seconds * 1e9 + time.nanoseconds;
      // A time since the first packet does not fall in an input that is in order: these must be deltas.
      if (this.current !== TIME_DELTA && this.deltas === undefined && value < this.last) this.deltas = true;
      this.last = this.current === TIME_DELTA || this.deltas ? this.last + value : value;
      return this.last;
    }
    if (this.current === TIME_OF_DAY) seconds = this.acrossMidnight(seconds);
    this.last = (seconds - this.baseSeconds) * 1e9 + (time.nanoseconds - this.baseNanoseconds);
    return this.last;
  }

  // A step back of more than half a day is midnight, not an older dump; a step back over it is undone the same way.
  private acrossMidnight(printed: number): number {
    if (printed - this.lastSeconds < -HALF_A_DAY) this.days++;
    else if (printed - this.lastSeconds > HALF_A_DAY && this.days > 0) this.days--;
    this.lastSeconds = printed;
    return printed + this.days * DAY;
  }

  // Times of two kinds have no common origin: the first packet of the new kind is put at the time of the last one.
  private change(time: PrintedTime): void {
    if (!this.started) {
      this.started = true;
      this.kind = time.kind;
      this.relative = time.kind === TIME_OF_DAY && time.seconds === 0 && time.nanoseconds === 0;
      if (!this.relative && time.kind !== TIME_DELTA) {
        this.originSeconds = time.seconds;
        this.originNanoseconds = time.nanoseconds;
      }
    } else {
      this.changes++;
      this.relative = false;
    }
    this.current = time.kind;
    this.lastSeconds = time.seconds;
    this.days = 0;
    this.baseSeconds = time.seconds - Math.floor(this.last / 1e9);
    this.baseNanoseconds = time.nanoseconds - (this.last - Math.floor(this.last / 1e9) * 1e9);
  }
}

/**
 * Whether relative times in this beginning of an input are times since the packet before: they fall often then, and
 * hardly ever when they are times since the first. Undefined when they never fall, or are not relative.
 */
export function timesAreDeltas(preview: string): boolean | undefined {
  const time = new PrintedTime();
  let last = -1;
  let count = 0;
  let falls = 0;
  for (const line of preview.split('\n')) {
    if (!time.read(line.trimStart()) || time.kind !== TIME_OF_DAY) continue;
    const value = time.seconds * 1e9 + time.nanoseconds;
    if (count === 0 && value !== 0) return undefined;
    count++;
    if (value < last) falls++;
    last = value;
  }
  return falls === 0 ? undefined : falls * 8 >= count;
}

function fraction(digits: string): number {
  return Number(digits.padEnd(9, '0'));
}
