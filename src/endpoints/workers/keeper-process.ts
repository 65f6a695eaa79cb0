// A keeper: it holds the pool's listening socket open while all workers are full and have closed theirs, and never
// accepts. Node accepts on every socket it listens on as soon as its event loop turns, so a keeper's never turns again.
import { createServer } from 'node:net';
import { addressText, listenError } from '../server/listen-address.js';
import { errorText } from './error-text.js';
import { listenOptions } from './listen-options.js';
import type { FromKeeper, ToKeeper } from './messages.js';

/** How soon it notices that its primary was killed. Milliseconds. */
const LOOK_INTERVAL = 250;

export function runKeeper(exit: (code: number) => void): void {
  // For whoever looks at the host: it serves nobody.
  process.title = 'fcgi-inspect: keeper';
  // Nobody but the primary ends it; the handlers are never run.
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGUSR1'] as const) process.on(signal, () => {});
  process.once('message', (message) => {
    const { listen, primary } = message as ToKeeper;
    const server = createServer();
    server.on('error', (error) => {
      const unable: FromKeeper = { kind: 'unable', error: errorText(listenError(error, listen)) };
      process.send!(unable, undefined, undefined, () => exit(1));
    });
    server.listen(listenOptions(listen), () => {
      const listening: FromKeeper = { kind: 'listening', address: server.address() ?? addressText(listen) };
      process.send!(listening);
      // In the next tick, when node:cluster has told the primary too; before the event loop's next turn.
      process.nextTick(() => {
        const never = new Int32Array(new SharedArrayBuffer(4));
        while (process.ppid === primary) Atomics.wait(never, 0, 0, LOOK_INTERVAL);
        exit(0);
      });
    });
  });
  const up: FromKeeper = { kind: 'up' };
  process.send!(up);
}
