// One line on stderr while a load goes on; only on a terminal.
import type { Clock, Timer } from '../endpoints/clock.js';
import type { LoadTally } from '../load/load-tally.js';
import { formatCount } from '../reporters/format-count.js';
import { formatDuration } from '../reporters/format-duration.js';
import type { ProgressTerminal } from './progress.js';

/** Milliseconds between two changes. */
const INTERVAL = 200;

export class BenchProgress {
  private timer: Timer | undefined;
  private readonly started: number;
  private shown = false;

  constructor(
    quiet: boolean,
    private readonly tally: LoadTally,
    private readonly duration: number | undefined,
    private readonly count: number | undefined,
    private readonly clock: Clock,
    private readonly terminal: ProgressTerminal = process.stderr,
  ) {
    this.started = clock.now();
    if (!quiet && terminal.isTTY === true && process.env.TERM !== 'dumb') this.again();
  }

  end(): void {
    this.timer?.cancel();
    if (this.shown) this.terminal.write('\r\x1b[K');
    this.shown = false;
  }

  private again(): void {
    this.timer = this.clock.after(
      INTERVAL,
      () => {
        this.shown = true;
        const elapsed = this.clock.now() - this.started;
        this.terminal.write(`\r${benchProgressText(this.tally, elapsed, this.duration, this.count)}\x1b[K`);
        this.again();
      },
      false,
    );
  }
}

/** `42%   12,345 answers   8,120/s   p99 3.1 ms   2 failed`; times in milliseconds. */
export function benchProgressText(
  tally: LoadTally,
  elapsed: number,
  duration: number | undefined,
  count: number | undefined,
): string {
  const asked = tally.complete + tally.failed;
  const share = Math.max(duration === undefined ? 0 : elapsed / duration, count === undefined ? 0 : asked / count);
  const parts = [
    `${String(Math.min(100, Math.floor(share * 100))).padStart(3)}%`,
    `${formatCount(tally.complete)} answers`,
    `${formatCount(elapsed > 0 ? (tally.complete / elapsed) * 1000 : 0)}/s`,
  ];
  if (tally.complete > 0) parts.push(`p99 ${formatDuration(tally.latency.percentile(0.99), true)}`);
  if (tally.failed > 0) parts.push(`${formatCount(tally.failed)} failed`);
  return parts.join('   ');
}
