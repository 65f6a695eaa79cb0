// Exit codes and hints of the commands that talk to an application, made from what went wrong. The numbers are curl's
// where curl has one for it.
import type { ClientError, Phase } from '../endpoints/client/errors.js';

/** No connection could be made. */
export const EXIT_CONNECT = 7;
/** It took too long. */
export const EXIT_TIMEOUT = 28;
/** The answer broke off, or is no proper one. */
export const EXIT_ANSWER = 56;

const PHASES: Readonly<Record<Phase, string>> = {
  waiting: 'while waiting for a connection',
  connecting: 'while connecting',
  'before-answer': 'before a byte was answered',
  'in-head': 'inside the response head',
  'in-body': 'inside the body',
  'after-stdout': 'after STDOUT, before END_REQUEST',
  ended: 'after END_REQUEST',
};

/** `closed before a byte was answered: the application closed the connection`. */
export function errorSentence(error: ClientError): string {
  const missing = error.missing > 0 ? `; ${error.missing} bytes of a record are missing` : '';
  const tries = error.attempts > 1 ? `, tried ${error.attempts} times` : '';
  return `${error.code} ${PHASES[error.phase]}${tries}: ${error.message}${missing}`;
}

export function exitCodeOf({ code }: ClientError): number {
  switch (code) {
    case 'connect-failed':
    case 'queue-full':
      return EXIT_CONNECT;
    case 'connect-timeout':
    case 'queue-timeout':
    case 'first-byte-timeout':
    case 'idle-timeout':
    case 'total-timeout':
      return EXIT_TIMEOUT;
    default:
      return EXIT_ANSWER;
  }
}

/** What to look at next, if there is something. */
export function errorHint({ code, phase }: ClientError): string | undefined {
  switch (code) {
    case 'not-fastcgi':
      return 'Something else than FastCGI is spoken there: an HTTP port, or SCGI (--scgi).';
    case 'first-byte-timeout':
    case 'idle-timeout':
    case 'total-timeout':
      return phase === 'before-answer'
        ? 'The connection was made and nothing came: all workers are busy, and it waits in the accept queue (ss -ltn, ss -lx).'
        : undefined;
    case 'closed':
    case 'reset':
      return phase === 'before-answer'
        ? 'The application closed without a word: look into its log, at listen.allowed_clients and FCGI_WEB_SERVER_ADDRS, and whether it speaks SCGI.'
        : undefined;
    case 'cant-multiplex':
      return 'The application takes one request at a time on a connection.';
    case 'overloaded':
      return 'The application refuses more requests than it can serve.';
    case 'unknown-role':
      return 'The application does not serve this role.';
    default:
      return undefined;
  }
}
