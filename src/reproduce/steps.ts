// Plays the steps of a scenario: each begins at its time, or after the step that it waits for.
import type { EndpointAddress } from '../model/endpoint-address.js';
import type { RequestStep, Step } from '../scenarios/play.js';
import { holdConnections } from './held-connections.js';
import type { RunningApplication, RunningFront } from './parts.js';
import { pause } from './pause.js';

export interface Cast {
  readonly fronts: readonly RunningFront[];
  readonly applications: readonly RunningApplication[];
  /** The tap. */
  readonly target: EndpointAddress;
}

/** How often each outcome of a request was seen. */
export type Outcomes = Map<string, number>;

/** Resolves when all steps are over, or the signal came. */
export async function playSteps(steps: readonly Step[], cast: Cast, signal: AbortSignal): Promise<Outcomes> {
  const outcomes: Outcomes = new Map();
  const tell = (outcome: string) => outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  const named = new Map<string, Promise<void>>();
  const all = steps.map((step) => {
    const before = step.after === undefined ? Promise.resolve() : named.get(step.after);
    if (before === undefined) throw new Error(`no step before has the name ${step.after}`);
    const over = before
      .then(() => pause(step.at, signal))
      .then(() => (signal.aborted ? undefined : playStep(step, cast, tell, signal)));
    if (step.name !== undefined) named.set(step.name, over);
    return over;
  });
  await Promise.all(all);
  return outcomes;
}

async function playStep(step: Step, cast: Cast, tell: (outcome: string) => void, signal: AbortSignal): Promise<void> {
  switch (step.kind) {
    case 'requests':
      await sendRequests(step, cast.fronts[step.front ?? 0], tell, signal);
      break;
    case 'hold':
      for (const outcome of await holdConnections(step, cast.target, signal)) tell(outcome);
      break;
    case 'kill':
      await cast.applications[0].kill(step.workers);
      break;
    case 'gone':
      await cast.applications[0].vanish();
      if (step.again === undefined) break;
      await pause(step.again, signal);
      if (!signal.aborted) await cast.applications[0].restart();
      break;
    case 'wait':
      await pause(step.lasting, signal);
      break;
  }
}

async function sendRequests(
  step: RequestStep,
  front: RunningFront,
  tell: (outcome: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const { count, every, atOnce = 1, think = 0 } = step;
  const one = async (index: number) => tell(await front.request(step, index, signal));
  if (every !== undefined) {
    const begun = performance.now();
    const sent: Promise<void>[] = [];
    for (let index = 0; index < count && !signal.aborted; index++) {
      await pause(begun + index * every - performance.now(), signal);
      sent.push(one(index));
    }
    await Promise.all(sent);
    return;
  }
  let next = 0;
  const place = async () => {
    while (next < count && !signal.aborted) {
      await one(next++);
      if (think > 0) await pause(think, signal);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, place));
}
