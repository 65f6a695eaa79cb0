// The thread that runs fuzz cases one after the other: see runner.ts.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { parentPort, workerData } from 'node:worker_threads';
import { smallCaptures } from './captures.js';
import { caseBytes } from './cases.js';
import { type FuzzResult, STATE_CASES, STATE_SEED, type WorkerMessage, type WorkerTask } from './runner.js';

const task = workerData as WorkerTask;
const port = parentPort!;
const state = new Float64Array(task.state);

// What earlier cases left behind must not be taken for memory that a case needs.
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const { inspectBytes } = (await import(task.target)) as { inspectBytes(bytes: Uint8Array): void };
const captures = smallCaptures(task.folders);
const tell = (message: WorkerMessage): void => port.postMessage(message);
let slowest: FuzzResult['slowest'] = { seed: task.seed, milliseconds: 0 };
let memoryLimit = task.memoryLimit;

for (let seed = task.seed; seed < task.seed + task.count; seed++) {
  state[STATE_SEED] = seed;
  const bytes = caseBytes(seed, captures);
  const started = performance.now();
  try {
    inspectBytes(bytes);
  } catch (error) {
    tell({ kind: 'failed', seed, reason: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
  const milliseconds = performance.now() - started;
  if (milliseconds > slowest.milliseconds) slowest = { seed, milliseconds };
  if (milliseconds > task.timeLimit) tell({ kind: 'failed', seed, reason: `took ${milliseconds.toFixed(0)} ms` });
  const memory = process.resourceUsage().maxRSS * 1024;
  if (memory > memoryLimit) {
    tell({ kind: 'failed', seed, reason: `${(memory / 1e6).toFixed(0)} MB of memory were in use after it` });
    memoryLimit = memory * 1.1; // the largest ever does not become smaller again: look for the next step up
  }
  state[STATE_CASES]++;
  if (seed % 64 === 0 && process.memoryUsage.rss() > memoryLimit / 2) collectGarbage();
}
tell({ kind: 'done', slowest });
