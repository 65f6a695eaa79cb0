// `npm run docs`: writes the generated parts of docs/*.md anew.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot } from '../support/paths.js';
import { withParts } from './generate.js';

const folder = join(projectRoot, 'docs');
for (const name of readdirSync(folder).filter((file) => file.endsWith('.md'))) {
  const path = join(folder, name);
  const before = readFileSync(path, 'utf8');
  const after = withParts(before);
  if (after === before) continue;
  writeFileSync(path, after);
  console.log(`docs/${name} rewritten`);
}
