// The two observed sides, in the FastCGI specification's words. The web server opens the connection, the application
// accepts it; "client" and "server" would be ambiguous here and name only our own endpoints.

/** Side as a number, for columns and hot loops: also the index of a connection's two directions (who sent it). */
export const WEB_SERVER = 0;
export const APPLICATION = 1;
export type Side = typeof WEB_SERVER | typeof APPLICATION;

export type SideName = 'web-server' | 'application';
export const SIDE_NAMES: readonly [SideName, SideName] = ['web-server', 'application'];

export function otherSide(side: Side): Side {
  return side === WEB_SERVER ? APPLICATION : WEB_SERVER;
}

/** Who did something first, as stored in a column: 0 none, 1 web server, 2 application, 3 both at once. */
export const BY_NONE = 0;
export const BY_WEB_SERVER = 1;
export const BY_APPLICATION = 2;
export const BY_BOTH = 3;

/** The column value that says "this side". */
export function bySide(side: Side): number {
  return side + 1;
}
