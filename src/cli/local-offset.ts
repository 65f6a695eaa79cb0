// This machine's zone at a moment, for times of a capture that are shown in local time.

/** Seconds that local time is ahead of UTC at a moment, given in seconds since 1970. */
export function localOffset(epochSeconds: number): number {
  const minutes = new Date(epochSeconds * 1000).getTimezoneOffset();
  // A moment that no date can show has no offset.
  return Number.isNaN(minutes) ? 0 : -minutes * 60;
}
