// Why a connection to the application could not be opened, as numbers for a column: what a tap knows and a capture does
// not always show.

/** The system's names; index 0 is "it could be opened", the last one stands for all others. */
export const CONNECT_ERRORS = [
  '',
  'ECONNREFUSED',
  'EAGAIN',
  'ENOENT',
  'EACCES',
  'ETIMEDOUT',
  'EADDRNOTAVAIL',
  'EMFILE',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ECONNRESET',
  'other',
] as const;

/** The number of a system's error code. */
export function connectErrorNumber(code: string): number {
  const number = (CONNECT_ERRORS as readonly string[]).indexOf(code);
  return number > 0 ? number : CONNECT_ERRORS.length - 1;
}

/** What it means, in a sentence without its full stop; `unix`: the application's address is a path. */
export function connectErrorMeaning(code: string, unix: boolean): string {
  switch (code) {
    case 'ECONNREFUSED':
      return unix ? 'the socket file is there, but nobody listens on it' : 'nobody listens there';
    case 'EAGAIN':
      return 'the accept queue of the socket is full: the application does not take connections fast enough';
    case 'ENOENT':
      return 'there is no such socket file';
    case 'EACCES':
      return 'this user may not connect to the socket file';
    case 'ETIMEDOUT':
      return 'no answer to the SYN: the accept queue is full, or packets are dropped';
    case 'EADDRNOTAVAIL':
      return 'no free local port is left for a connection to that address';
    case 'EMFILE':
      return 'the tap has no file descriptor left (ulimit -n)';
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return 'there is no way to that address';
    case 'ECONNRESET':
      return 'the connection was reset while it was being opened';
    default:
      return 'the connection could not be opened';
  }
}
