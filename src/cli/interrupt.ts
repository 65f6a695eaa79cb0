// Ctrl-C and SIGTERM while reading: the first one ends the reading and what was read is reported, the second ends the
// program at once.
import { EXIT_SIGINT, EXIT_SIGTERM } from './exit.js';

export interface Interrupt {
  readonly signal: AbortSignal;
  /** For a run that was cut short; 0 while no signal came. */
  readonly exitCode: number;
  end(): void;
}

export function interruptible(): Interrupt {
  const controller = new AbortController();
  let exitCode = 0;
  const stop = (code: number) => () => {
    if (exitCode !== 0) process.exit(code);
    exitCode = code;
    controller.abort();
  };
  const onInterrupt = stop(EXIT_SIGINT);
  const onTerminate = stop(EXIT_SIGTERM);
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
  };
}
