// `npm run docs:screens`: writes docs/screens anew. Needs FCGI_INSPECT_SHARED with the captures; review the difference.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectRoot, sharedRoot } from '../support/paths.js';
import { WALK_DOCUMENTS, walkDocument } from './walk-documents.js';

if (sharedRoot === undefined) throw new Error('FCGI_INSPECT_SHARED must name a folder with captures/');
const folder = join(projectRoot, 'docs', 'screens');
mkdirSync(folder, { recursive: true });
for (const walk of WALK_DOCUMENTS) {
  writeFileSync(join(folder, walk.file), await walkDocument(walk, sharedRoot));
  console.log(`docs/screens/${walk.file}`);
}
