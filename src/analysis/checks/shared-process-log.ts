// What lighttpd's error log says about the life of an application process.
import type { ProcessLoad } from '../../logs/process-load.js';
import type { Facts } from '../facts.js';

/** Whether the log shows that the process died: ends of file after its last request, and another pid in its place. */
export function diedByLog(facts: Facts, process: ProcessLoad): boolean {
  return process.pid !== 0 && process.endOfFile > process.endOfFileAlive && successorOf(facts, process) !== undefined;
}

/** The process that took over the socket afterwards. */
export function successorOf(facts: Facts, process: ProcessLoad): ProcessLoad | undefined {
  return facts.processes.find(
    (other) => other.socket === process.socket && other.pid !== process.pid && other.firstTime >= process.lastTime,
  );
}
