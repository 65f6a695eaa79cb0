// Runs the compiled command line as a program of its own.
import { spawnSync } from 'node:child_process';

const main = new URL('../../src/cli/main.js', import.meta.url).href;
const script = `import { main } from ${JSON.stringify(main)}; await main(['node', 'fcgi-inspect', ...process.argv.slice(1)]);`;

export interface CommandResult {
  readonly status: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** `input` goes to standard input. */
export function runCommand(args: readonly string[], input?: Uint8Array): CommandResult {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script, '--', ...args], {
    ...(input === undefined ? {} : { input }),
    env: { ...process.env, NODE_ENV: 'production', NO_COLOR: '1', TZ: 'UTC' },
    maxBuffer: 1 << 28,
  });
  return { status, stdout, stderr: stderr.toString() };
}
