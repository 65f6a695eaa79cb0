// `npm run soak`: a day's worth of requests through a tap, and its memory. Says how many passed, whether every answer was
// the application's, and whether the memory stays flat; exit code 1 where one of them does not hold.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { openDescriptors, residentMemory, startTappedLoad } from './tapped-load.js';

const HELP = `npm run soak -- [options]
  --requests N      how many requests (default 10000000)
  --minutes N       ends after so many minutes, however many there were
  --connections N   open at a time (default 32)
  --each N          requests on a connection before another takes its place (default 500; 0: none is opened anew)
  --output FILE     figures as JSON (default soak-results.json)
  anything after -- goes to the tap`;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    requests: { type: 'string', default: '10000000' },
    minutes: { type: 'string', default: '240' },
    connections: { type: 'string', default: '32' },
    each: { type: 'string', default: '500' },
    output: { type: 'string', default: 'soak-results.json' },
    help: { type: 'boolean', default: false },
  },
});

/** The tables fill and code is compiled first: memory is compared from this part of the run on. */
const WARM = 0.3;
/** Growth that is noise of the collector. */
const FLAT = 1.1;

interface Sample {
  readonly seconds: number;
  readonly requests: number;
  /** Bytes. */
  readonly memory: number;
}

async function soak(): Promise<void> {
  const run = await startTappedLoad({
    connections: Number(options.connections),
    requests: Number(options.requests),
    each: Number(options.each),
    tap: positionals,
  });
  const began = performance.now();
  const samples: Sample[] = [];
  let bad = 0;
  let connections = 0;
  let descriptors = 0;
  let requests = 0;
  let told = 0;
  try {
    for await (const progress of run.progress()) {
      const seconds = (performance.now() - began) / 1000;
      ({ bad, connections, requests } = progress);
      const memory = residentMemory(run.tap.pid);
      if (!progress.done && !Number.isNaN(memory)) {
        samples.push({ seconds, requests, memory });
        descriptors = openDescriptors(run.tap.pid);
      }
      if (seconds - told >= 10) {
        told = seconds;
        process.stderr.write(
          `${seconds.toFixed(0)} s: ${requests} requests, ${connections} connections, ${megabytes(memory)}\n`,
        );
      }
      if (seconds > Number(options.minutes) * 60) break;
    }
    run.load.kill();
    const report = JSON.parse(await run.report()) as Report;
    conclude({ samples, bad, requests, connections, descriptors, report });
  } finally {
    run.close();
  }
}

interface Report {
  readonly summary: { readonly requests: number; readonly unfinished: number };
  readonly tap: { readonly lost: number; readonly failure: string | null; readonly connections: number };
}

interface Outcome {
  readonly samples: readonly Sample[];
  readonly bad: number;
  readonly requests: number;
  readonly connections: number;
  readonly descriptors: number;
  readonly report: Report;
}

function conclude({ samples, bad, requests, connections, descriptors, report }: Outcome): void {
  const warm = samples.slice(Math.floor(samples.length * WARM));
  // Thirds of what is left, the peak of each: a collector makes saw teeth.
  const third = Math.max(1, Math.floor(warm.length / 3));
  const peaks = [0, 1, 2].map((index) =>
    Math.max(...warm.slice(index * third, (index + 1) * third).map(({ memory }) => memory)),
  );
  const growth = peaks[2] / peaks[0];
  const seconds = samples.at(-1)?.seconds ?? 0;
  const figures = {
    requests,
    connections,
    seconds,
    requestsPerSecond: requests / seconds,
    bad,
    descriptors,
    peaks,
    growth,
    flat: growth <= FLAT,
    counted: report.summary.requests,
    lost: report.tap.lost,
    failure: report.tap.failure,
  };
  process.stdout.write(
    `${requests} requests on ${connections} connections in ${seconds.toFixed(0)} s (${Math.round(figures.requestsPerSecond)} a second)\n` +
      `answers that were not the application's: ${bad}\n` +
      `requests in the tap's report: ${figures.counted}, events lost to it: ${figures.lost}\n` +
      `memory after warming up, peaks of three thirds: ${peaks.map(megabytes).join(', ')} (x ${growth.toFixed(3)}, ${figures.flat ? 'flat' : 'NOT FLAT'})\n` +
      `descriptors at the end: ${descriptors}\n`,
  );
  writeFileSync(options.output, `${JSON.stringify({ ...figures, samples }, undefined, 2)}\n`);
  if (bad > 0 || !figures.flat || figures.failure !== null) process.exitCode = 1;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

if (options.help) process.stdout.write(`${HELP}\n`);
else await soak();
