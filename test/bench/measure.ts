// Runs a program and tells its wall time and its largest resident set. Memory comes from GNU time where it is installed;
// else a Node program tells its own at its end, and the memory of others is read from /proc while they run.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';

export interface Command {
  readonly program: string;
  readonly args: readonly string[];
}

export interface Measurement {
  /** Seconds from start to end of the process. */
  readonly seconds: number;
  /** Bytes; NaN where it could not be learned. */
  readonly memory: number;
  readonly output: string;
}

const GNU_TIME = '/usr/bin/time';
const hasGnuTime =
  existsSync(GNU_TIME) && spawnSync(GNU_TIME, ['-f', '%M', 'true'], { encoding: 'utf8' }).stderr.trim() !== '';
const MARK = 'largest resident set in kilobytes:';
/** On exit the process writes a line to stderr; resourceUsage counts in kilobytes. */
const TELL_MEMORY = `data:text/javascript,${encodeURIComponent(
  `import{writeSync}from'node:fs';process.on('exit',()=>{writeSync(2,'\\n${MARK}'+process.resourceUsage().maxRSS+'\\n')})`,
)}`;

/** What has Node do more at each start, whatever it runs: reading certificates takes longer than reading a small capture. */
const LEFT_OUT = ['NODE_OPTIONS', 'NODE_EXTRA_CA_CERTS'];

/** Those of the environment that programs are measured without. */
export function leftOut(): string[] {
  return LEFT_OUT.filter((name) => process.env[name] !== undefined);
}

function environment(): NodeJS.ProcessEnv {
  return { ...process.env, ...Object.fromEntries(leftOut().map((name) => [name, undefined])) };
}

/** Whether the program is installed. */
export function isInstalled(program: string): boolean {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined;
}

/** Runs the command once. `keepOutput` false throws away what it prints. @throws Error if it fails, with its stderr. */
export async function measure(command: Command, keepOutput: boolean): Promise<Measurement> {
  const isNode = command.program === process.execPath;
  const args = isNode && !hasGnuTime ? ['--import', TELL_MEMORY, ...command.args] : command.args;
  const started = performance.now();
  const [program, ...words] = hasGnuTime
    ? [GNU_TIME, '-f', `${MARK}%M`, command.program, ...args]
    : [command.program, ...args];
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'], env: environment() });
  let output = '';
  let errors = '';
  let peak = Number.NaN;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (keepOutput) output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-10_000);
  });
  const sampling = setInterval(() => {
    if (!hasGnuTime && !isNode && child.pid !== undefined) peak = peakOf(child.pid) ?? peak;
  }, 50);
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  }).finally(() => clearInterval(sampling));
  const seconds = (performance.now() - started) / 1000;
  if (status !== 0)
    throw new Error(`status ${status}: ${/^.*error.*$/im.exec(errors)?.[0] ?? errors.trim().slice(-300)}`);
  const told = errors.lastIndexOf(MARK);
  const memory = told === -1 ? peak : Number.parseInt(errors.slice(told + MARK.length), 10) * 1024;
  return { seconds, memory, output };
}

/** VmHWM of a running process in bytes, on Linux. */
function peakOf(pid: number): number | undefined {
  try {
    const match = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return match ? Number(match[1]) * 1024 : undefined;
  } catch {
    return undefined; // it has ended meanwhile, or this is no Linux
  }
}
