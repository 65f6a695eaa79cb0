// Something the user asked wrongly: told in one sentence with a hint, without a stack, exit code 2.

export class UserError extends Error {
  /** What to try instead, if there is something. */
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.name = 'UserError';
    this.hint = hint;
  }
}
