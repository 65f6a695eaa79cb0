// Runs one stage of a scenario: application, tap and front are started, the play is played, everything is stopped, and what was
// seen is one Snapshot.
import { setMaxListeners } from 'node:events';
import { writeFileSync } from 'node:fs';
import { CHECKS } from '../analysis/checks/index.js';
import { inOrder } from '../analysis/conclude.js';
import type { Finding } from '../analysis/finding.js';
import { notesComment } from '../analysis/live/tap-notes.js';
import type { Snapshot } from '../analysis/snapshot.js';
import type { ProcessLoad } from '../logs/process-load.js';
import { type EndpointAddress, formatEndpoint } from '../model/endpoint-address.js';
import type { ListenerConfiguration } from '../model/host-sample.js';
import type { ApplicationName, ApplicationPlan, FrontName, Play } from '../scenarios/play.js';
import { type Scenario, type ScenarioStage, type ScenarioValues, stageValues } from '../scenarios/scenario.js';
import { type LiveTap, openLiveTap } from '../sources/tap/live-tap.js';
import type { HistoryTable } from '../tcp/history-table.js';
import { startEmbeddedApplication } from './embedded-application.js';
import { startEmbeddedFront } from './embedded-front.js';
import { HostLooks } from './host-looks.js';
import { processesOf } from './lighttpd-log.js';
import type { RunningApplication, RunningFront } from './parts.js';
import { pause } from './pause.js';
import { startLibfcgi } from './peers/libfcgi.js';
import { startPhpFpm } from './peers/php-fpm.js';
import { startRealFront } from './peers/real-front.js';
import { Place } from './place.js';
import { type Outcomes, playSteps } from './steps.js';

export interface StageOptions {
  readonly scenario: Scenario;
  readonly stage: ScenarioStage;
  /** What the user set. */
  readonly values: ScenarioValues;
  readonly front: FrontName;
  readonly application: ApplicationName;
  /** The environment's PATH, for real ones. */
  readonly path: string;
  /** Of all listeners. Default: on the loopback interface. */
  readonly host?: string | undefined;
  /** Program and version, for the recording. */
  readonly program: string;
  readonly signal: AbortSignal;
  /** Milliseconds after which it is ended, whatever is still under way. */
  readonly limit: number;
  /** Gets the folder with recording and logs before it is removed. */
  readonly keep?: (folder: string) => void;
}

export interface StageResult {
  readonly stage: ScenarioStage;
  readonly values: ScenarioValues;
  readonly snapshot: Snapshot;
  readonly histories: HistoryTable;
  readonly front: string;
  readonly application: string;
  /** Addresses of the applications, as reports name them. */
  readonly endpoints: readonly string[];
  /** What became of the requests, as their senders saw it, and how often. */
  readonly outcomes: Outcomes;
  /** Further figures of the application. */
  readonly figures: Readonly<Record<string, number>>;
  /** Seconds that the play took. */
  readonly seconds: number;
  /** The time limit ended it. */
  readonly cut: boolean;
  /** What went wrong with the players themselves: a web server that crashed. */
  readonly troubles: readonly string[];
}

/** Closes of the last connections are on their way for so long. */
const SETTLE = 150;
/** Of our own application. */
const DEFAULT_BACKLOG = 511;

export async function runStage(options: StageOptions): Promise<StageResult> {
  const { scenario, stage, signal } = options;
  const values = stageValues(scenario, stage, options.values);
  const play = scenario.play(values);
  const place = new Place(options.host);
  const closers: (() => Promise<void>)[] = [];
  const limit = AbortSignal.timeout(options.limit);
  const ending = AbortSignal.any([signal, limit]);
  // Everything that waits listens.
  setMaxListeners(0, signal, limit, ending);
  try {
    const plans = [play.application, ...(play.more ?? [])];
    const applications: RunningApplication[] = [];
    for (const [index, plan] of plans.entries()) {
      const application = await startApplication(options, plan, await addressOf(play, place, index), place);
      applications.push(application);
      closers.push(() => application.close());
    }
    const tap = await openTap(applications, place, options.program);
    let tapIsOpen = true;
    const closeTap = async () => {
      if (tapIsOpen) await tap.close();
      tapIsOpen = false;
    };
    closers.push(closeTap);
    const looks = HostLooks.open(
      applications.map(({ address }) => address),
      configurationsOf(plans, applications),
    );
    closers.push(async () => looks?.stop());
    const fronts: RunningFront[] = [];
    for (const [index, plan] of play.fronts.entries()) {
      const application = applications[plan.target ?? 0];
      const target = plan.direct ? application.address : tap.listening[plan.target ?? 0];
      const { script } = application;
      const front =
        options.front === 'embedded'
          ? startEmbeddedFront(plan, target, {
              script: script === undefined ? undefined : { root: place.folder, name: script },
              process: { pid: await application.pid(), socket: lighttpdName(application.address) },
            })
          : await startRealFront(options.front, plan, target, place, options.path, index);
      fronts.push(front);
      closers.push(() => front.close());
    }
    await looks?.look();
    looks?.start();
    const begun = performance.now();
    const outcomes = await playSteps(play.steps, { fronts, applications, target: tap.listening[0] }, ending);
    const seconds = (performance.now() - begun) / 1000;
    await pause(SETTLE, signal);
    await looks?.stop();
    await looks?.look();
    const figures = await applications[0].figures();
    // Before anything is stopped: what stopping does is none of the bug's doing.
    // A real lighttpd knows the tap where the report names the application.
    const log = fronts.map((front) => front.lighttpdLog() ?? '').join('');
    const names = tap.listening.map((listen, index) => [
      lighttpdName(listen),
      lighttpdName(applications[index].address),
    ]);
    const processes = processesOf(names.reduce((text, [from, to]) => text.replaceAll(from, to), log));
    const snapshot = concluded(tap, looks, processes);
    const { histories } = tap;
    await closeTap();
    writeLogs(place, fronts, applications);
    return {
      stage,
      values,
      snapshot,
      histories,
      front: fronts[0].name,
      application: applications[0].name,
      endpoints: applications.map(({ address }) => formatEndpoint(address)),
      outcomes,
      figures,
      seconds,
      cut: limit.aborted && !signal.aborted,
      troubles: fronts.flatMap((front) => front.trouble() ?? []),
    };
  } finally {
    for (const close of closers.reverse()) await close();
    options.keep?.(place.folder);
    await place.close();
  }
}

