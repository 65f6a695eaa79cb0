// `npm run fuzz -- --seed 1 --count 100000`: damaged captures through the whole analysis. Nothing may throw, hang or
// grow. A case is known by its seed; what fails is written to a file.
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { fixturesFolder } from '../support/paths.js';
import { fuzz } from './runner.js';

const HELP = `npm run fuzz -- [options]
  --seed N        seed of the first case (default: from the clock)
  --count N       cases, with seeds counting up (default 10000)
  --corpus DIR    start from the captures in this folder too (repeatable)
  --failures DIR  where failing cases are written (default: fcgi-inspect-fuzz in the folder for temporary files)
  --time-limit MS longest time of one case (default 5000)
  --memory MB     most memory of the process (default 256)
  --target FILE   a module that exports inspectBytes(bytes) (default: the whole analysis)`;

const { values: options } = parseArgs({
  options: {
    seed: { type: 'string' },
    count: { type: 'string', default: '10000' },
    corpus: { type: 'string', multiple: true, default: [] },
    failures: { type: 'string', default: join(tmpdir(), 'fcgi-inspect-fuzz') },
    'time-limit': { type: 'string', default: '5000' },
    memory: { type: 'string', default: '256' },
    target: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (options.help) {
  console.log(HELP);
} else {
  const seed = options.seed === undefined ? Math.floor(Date.now() / 1000) : Number(options.seed);
  const count = Number(options.count);
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
