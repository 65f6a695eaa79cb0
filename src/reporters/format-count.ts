// Counts and sizes for people: 1,234,567 and 1.23 MB. Reports for programs have raw numbers instead.

const SIZES = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** A whole number with thousands separators; `-` where it is not known (NaN). */
export function formatCount(count: number): string {
  if (!Number.isFinite(count)) return '-';
  const digits = String(Math.abs(Math.round(count)));
  if (digits.includes('e')) return String(count);
  return (count < 0 ? '-' : '') + digits.replace(/\B(?=(?:\d{3})+$)/g, ',');
}

/** A size in three figures, in powers of 1,000: `912 bytes`, `1.25 kB`, `328 MB`. */
export function formatBytes(bytes: number): string {
  if (!Number.isFinite(bytes)) return '-';
  if (Math.abs(bytes) < 1000) return `${Math.round(bytes)} ${Math.round(bytes) === 1 ? 'byte' : 'bytes'}`;
  let value = bytes;
  let size = 0;
  // 999.5 kB is shown as 1 MB, not as 1,000 kB.
  while (Math.abs(value) >= 999.5 && size < SIZES.length - 1) {
    value /= 1000;
    size++;
  }
  return `${threeFigures(value)} ${SIZES[size]}`;
}

/** A number in three significant figures, without zeros at the end of its fraction. */
export function threeFigures(value: number): string {
  const size = Math.abs(value);
  if (size >= 999.5) return formatCount(value);
  const digits = size < 9.995 ? 2 : size < 99.95 ? 1 : 0;
  const text = value.toFixed(digits);
  return digits === 0 ? text : text.replace(/\.?0+$/, '');
}
