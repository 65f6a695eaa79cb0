// This machine's time zone, for logs whose times name none.

/** Seconds that local time is ahead of UTC at a civil time, given as seconds since 1970 as though it were UTC. */
export function localZone(civilSeconds: number): number {
  const guess = -new Date(civilSeconds * 1000).getTimezoneOffset() * 60;
  // Once more at the moment the guess gives, for times near a change of the offset.
  return -new Date((civilSeconds - guess) * 1000).getTimezoneOffset() * 60;
}
