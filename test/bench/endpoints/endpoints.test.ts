// The processes of the endpoint benchmark do what they are measured for; nothing is measured here.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { projectRoot } from '../../support/paths.js';
import { loadFromC, loadFromNode } from './load.js';
import { cpuOf, memoryOf, startServer, stopServer } from './processes.js';

const own = (name: string) => fileURLToPath(new URL(`./${name}.js`, import.meta.url));
const bundle = join(projectRoot, 'dist', 'bundle');

for (const which of ['fcgi-inspect', 'canned']) {
  test(`${which}: every request is answered, on kept connections and on new ones`, async () => {
    const server = await startServer({ program: process.execPath, args: [own('server-process'), which, bundle] });
    const folder = mkdtempSync(join(tmpdir(), 'fcgi-inspect-load-'));
    try {
      const fast = await loadFromC(folder);
      const loads = [loadFromNode(false), loadFromNode(true), ...(fast ? [fast] : [])];
      for (const load of loads) {
        const said = await load(server, 3, 100);
        assert.ok(said.requests >= 3, JSON.stringify(said));
        assert.equal(said.failures, 0);
      }
      assert.ok(memoryOf(server.child.pid!) > 1e6);
      assert.ok(cpuOf(server.child.pid!) > 0);
    } finally {
      await stopServer(server);
      rmSync(folder, { recursive: true, force: true });
    }
  });
}
