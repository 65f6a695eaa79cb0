// Runs a small program for its output: bounded in time and length, in another network namespace where that is asked for.
import { execFile } from 'node:child_process';

const TIMEOUT = 3000;
const LARGEST_OUTPUT = 64 * 1024 * 1024;

export type CommandOutput =
  | { readonly kind: 'output'; readonly text: string }
  /** `missing`: the program is not installed. */
  | { readonly kind: 'missing' | 'failed'; readonly reason: string };

export type RunCommand = (command: string, args: readonly string[]) => Promise<CommandOutput>;

export const runCommand: RunCommand = (command, args) =>
  new Promise((resolve) => {
    execFile(
      command,
      [...args],
      { timeout: TIMEOUT, killSignal: 'SIGKILL', maxBuffer: LARGEST_OUTPUT, encoding: 'latin1' },
      (error, stdout, stderr) => {
        if (!error) {
          resolve({ kind: 'output', text: stdout });
          return;
        }
        const { code, killed } = error as NodeJS.ErrnoException & { killed?: boolean };
        if (code === 'ENOENT') resolve({ kind: 'missing', reason: `${command} is not installed` });
        else {
          const said = stderr.trim().split('\n')[0].slice(0, 200);
          const reason = killed ? `${command} did not end in time` : said || error.message.split('\n')[0];
          resolve({ kind: 'failed', reason });
        }
      },
    );
  });

/** Runs commands in the network namespace of a process; entering one takes root. */
export function inNamespaceOf(pid: number, run: RunCommand): RunCommand {
  return (command, args) => run('nsenter', [`--net=/proc/${pid}/ns/net`, '--', command, ...args]);
}
