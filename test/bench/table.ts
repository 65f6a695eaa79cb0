// The benchmark's results as a table of text.
import type { Row } from './targets.js';

export function table(rows: readonly Row[]): string {
  const head = ['work', 'fcgi-inspect', 'measured', 'at least', 'reached', 'aim', 'reached'];
  const lines = rows.map((row) => [
    row.workload,
    row.what,
    amount(row.value, row.unit),
    limit(row, row.atLeast),
    verdict(row.reached, 'NO'),
    limit(row, row.aim),
    verdict(row.aimReached, 'no'),
  ]);
  const widths = head.map((title, column) => Math.max(title.length, ...lines.map((line) => line[column].length)));
  return [head, ...lines]
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function limit(row: Row, value: number | null): string {
  if (value === null) return '-';
  return `${row.better === 'more' ? '' : '<= '}${amount(value, row.unit)}`;
}

function verdict(reached: boolean | null, no: string): string {
  return reached === null ? '-' : reached ? 'yes' : no;
}

function amount(value: number, unit: string): string {
  if (Number.isNaN(value)) return 'unknown';
  return unit === 'x' ? `${value.toFixed(value < 10 ? 2 : 1)}x` : `${value.toFixed(0)} ${unit}`;
}
