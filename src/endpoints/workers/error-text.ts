// Errors on their way from one process to another: what they are to the user survives.
import { UserError } from '../../model/errors.js';
import { ListenError } from '../server/errors.js';
import type { ErrorText } from './messages.js';

export function errorText(error: unknown): ErrorText {
  if (!(error instanceof Error)) return { isUserError: false, message: String(error) };
  const { message, stack } = error;
  return {
    isUserError: error instanceof UserError,
    message,
    ...(stack === undefined ? {} : { stack }),
    ...(error instanceof UserError && error.hint !== undefined ? { hint: error.hint } : {}),
    ...(error instanceof ListenError ? { listenCode: error.code } : {}),
  };
}

export function errorFrom(text: ErrorText): Error {
  if (text.listenCode !== undefined) return new ListenError(text.listenCode, text.message, text.hint);
  if (text.isUserError) return new UserError(text.message, text.hint);
  const error = new Error(text.message);
  if (text.stack !== undefined) error.stack = text.stack;
  return error;
}
