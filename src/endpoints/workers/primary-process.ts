// The primary as a process: what it hears from whoever started the pool, and signals.
import type { ToPrimary } from './messages.js';
import { Primary } from './primary.js';

const CODES = { SIGTERM: 143, SIGUSR1: 138 } as const;

export function runPrimary(exit: (code: number) => void): void {
  let primary: Primary | undefined;
  process.on('message', (message) => {
    const order = message as ToPrimary;
    if (order.kind === 'start') {
      primary = new Primary(order.settings, order.execArgv, exit);
      void primary.start();
    } else if (order.kind === 'status') {
      void primary?.tellStatus(order.id);
    } else {
      primary?.close(order.graceful, order.timeout);
    }
  });
  process.on('disconnect', () => {
    if (primary) primary.abandon();
    else exit(1);
  });
  for (const signal of ['SIGTERM', 'SIGUSR1'] as const) {
    process.on(signal, () => {
      if (primary) primary.signalled(CODES[signal]);
      else exit(CODES[signal]);
    });
  }
  // A terminal sends these to whoever started the pool too, which tells what is to be done.
  for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => {});
}
