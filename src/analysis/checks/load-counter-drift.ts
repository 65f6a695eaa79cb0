// The load that lighttpd prints for a process does not agree with the connections its own log shows.
import type { ProcessLoad } from '../../logs/process-load.js';
import type { Check } from '../check.js';
import type { Facts } from '../facts.js';
import { type Advice, type Evidence, type Finding, MAX_EVIDENCE } from '../finding.js';
import { counted, grouped, span } from './shared-evidence.js';

/** The load may be ahead of the log for a moment, while connections are being established. */
const LASTING_LINES = 20;
const LASTING_SECONDS = 10;

const ADVICE: readonly Advice[] = [
  {
    for: 'lighttpd',
    text:
      'Upgrade: versions before 1.4.46 do not count connections that are being established, and very old ones counted ' +
      'down twice. A restart sets the counters to 0.',
  },
  {
    for: 'host',
    text:
      'Do not trust "load" in the log or gw.backend.*.load on the status page until then; count the connections with ' +
      '"ss -xp" or "ss -tnp" instead.',
  },
];

export const loadCounterDrift: Check = {
  id: 'load-counter-drift',
  title: "lighttpd's load counter disagrees with its log",
  severity: 'warning',
  explanation: `With fastcgi.debug on, lighttpd logs "got proc: pid: ... load: N" when a connection to an application process is established and "released proc: ... load: N" when it is given back. The load is the number of connections it believes to be open, and it sends the next request to the process with the smallest. Counting the lines has to give the same number.

Where it does not, and stays so, the counter has drifted. A counter that is too low (or negative) draws requests to that process although it is busy; one that is too high keeps them away from a process that is idle, and uneven load follows. Known causes: a decrement without an increment in versions before 2006, connections in progress not counted before 1.4.46, and since then "got proc" for a connection that never was, when the queue of a unix socket is full.

That the load falls slowly after a burst (25, then 2, 1, 0) is no drift, and a load that is briefly ahead of the log is none either. A log that begins in the middle or leaves lines out says nothing, and is not judged.`,
  remedy: ADVICE,
  needs: ['application-log'],
  run(facts: Facts) {
    if (facts.processes.length === 0) return 'not-applicable';
    const drifted = facts.processes.filter(hasDrifted);
    if (drifted.length === 0) return [];
    const finding: Finding = {
      id: 'load-counter-drift',
      severity: 'warning',
      title: `lighttpd's load counter is wrong for ${counted(drifted.length, 'process', 'processes')}: ${drifted.slice(0, 3).map(short).join(', ')}`,
      detail:
        'The printed load and the connections that the same log shows open (got minus released) do not agree, and it stays ' +
        'so. lighttpd chooses the process with the smallest load, so requests go to the wrong ones.',
      count: drifted.length,
      scope: {},
      evidence: drifted.slice(0, MAX_EVIDENCE).map(figures),
      advice: ADVICE,
    };
    return [finding];
  },
};

function hasDrifted(process: ProcessLoad): boolean {
  if (process.negativeLoads > 0) return true;
  if (process.drift === 0 || process.jumps > 0) return false;
  return process.driftLines >= LASTING_LINES && process.lastTime - process.driftSince >= LASTING_SECONDS;
}

function short({ pid, drift, negativeLoads }: ProcessLoad): string {
  const by =
    drift !== 0 ? `${drift > 0 ? '+' : '−'}${grouped(Math.abs(drift))}` : `negative ${counted(negativeLoads, 'time')}`;
  return `pid ${pid} by ${by}`;
}

function figures(process: ProcessLoad): Evidence {
  const { pid, socket, requests, released, drift, driftLines, driftSince, lastTime, negativeLoads } = process;
  const parts = [`${grouped(requests)} got, ${grouped(released)} released`];
  if (drift !== 0) {
    parts.push(
      `the printed load is ${grouped(Math.abs(drift))} too ${drift > 0 ? 'high' : 'low'} in the last ` +
        `${counted(driftLines, 'line')} (${span((lastTime - driftSince) * 1e9)})`,
    );
  }
  if (negativeLoads > 0) parts.push(`a load below 0 was printed ${counted(negativeLoads, 'time')}`);
  return { text: `pid ${pid} on ${socket}: ${parts.join('; ')}` };
}