/** What a configuration would say of those applications that have one. */
function configurationsOf(
  plans: readonly ApplicationPlan[],
  applications: readonly RunningApplication[],
): Map<string, ListenerConfiguration> {
  const found = plans.flatMap(({ configured, workers, backlog = DEFAULT_BACKLOG }, index) => {
    const configuration: ListenerConfiguration = {
      source: 'the scenario',
      pool: 'application',
      manager: 'static',
      maxChildren: workers,
      backlog,
      statusPath: '',
      statusListen: '',
    };
    return configured === true ? [[formatEndpoint(applications[index].address), configuration] as const] : [];
  });
  return new Map(found);
}

async function addressOf({ transport }: Play, place: Place, index: number): Promise<EndpointAddress> {
  if (transport === 'unix') return { kind: 'unix', path: place.path(`application-${index}.sock`) };
  return { kind: 'tcp', host: place.host, port: await place.port() };
}

function startApplication(
  { application, path }: StageOptions,
  plan: ApplicationPlan,
  address: EndpointAddress,
  place: Place,
): Promise<RunningApplication> {
  switch (application) {
    case 'embedded':
      return startEmbeddedApplication(plan, address);
    case 'php-fpm':
      return startPhpFpm(plan, address, place, path);
    case 'libfcgi':
      return startLibfcgi(plan, address, place, path);
  }
}

function openTap(applications: readonly RunningApplication[], place: Place, program: string): Promise<LiveTap> {
  const pairs = applications.map(({ address }, index) => ({
    listen: tapAddress(address, place, index),
    to: address,
  }));
  return openLiveTap({
    pairs,
    // Web servers that give up root connect as somebody else.
    mode: 0o666,
    checks: CHECKS,
    record: { file: place.path('tap.pcapng'), comment: notesComment, application: program },
  });
}

function tapAddress(application: EndpointAddress, place: Place, index: number): EndpointAddress {
  return application.kind === 'unix'
    ? { kind: 'unix', path: place.path(`tap-${index}.sock`) }
    : { kind: 'tcp', host: place.host, port: 0 };
}

/** An address as lighttpd's log writes it. */
function lighttpdName(address: EndpointAddress): string {
  return address.kind === 'unix' ? formatEndpoint(address) : `tcp:${formatEndpoint(address)}`;
}

/** For --keep: what our own parts would have logged. */
function writeLogs(place: Place, fronts: readonly RunningFront[], applications: readonly RunningApplication[]): void {
  for (const [index, front] of fronts.entries()) {
    writeFileSync(place.path(`front-${index}.log`), front.log());
    const lighttpd = front.lighttpdLog();
    if (lighttpd !== undefined) writeFileSync(place.path(`lighttpd-error-${index}.log`), lighttpd);
  }
  for (const [index, application] of applications.entries())
    writeFileSync(place.path(`application-${index}.log`), application.log());
}

/** What the traffic and the host show together, and what the host showed at other moments. */
function concluded(tap: LiveTap, looks: HostLooks | undefined, processes: readonly ProcessLoad[]): Snapshot {
  tap.flush();
  const snapshot = tap.snapshot(tap.now(), { host: looks?.view, processes });
  if (looks === undefined) return snapshot;
  const key = ({ id, scope }: Finding) => `${id} ${scope.endpoint ?? ''}`;
  const known = new Set(snapshot.findings.map(key));
  const others = looks.findings
    .map(({ finding, worst }) => ({ ...finding, severity: worst }))
    .filter((finding) => !known.has(key(finding)));
  return { ...snapshot, findings: inOrder([...snapshot.findings, ...others]) };
}
