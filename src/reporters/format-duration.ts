// Durations for people: 412 µs, 9.8 ms, 1.25 s, 2 min 3 s.
import { formatCount, threeFigures } from './format-count.js';

/** A duration in nanoseconds, in the unit that suits it; `-` where it is not known (NaN). `ascii` writes us for µs. */
export function formatDuration(nanoseconds: number, ascii = false): string {
  if (!Number.isFinite(nanoseconds)) return '-';
  if (nanoseconds < 0) return `-${formatDuration(-nanoseconds, ascii)}`;
  if (nanoseconds < 999.5) return `${Math.round(nanoseconds)} ns`;
  if (nanoseconds < 999.5e3) return `${threeFigures(nanoseconds / 1e3)} ${ascii ? 'us' : 'µs'}`;
  if (nanoseconds < 999.5e6) return `${threeFigures(nanoseconds / 1e6)} ms`;
  if (nanoseconds < 59.95e9) return `${threeFigures(nanoseconds / 1e9)} s`;
  const seconds = Math.round(nanoseconds / 1e9);
  if (seconds < 3600) return twoUnits(seconds, 60, 'min', 's');
  const minutes = Math.round(seconds / 60);
  if (minutes < 24 * 60) return twoUnits(minutes, 60, 'h', 'min');
  return twoUnits(Math.round(minutes / 60), 24, 'd', 'h');
}

function twoUnits(small: number, size: number, bigName: string, smallName: string): string {
  const rest = small % size;
  const big = `${formatCount(Math.floor(small / size))} ${bigName}`;
  return rest === 0 ? big : `${big} ${rest} ${smallName}`;
}
