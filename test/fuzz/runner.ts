// Runs fuzz cases in a worker thread and watches it: a case that throws, takes too long, takes too much memory or ends
// the worker is written to a file, and the run goes on with the next one.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { Worker } from 'node:worker_threads';
import { smallCaptures } from './captures.js';
import { caseBytes } from './cases.js';

export interface FuzzOptions {
  /** Seed of the first case; the following ones count up. */
  readonly seed: number;
  readonly count: number;
  /** URL of a module that exports `inspectBytes(bytes: Uint8Array): void`. */
  readonly target: string;
  /** Folders with captures to start from. */
  readonly folders: readonly string[];
  /** Where failing cases are written. */
  readonly failures: string;
  /** Longest time of one case in milliseconds. */
  readonly timeLimit: number;
  /** Most resident memory of the process in bytes. */
  readonly memoryLimit: number;
  /** The run ends after so many failures. Default 20. */
  readonly maxFailures?: number;
  /** Called now and then with the number of cases done. */
  readonly onProgress?: (done: number) => void;
}

export interface FuzzFailure {
  readonly seed: number;
  readonly reason: string;
  readonly file: string;
}

export interface FuzzResult {
  readonly cases: number;
  readonly failures: readonly FuzzFailure[];
  readonly seconds: number;
  /** Largest resident set of the process in bytes. */
  readonly memory: number;
  /** The slowest case that came to an end. */
  readonly slowest: { readonly seed: number; readonly milliseconds: number };
}

/** What the worker gets. `state` is shared: the seed at work and the number of cases done. */
export interface WorkerTask
  extends Pick<FuzzOptions, 'seed' | 'count' | 'target' | 'folders' | 'timeLimit' | 'memoryLimit'> {
  readonly state: SharedArrayBuffer;
}

export type WorkerMessage =
  | { readonly kind: 'failed'; readonly seed: number; readonly reason: string }
  | { readonly kind: 'done'; readonly slowest: FuzzResult['slowest'] };

export const STATE_SEED = 0;
export const STATE_CASES = 1;
export const STATE_LENGTH = 2;
/** In place of a seed until the first case. */
const NOT_STARTED = -1;

/** @throws whatever the target throws while it is loaded. */
export async function fuzz(options: FuzzOptions): Promise<FuzzResult> {
  const started = performance.now();
  const end = options.seed + options.count;
  const failures: FuzzFailure[] = [];
  const maxFailures = options.maxFailures ?? 20;
  let slowest: FuzzResult['slowest'] = { seed: options.seed, milliseconds: 0 };
  let done = 0;
  const onProgress = (cases: number): void => options.onProgress?.(done + cases);
  const fail = (seed: number, reason: string): void => {
    failures.push({ seed, reason, file: writeCase(options, seed) });
  };
  for (let next = options.seed; next < end && failures.length < maxFailures; ) {
    const worker = await runWorker(
      { ...options, seed: next, count: end - next, onProgress },
      fail,
      maxFailures - failures.length,
    );
    done += worker.cases;
    if (worker.slowest !== undefined && worker.slowest.milliseconds > slowest.milliseconds) slowest = worker.slowest;
    next = worker.nextSeed;
  }
  const seconds = (performance.now() - started) / 1000;
  return { cases: done, failures, seconds, memory: process.resourceUsage().maxRSS * 1024, slowest };
}

interface WorkerResult {
  readonly cases: number;
  readonly nextSeed: number;
  readonly slowest?: FuzzResult['slowest'];
}

/** One worker until it is done or has to be ended because of a case. */
function runWorker(
  options: FuzzOptions,
  fail: (seed: number, reason: string) => void,
  maxFailures: number,
): Promise<WorkerResult> {
  const state = new SharedArrayBuffer(STATE_LENGTH * 8);
  const shared = new Float64Array(state);
  shared[STATE_SEED] = NOT_STARTED;
  const { seed, count, target, folders, timeLimit, memoryLimit } = options;
  const task: WorkerTask = { seed, count, target, folders, timeLimit, memoryLimit, state };
  const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: task });
  return new Promise((resolve, reject) => {
    let seenSeed = NOT_STARTED;
    let seenAt = performance.now();
    let failed = 0;
    let finished = false;
    const stop = (nextSeed: number, slowest?: FuzzResult['slowest']): void => {
      finished = true;
      clearInterval(watchdog);
      void worker.terminate();
      resolve({ cases: shared[STATE_CASES], nextSeed, ...(slowest === undefined ? {} : { slowest }) });
    };
    const giveUp = (reason: string): void => {
      fail(shared[STATE_SEED], reason);
      shared[STATE_CASES]++;
      stop(shared[STATE_SEED] + 1);
    };
    const look = (): void => {
      options.onProgress?.(shared[STATE_CASES]);
      const now = performance.now();
      if (shared[STATE_SEED] !== seenSeed) {
        seenSeed = shared[STATE_SEED];
        seenAt = now;
      } else if (seenSeed !== NOT_STARTED && now - seenAt > timeLimit) {
        giveUp(`took longer than ${timeLimit} ms and was ended`);
      }
    };
    const watchdog = setInterval(look, Math.min(250, timeLimit / 4));
    worker.on('message', (message: WorkerMessage) => {
      if (finished) return;
      if (message.kind === 'done') {
        stop(seed + count, message.slowest);
        return;
      }
      fail(message.seed, message.reason);
      if (++failed >= maxFailures) stop(message.seed + 1);
    });
    worker.on('error', (error) => {
      if (finished) return;
      if (shared[STATE_SEED] !== NOT_STARTED) giveUp(`ended the worker: ${error.message}`);
      else {
        clearInterval(watchdog);
        reject(error);
      }
    });
  });
}

function writeCase(options: FuzzOptions, seed: number): string {
  mkdirSync(options.failures, { recursive: true });
  const file = join(options.failures, `fuzz-${seed}.bin`);
  writeFileSync(file, caseBytes(seed, smallCaptures(options.folders)));
  return file;
}
