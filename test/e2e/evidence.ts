// Holds our report of a capture against everybody else who saw the same: tshark and the kernel; and its findings against
// those that the scenario must give.
import assert from 'node:assert/strict';
import type { RestingSockets } from '../support/peers/sockets.js';
import { type SecondOpinion, secondOpinion } from '../support/peers/tshark.js';
import type { ConnectionObject, Report } from '../support/report.js';
import { startBin } from '../support/run-bin.js';

export interface Case {
  readonly capture: string;
  /** The application's endpoint or endpoints. */
  readonly application: string | readonly string[];
  /** What the kernel said at the end of the capture; left out where connections end otherwise than by FINs seen in it. */
  readonly sockets?: RestingSockets;
  /** Further inputs and options. */
  readonly args?: readonly string[];
}

/** The report that the command prints, after it agreed with tshark and with the kernel. */
export async function inspected({ capture, application, sockets, args = [] }: Case): Promise<Report> {
  const [run, opinion] = await Promise.all([
    startBin([capture, ...args, '--format', 'json']).ended,
    secondOpinion(capture, [application].flat()),
  ]);
  assert.deepEqual([run.status, run.stderr], [0, '']);
  const report = JSON.parse(run.stdout) as Report;
  agreesWithTshark(report, opinion);
  if (sockets !== undefined) agreesWithKernel(report, sockets);
  assert.deepEqual(report.input.problems, []);
  return report;
}

/** Connection by connection who closed it, and the records. */
export function agreesWithTshark(report: Report, opinion: SecondOpinion): void {
  const { input, summary, connections } = report;
  assert.equal(input.tcpPackets, opinion.packets, 'packets');
  assert.deepEqual(
    connections.map(({ webServer, firstFin, firstReset }) => ({ webServer, firstFin, firstReset })),
    opinion.streams.map(({ webServer, firstFin, firstReset }) => ({ webServer, firstFin, firstReset })),
    'connections, first FIN and first RST of each',
  );
  const { streams } = opinion;
  assert.equal(summary.connections, streams.length);
  assert.equal(summary.midStream, streams.filter(({ synSeen }) => !synSeen).length);
  assert.equal(summary.neverEstablished, streams.filter(({ synSeen, synAckSeen }) => synSeen && !synAckSeen).length);
  for (const side of ['application', 'web-server', 'simultaneous', 'none'] as const)
    assert.equal(summary.firstFin[side], streams.filter(({ firstFin }) => firstFin === side).length, `${side} FINs`);
  assert.deepEqual(nonZero(summary.records), nonZero(opinion.records), 'records');
}

/** TIME_WAIT by side, and the connections that are still open. */
export function agreesWithKernel(report: Report, { timeWait, established }: RestingSockets): void {
  const { summary, connections } = report;
  const { application, 'web-server': webServer, both } = summary.timeWait;
  assert.deepEqual(
    { application: application + both, 'web-server': webServer + both },
    timeWait,
    'TIME_WAIT sockets by side: report, kernel',
  );
  const open = connections.filter(({ firstFin, firstReset }) => firstFin === 'none' && firstReset === 'none');
  assert.equal(open.length, established, 'connections that are still open');
}

function nonZero(counts: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(counts)
      .filter(([, count]) => count > 0)
      .sort(([a], [b]) => a.localeCompare(b)),
  );
}

/**
 * Exactly these findings, but for those that may be there or not. Those about TIME_WAIT are not to be named: who closes
 * first is a race behind most web servers, so they must follow from the sockets, which agree with the kernel's.
 */
export function assertFindings(report: Report, named: readonly string[], may: readonly string[] = []): void {
  const fires = [...named, ...timeWaitFindings(report)];
  // On a machine that is busy with something else anything may take a second, and then it is true.
  const slow = report.requests.some(({ begin, end }) => (end ?? report.input.duration) - begin > 1);
  const allowed = [...fires, ...may, ...(slow ? ['slow-application'] : [])];
  const found = report.findings.map(({ id }) => id);
  const told = report.findings.map(({ id, severity, title, detail }) => `${severity} ${id}: ${title}\n${detail}`);
  const missing = fires.filter((id) => !found.includes(id));
  const unwanted = found.filter((id) => !allowed.includes(id));
  assert.deepEqual({ missing, unwanted: unwanted }, { missing: [], unwanted: [] }, told.join('\n'));
}

/**
 * Whether something that is told only of what happens at once happened at once, on a machine that is busy: `named`
 * must be told then, and may be otherwise.
 */
export function assertFindingsIf(atOnce: boolean, report: Report, named: readonly string[]): void {
  if (atOnce) assertFindings(report, named);
  else assertFindings(report, [], named);
}

/** By the rule: ten on a side and a fifth of what was closed, or all that was closed of a listener. */
function timeWaitFindings({ connections }: Report): string[] {
  const closed = connections.filter(
    ({ firstFin, firstReset, state }) => firstFin !== 'none' || (firstReset !== 'none' && state !== 'REJ'),
  );
  const listeners = [...new Set(closed.map(({ application }) => application))];
  return (['application', 'web-server'] as const)
    .filter((side) => {
      const isLeft = ({ timeWait }: ConnectionObject) => timeWait === side || timeWait === 'both';
      const count = closed.filter(isLeft).length;
      if (count >= 10 && count * 5 >= closed.length) return true;
      return listeners.some((listener) => {
        const own = closed.filter(({ application }) => application === listener);
        return own.length < 10 && own.every(isLeft);
      });
    })
    .map((side) => `time-wait-${side}-side`);
}

/** The one finding of this id. */
export function findingOf(report: Report, id: string) {
  const found = report.findings.filter((finding) => finding.id === id);
  assert.equal(found.length, 1, `${found.length} findings ${id}`);
  return found[0];
}

/** How often each of the values is there. */
export function counted(values: readonly (string | number)[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}
