// Ctrl-C and SIGTERM while reading: the first one ends the reading and what was read is reported, the second ends the
// program at once.
import { EXIT_SIGINT, EXIT_SIGTERM } from './exit.js';

export interface Interrupt {
  readonly signal: AbortSignal;
  /** For a run that was cut short; 0 while no signal came. */
  readonly exitCode: number;
  end(): void;
  /** Ends the process by the signal that came, as if it had not been caught; output is written before. */
  die(): Promise<void>;
}

export function interruptible(): Interrupt {
  const controller = new AbortController();
  let exitCode = 0;
  let signal: NodeJS.Signals = 'SIGINT';
  const stop = (name: NodeJS.Signals, code: number) => () => {
    if (exitCode !== 0) process.exit(code);
    exitCode = code;
    signal = name;
    controller.abort();
  };
  const onInterrupt = stop('SIGINT', EXIT_SIGINT);
  const onTerminate = stop('SIGTERM', EXIT_SIGTERM);
  process.on('SIGINT', onInterrupt);
  process.on('SIGTERM', onTerminate);
  return {
    signal: controller.signal,
    get exitCode() {
      return exitCode;
    },
    end() {
      process.off('SIGINT', onInterrupt);
      process.off('SIGTERM', onTerminate);
    },
    async die() {
      await new Promise<void>((resolve) => process.stdout.write('', () => resolve()));
      // Both were taken off by end(), so the signal does what it does by default.
      process.kill(process.pid, signal);
    },
  };
}
