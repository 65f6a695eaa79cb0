// `npm run fuzz -- --seed 1 --count 100000`: damaged captures through the whole analysis. Nothing may throw, hang or
// grow. A case is known by its seed; what fails is written to a file. `--mode server` sends damaged records to the
// server instead.
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { fixturesFolder } from '../support/paths.js';
import { fuzz } from './runner.js';
import { fuzzServer } from './server-fuzz.js';

const HELP = `npm run fuzz -- [options]
  --mode MODE     captures (default), or server: damaged records to the FastCGI server
  --seed N        seed of the first case (default: from the clock)
  --count N       cases, with seeds counting up (default 10000); with server: damaged records (default 1000000)
  --corpus DIR    start from the captures in this folder too (repeatable)
  --failures DIR  where failing cases are written (default: fcgi-inspect-fuzz in the folder for temporary files)
  --time-limit MS longest time of one case (default 5000)
  --memory MB     most memory of the process (default 256)
  --target FILE   a module that exports inspectBytes(bytes) (default: the whole analysis)`;

const { values: options } = parseArgs({
  options: {
    mode: { type: 'string', default: 'captures' },
    seed: { type: 'string' },
    count: { type: 'string' },
    corpus: { type: 'string', multiple: true, default: [] },
    failures: { type: 'string', default: join(tmpdir(), 'fcgi-inspect-fuzz') },
    'time-limit': { type: 'string', default: '5000' },
    memory: { type: 'string', default: '256' },
    target: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const seed = options.seed === undefined ? Math.floor(Date.now() / 1000) : Number(options.seed);

if (options.help) {
  console.log(HELP);
} else if (options.mode === 'server') {
  const mutated = Number(options.count ?? 1_000_000);
  console.log(`seed ${seed}, ${mutated} damaged records`);
  let told = Date.now();
  const result = await fuzzServer({
    seed,
    mutated,
    onProgress: (done) => {
      if (Date.now() - told < 5000) return;
      told = Date.now();
      process.stderr.write(`${done} damaged records\n`);
    },
  });
  for (const failure of result.failures) console.log(`FAILED seed ${failure.seed}: ${failure.reason}`);
  console.log(
    `${result.mutated} damaged records among ${result.records} in ${result.cases} connections (${result.realCases} over ` +
      `real sockets) from seed ${seed} in ${result.seconds.toFixed(1)} s; ${result.requests} requests had handlers, ` +
      `${result.goodAnswers} good requests were answered; heap ${(result.growth / 1e6).toFixed(1)} MB larger; ` +
      `${result.failures.length} failures`,
  );
  for (const [code, times] of Object.entries(result.problems).sort(([, a], [, b]) => b - a))
    console.log(`  ${String(times).padStart(8)} ${code}`);
  if (result.failures.length > 0) process.exitCode = 1;
} else {
  const count = Number(options.count ?? 10_000);
  console.log(`seed ${seed}, ${count} cases`);
  let told = Date.now();
  const result = await fuzz({
    seed,
    count,
    target: (options.target === undefined
      ? new URL('./target.js', import.meta.url)
      : pathToFileURL(resolve(options.target))
    ).href,
    folders: [fixturesFolder, ...options.corpus],
    failures: options.failures,
    timeLimit: Number(options['time-limit']),
    memoryLimit: Number(options.memory) * 1e6,
    onProgress: (done) => {
      if (Date.now() - told < 5000) return;
      told = Date.now();
      process.stderr.write(`${done} cases\n`);
    },
  });
  for (const failure of result.failures)
    console.log(`FAILED seed ${failure.seed} (${failure.file}): ${failure.reason}`);
  const { cases, seconds, memory, slowest, failures } = result;
  console.log(
    `${cases} cases from seed ${seed} in ${seconds.toFixed(1)} s (${(cases / seconds).toFixed(0)}/s), ` +
      `slowest ${slowest.milliseconds.toFixed(0)} ms (seed ${slowest.seed}), ` +
      `largest memory ${(memory / 1e6).toFixed(0)} MB, ${failures.length} failures`,
  );
  if (failures.length > 0) process.exitCode = 1;
}
