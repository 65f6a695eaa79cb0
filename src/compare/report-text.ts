// The text of a JSON report as a document: `--format json` is one, `--format ndjson` has its pieces line by line.

/** Whether text that begins with these bytes may be JSON. */
export function looksLikeJson(sample: Uint8Array): boolean {
  let at = 0;
  // A byte order mark, as some shells write one, and white space.
  if (sample[0] === 0xef && sample[1] === 0xbb && sample[2] === 0xbf) at = 3;
  while (at < sample.length && (sample[at] === 0x20 || (sample[at] >= 0x09 && sample[at] <= 0x0d))) at++;
  return sample[at] === 0x7b;
}

/** Kinds of lines that are lists in the document, by the name of the list. */
const LISTS: Readonly<Record<string, string>> = {
  connection: 'connections',
  request: 'requests',
  backend: 'backends',
  process: 'processes',
  finding: 'findings',
};

/**
 * The document in the text. Of lines, kinds that a report has none of (a live source's events) are left out.
 * @throws SyntaxError when it is neither one JSON value nor lines of them
 */
export function parseReportText(text: string): unknown {
  const plain = text.startsWith('\ufeff') ? text.slice(1) : text;
  const end = plain.indexOf('\n');
  // Of a report that is indented the first line is a brace.
  const isLines = end > 0 && plain.slice(0, end).trimEnd().endsWith('}') && plain.slice(end).trim() !== '';
  if (!isLines) return JSON.parse(plain);
  const lists = new Map<string, unknown[]>(Object.values(LISTS).map((name) => [name, []]));
  let input: unknown;
  let summary: unknown;
  for (const line of plain.split('\n')) {
    if (line.trim() === '') continue;
    const value = JSON.parse(line) as Readonly<Record<string, unknown>> | null;
    const kind = String(value?.kind);
    if (kind === 'input') input = value;
    else if (kind === 'summary') summary = value;
    // What a live source told while it ran has a state; its last findings stand at the end.
    else if (kind === 'finding' && value?.state !== undefined) continue;
    else if (Object.hasOwn(LISTS, kind)) lists.get(LISTS[kind])!.push(value);
  }
  const schema = (input as Readonly<Record<string, unknown>> | undefined)?.schema;
  return { schema, input, summary, ...Object.fromEntries(lists) };
}
