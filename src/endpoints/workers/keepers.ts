// The processes that hold a pool's listening socket, as the primary knows them. See keeper-process.ts.
import cluster, { type Worker } from 'node:cluster';
import type { AddressInfo } from 'node:net';
import type { ListenAddress } from '../server/listen-address.js';
import { errorFrom } from './error-text.js';
import type { FromKeeper, ToKeeper } from './messages.js';

/** Before one that could not listen is replaced: longer each time in a row. Milliseconds. */
const FIRST_DELAY = 200;
const LONGEST_DELAY = 3200;

export class Keepers {
  private readonly workers = new Set<Worker>();
  /** Those that hold the socket. */
  private readonly holding = new Set<Worker>();
  private closing = false;
  private failures = 0;

  constructor(
    private readonly listen: ListenAddress,
    /** Makes `cluster.fork` start keepers. */
    private readonly setUp: () => void,
  ) {}

  /** Starts the first, and gives the address it listens at. @throws ListenError */
  first(): Promise<AddressInfo | string> {
    return new Promise((resolve, reject) => {
      const worker = this.start();
      worker.on('message', (message: FromKeeper) => {
        if (message.kind === 'unable') reject(errorFrom(message.error));
        else if (message.kind === 'listening') resolve(message.address);
      });
      worker.once('exit', (code, signal) => reject(new Error(`the keeper ended early (${signal ?? code})`)));
    });
  }

  /** Starts more, until there are so many. */
  fill(count: number): void {
    while (this.workers.size < count) this.start();
  }

  /** Process ids of those that hold the socket. */
  get pids(): number[] {
    return [...this.holding].flatMap((worker) => worker.process.pid ?? []);
  }

  /** Resolves when all are gone. */
  async close(): Promise<void> {
    this.closing = true;
    await Promise.all(
      [...this.workers].map(
        (worker) =>
          new Promise((resolve) => {
            worker.once('exit', resolve);
            worker.process.kill('SIGKILL');
          }),
      ),
    );
  }

  private start(): Worker {
    this.setUp();
    const worker = cluster.fork();
    this.workers.add(worker);
    worker.once('exit', () => {
      this.workers.delete(worker);
      const held = this.holding.delete(worker);
      this.failures = held ? 0 : this.failures + 1;
      const delay = held ? 0 : Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** (this.failures - 1));
      if (!this.closing) setTimeout(() => this.closing || this.start(), delay);
    });
    const message: ToKeeper = { kind: 'keep', listen: this.listen, primary: process.pid };
    worker.on('message', ({ kind }: FromKeeper) => {
      if (kind === 'up') worker.send(message, () => {});
      else if (kind === 'listening') this.holding.add(worker);
    });
    return worker;
  }
}
