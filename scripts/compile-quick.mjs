// Lets the quick program do its main jobs on two fixtures, and keeps what V8 has compiled by then.
import { existsSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import quickProgram from '../bin/quick.js';

const { compiledFile, run, scriptOf } = quickProgram;
const script = scriptOf();
const { quick } = run(script);
const captures = ['time-wait-application-side', 'healthy-kept']
  .map((name) => fileURLToPath(new URL(`../fixtures/${name}/capture.pcap`, import.meta.url)))
  .filter((path) => existsSync(path));
// Each run listens for errors of the output.
process.stdout.setMaxListeners(0);
const jobs = [['--help']];
for (const capture of captures)
  jobs.push([capture, '--format', 'json'], [capture, '--format', 'text'], ['decode', capture]);
for (const words of jobs) await quick([process.execPath, 'fcgi-inspect', ...words]);
writeFileSync(compiledFile, script.createCachedData());
