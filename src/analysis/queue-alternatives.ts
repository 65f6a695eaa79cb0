// The stories in which nobody queues, each as likely as the observed answers make it: scripts that take their time
// independently of each other, a machine that works on everything at once, an application that gets slower and faster,
// and one that stood still for a while.
import { type Answers, median } from './queue-likelihood.js';
import { type Timeline, WAITING } from './queue-timeline.js';

/** Numbers of processors that are tried. */
const PROCESSORS = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64];
/** So many neighbours say how slow the application was at the time. */
const NEIGHBOURS = 6;
/** Relative differences below this are noise. */
const FINEST_RATIO = 2e-4;
const SHORTEST = 1e5;
/** What closes this shortly before the answers go on is why they go on. */
const AT_ONCE = 50e6;

/** The log-likelihood of the best story without a queue. */
export function withoutQueue(times: Timeline, answers: Answers): number {
  return Math.max(
    answers.logLikelihood(latenciesOf(times, answers.indices)),
    sharedProcessors(times, answers),
    driftingSpeed(times, answers),
    pause(times, answers),
  );
}

function latenciesOf(times: Timeline, answered: Uint32Array): Float64Array {
  return Float64Array.from(answered, (i) => times.latency(i));
}

/** All requests share the processors: the work they got is what is independent, not the time it took. */
function sharedProcessors(times: Timeline, answers: Answers): number {
  const answered = answers.indices;
  const steps = stepsOf(times, answered);
  let best = -Infinity;
  for (const processors of PROCESSORS) {
    const begun = new Float64Array(answered.length);
    const work = new Float64Array(answered.length);
    let running = 0;
    let most = 0;
    let done = 0;
    let last = 0;
    let speeds = 0;
    for (const { time, which, ends } of steps) {
      if (running > 0) done += (time - last) * Math.min(1, processors / running);
      last = time;
      if (ends) {
        work[which] = done - begun[which];
        speeds += Math.log(Math.min(1, processors / running--));
      } else {
        begun[which] = done;
        if (++running > most) most = running;
      }
    }
    best = Math.max(best, answers.logLikelihood(work) + speeds);
    if (processors >= most) break;
  }
  return best;
}

interface Step {
  readonly time: number;
  readonly which: number;
  readonly ends: boolean;
}

function stepsOf(times: Timeline, answered: Uint32Array): Step[] {
  const steps: Step[] = [];
  answered.forEach((i, which) => {
    steps.push({ time: times.ready[i], which, ends: false });
    steps.push({ time: Math.max(times.firstByte[i], times.ready[i]), which, ends: true });
  });
  return steps.sort((a, b) => a.time - b.time || Number(a.ends) - Number(b.ends));
}

/** Answers take a multiple of what others of that time took: what is independent is by how much more or less. */
function driftingSpeed(times: Timeline, answers: Answers): number {
  const answered = answers.indices;
  const latencies = latenciesOf(times, answered).map((each) => Math.max(each, SHORTEST));
  const width = median(latencies) / 2;
  const ratios = new Float64Array(answered.length);
  let scales = 0;
  let from = 0;
  let until = 0;
  for (let which = 0; which < answered.length; which++) {
    const arrival = times.arrival[answered[which]];
    while (times.arrival[answered[from]] < arrival - width) from++;
    while (until < answered.length && times.arrival[answered[until]] <= arrival + width) until++;
    let [low, high] = [from, until];
    while (high - low < NEIGHBOURS && (low > 0 || high < answered.length)) {
      if (low > 0) low--;
      if (high < answered.length) high++;
    }
    const step = Math.ceil((high - low) / MOST_NEIGHBOURS);
    const around: number[] = [];
    for (let other = low; other < high; other += step) if (other !== which) around.push(latencies[other]);
    ratios[which] = Math.log(latencies[which] / median(around));
    scales += Math.log(latencies[which]);
  }
  return answers.logLikelihood(ratios, FINEST_RATIO) - scales;
}

/** Looked at of a long neighbourhood. */
const MOST_NEIGHBOURS = 64;

/** Nothing went on for a while, for nobody. Not where an idle connection was closed when it went on: that is a reason. */
function pause(times: Timeline, answers: Answers): number {
  const answered = answers.indices;
  const ends = Float64Array.from(answered, (i) => times.firstByte[i]).sort();
  const arrivals = Float64Array.from(answered, (i) => times.ready[i]).sort();
  let [from, until, most] = [0, 0, 0];
  for (let k = 0, arrived = 0; k < ends.length; k++) {
    while (arrived < arrivals.length && arrivals[arrived] < ends[k]) arrived++;
    const standing = (ends[k] - (k > 0 ? ends[k - 1] : arrivals[0])) * (arrived - k);
    if (standing > most) [from, until, most] = [k > 0 ? ends[k - 1] : arrivals[0], ends[k], standing];
  }
  for (let i = 0; i < times.count; i++) {
    const release = times.release[i];
    if (release <= until && release > until - AT_ONCE && release - times.idleSince[i] > WAITING) return -Infinity;
  }
  return answers.logLikelihood(
    Float64Array.from(answered, (i) => {
      const stood = Math.min(times.firstByte[i], until) - Math.max(times.ready[i], from);
      return times.latency(i) - Math.max(0, stood);
    }),
  );
}
