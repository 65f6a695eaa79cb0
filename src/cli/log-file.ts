// --log-file of live commands: what is said, and findings as they come and go, each as a line with its time. A log that
// cannot be written ends by itself; the command goes on.
import { appendFileSync } from 'node:fs';
import type { Finding } from '../analysis/finding.js';
import { UserError } from '../model/errors.js';
import { redactText } from '../reporters/redact.js';
import { safeText } from '../reporters/safe-text.js';
import { wallTime } from '../sources/clock.js';
import { complain } from './output.js';

export class LogFile {
  private failed = false;

  /** @throws UserError if the file cannot be written */
  constructor(private readonly path: string | undefined) {
    if (path === undefined) return;
    try {
      appendFileSync(path, '', { mode: 0o600 });
    } catch (error) {
      throw new UserError(`cannot write ${path}: ${(error as Error).message}`);
    }
  }

  say(text: string): void {
    if (this.path === undefined || this.failed) return;
    const time = new Date(wallTime()).toISOString();
    try {
      for (const line of text.split('\n')) appendFileSync(this.path, `${time} ${safeText(line)}\n`);
    } catch (error) {
      this.failed = true;
      complain(`cannot write ${this.path}: ${(error as Error).message}`);
    }
  }

  /** `what`: appeared, changed, cleared. */
  finding(what: string, { id, severity, title }: Finding): void {
    this.say(`finding ${what}: ${severity} ${id}: ${redactText(title)}`);
  }
}
