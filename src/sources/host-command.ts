// Runs a small program for its output: bounded in time and length, in another network namespace where that is asked for.
import { CommandHelper } from './command-helper.js';

const TIMEOUT = 3000;
const LARGEST_OUTPUT = 64 * 1024 * 1024;
/** The shell's exit status for a program that it does not find. */
const NOT_FOUND = 127;

export type CommandOutput =
  | { readonly kind: 'output'; readonly text: string }
  /** `missing`: the program is not installed. */
  | { readonly kind: 'missing' | 'failed'; readonly reason: string };

export type RunCommand = (command: string, args: readonly string[]) => Promise<CommandOutput>;

const helper = new CommandHelper({ time: TIMEOUT, output: LARGEST_OUTPUT });

export const runCommand: RunCommand = async (command, args) => {
  const { status, output, errors, reason } = await helper.run(command, args);
  if (status === 0) return { kind: 'output', text: output };
  if (status === NOT_FOUND) return { kind: 'missing', reason: `${command} is not installed` };
  const said = errors.trim().split('\n')[0].slice(0, 200);
  if (reason !== undefined) return { kind: 'failed', reason: `${command} ${reason}` };
  return { kind: 'failed', reason: said || `${command} ended with status ${status}` };
};

/** Runs commands in the network namespace of a process; entering one takes root. */
export function inNamespaceOf(pid: number, run: RunCommand): RunCommand {
  return (command, args) => run('nsenter', [`--net=/proc/${pid}/ns/net`, '--', command, ...args]);
}
