// Exit codes. They are set, not executed: the process ends by itself when its output is written.

export const EXIT_FINDINGS = 1;
export const EXIT_INPUT = 2;
export const EXIT_BUG = 70;
export const EXIT_SIGINT = 130;
export const EXIT_SIGTERM = 143;

/** Sets the exit code; a later, greater one replaces it (unreadable input outweighs findings). */
export function exitWith(code: number): void {
  process.exitCode = Math.max(Number(process.exitCode ?? 0), code);
}
