// What becomes of an error that nobody handled: a sentence and a hint for what the user asked wrongly, a stack and where
// to report it for anything else.
import { CommanderError } from 'commander';
import { UserError } from '../model/errors.js';
import { EXIT_BUG, EXIT_INPUT, exitWith } from './exit.js';
import { advise, complain } from './output.js';

/** Tells the error and sets the exit code. */
export function failWith(error: unknown): void {
  if (error instanceof CommanderError) {
    if (error.exitCode === 0) return;
    complain(error.message.replace(/^error: /, ''));
    advise('Try: fcgi-inspect --help');
    exitWith(EXIT_INPUT);
  } else if (error instanceof UserError) {
    complain(error.message);
    if (error.hint) advise(error.hint);
    exitWith(EXIT_INPUT);
  } else {
    advise(error instanceof Error ? (error.stack ?? error.message) : String(error));
    complain('this is a bug of fcgi-inspect; please report it with the lines above and what was read');
    exitWith(EXIT_BUG);
  }
}

/** An error of ours while a screen stood: the terminal is given back, the error told, and nothing runs on. */
export function crashed(error: unknown): never {
  failWith(error);
  process.exit();
}
