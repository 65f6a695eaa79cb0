// The fields of the filter language as a table for the documentation, made from the list itself.
import { FIELDS, type Field } from './fields.js';

const ROWS: Readonly<Record<Field['of'], string>> = {
  connection: 'connections',
  request: 'requests',
  both: 'both',
};

/** A Markdown table of all fields, ending with a line break. */
export function fieldsTable(): string {
  const lines = ['| field | of | kind | meaning | values | also |', '| --- | --- | --- | --- | --- | --- |'];
  for (const field of FIELDS as readonly Field[]) {
    const cells = [
      code(field.name),
      ROWS[field.of],
      field.kind,
      field.description,
      (field.values ?? []).map(code).join(' '),
      (field.aliases ?? []).map(code).join(' '),
    ];
    lines.push(`| ${cells.join(' | ')} |`);
  }
  return `${lines.join('\n')}\n`;
}

function code(text: string): string {
  return `\`${text}\``;
}
