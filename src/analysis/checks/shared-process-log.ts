// What lighttpd's error log says about the life of an application process.
import type { ProcessLoad } from '../../logs/process-load.js';
import type { Facts } from '../facts.js';

/**
 * Whether the log shows that the process died: ends of file after its last request, or of its connections after it was
 * gone, and another pid in its place.
 */
export function diedByLog(facts: Facts, process: ProcessLoad): boolean {
  if (process.pid === 0) return false;
  const heir = successorOf(facts, process);
  return heir !== undefined && (unconfirmed(process) > 0 || heir.endOfFileInherited > 0);
}

/** The process that took over the socket afterwards. */
export function successorOf(facts: Facts, process: ProcessLoad): ProcessLoad | undefined {
  return facts.processes.find(
    (other) => other.socket === process.socket && other.pid !== process.pid && other.firstTime >= process.lastTime,
  );
}

/** Requests that the death of a process cut off. */
export function lostByLog(facts: Facts, process: ProcessLoad): number {
  const heir = successorOf(facts, process);
  return unconfirmed(process) + (heir ? inherited(facts, heir) : 0);
}

/** Ends of file that no death explains: the process closed those connections. */
export function closesByLog(facts: Facts, process: ProcessLoad): number {
  if (diedByLog(facts, process)) return process.endOfFileAlive;
  return process.endOfFile - inherited(facts, process);
}

/** Ends of file of its own requests after which it was given no other. */
function unconfirmed({ endOfFile, endOfFileAlive, endOfFileInherited }: ProcessLoad): number {
  return endOfFile - endOfFileAlive - endOfFileInherited;
}

/**
 * Ends of file that were left over from the process that died before this one: lines written after the restart name
 * the new pid, and may come when it has been given its first request already.
 */
function inherited(facts: Facts, process: ProcessLoad): number {
  if (process.endOfFileAlive > 0) return process.endOfFileInherited;
  const predecessor = facts.processes.find((other) => diedByLog(facts, other) && successorOf(facts, other) === process);
  return predecessor ? process.endOfFile : process.endOfFileInherited;
}
