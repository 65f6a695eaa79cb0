// `npm run screens`: writes the golden screens anew; review the difference.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { golden, goldenName, goldensFolder } from './goldens.js';
import { walksAtSizes } from './walks.js';

mkdirSync(goldensFolder, { recursive: true });
const written = new Set<string>();
for (const { walk, size } of walksAtSizes()) {
  const name = goldenName(walk, size);
  writeFileSync(join(goldensFolder, name), await golden(walk, size));
  written.add(name);
}
for (const name of readdirSync(goldensFolder)) if (!written.has(name)) rmSync(join(goldensFolder, name));
console.log(`${written.size} files in ${goldensFolder}`);
