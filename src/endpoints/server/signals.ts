// Closing on signals, as web servers and process managers expect it of FastCGI applications: SIGTERM, SIGINT and SIGUSR1
// (libfcgi's and mod_fastcgi's "graceful") let requests finish and exit with 0, a second one does not wait.
import type { CloseOptions, Server } from './server.js';

/** `process`, or what stands in for it. */
export interface SignalSource {
  on(signal: NodeJS.Signals, listener: () => void): unknown;
  off(signal: NodeJS.Signals, listener: () => void): unknown;
  exit(code: number): void;
}

export interface SignalOptions extends Pick<CloseOptions, 'timeout'> {
  /** Default SIGTERM, SIGINT and SIGUSR1. */
  readonly signals?: readonly NodeJS.Signals[];
  /** Called before the exit, with its code. */
  readonly beforeExit?: (code: number) => void | Promise<void>;
}

/** What shells show of a process that a signal ended. */
const CODES: Readonly<Partial<Record<NodeJS.Signals, number>>> = { SIGINT: 130, SIGTERM: 143, SIGUSR1: 138 };

/**
 * Closes the server gracefully at the first signal and exits with 0 when all requests have finished. At the second, or
 * after the timeout, cuts off what still goes on and exits with 130 (SIGINT), 143 (SIGTERM) or 138 (SIGUSR1). Returns a
 * function that takes the listeners away.
 */
export function closeOnSignals(
  source: SignalSource,
  server: Pick<Server, 'close'>,
  options: SignalOptions = {},
): () => void {
  const { signals = ['SIGTERM', 'SIGINT', 'SIGUSR1'], timeout, beforeExit } = options;
  let forcedBy: NodeJS.Signals | undefined;
  let closing: Promise<void> | undefined;
  const leave = async (finished: boolean, signal: NodeJS.Signals): Promise<void> => {
    const code = finished ? 0 : (CODES[forcedBy ?? signal] ?? 1);
    await beforeExit?.(code);
    source.exit(code);
  };
  const listeners = signals.map((signal) => {
    const listener = () => {
      if (closing) {
        forcedBy = signal;
        void server.close({ graceful: false });
      } else {
        closing = server.close(timeout === undefined ? {} : { timeout }).then((finished) => leave(finished, signal));
      }
    };
    source.on(signal, listener);
    return { signal, listener };
  });
  return () => {
    for (const { signal, listener } of listeners) source.off(signal, listener);
  };
}
