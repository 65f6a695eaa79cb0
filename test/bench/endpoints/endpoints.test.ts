// The processes of the endpoint benchmark do what they are measured for; nothing is measured here.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { projectRoot } from '../../support/paths.js';
import { cpuOf, memoryOf, output, startServer, stopServer } from './processes.js';

const own = (name: string) => fileURLToPath(new URL(`./${name}.js`, import.meta.url));
const bundle = join(projectRoot, 'dist', 'bundle');

for (const which of ['fcgi-inspect', 'canned']) {
  test(`${which}: every request is answered, on kept connections and on new ones`, async () => {
    const server = await startServer({ program: process.execPath, args: [own('server-process'), which, bundle] });
    try {
      for (const keep of [0, 1]) {
        const said = await output<{ requests: number; failures: number }>(
          [own('generator'), '127.0.0.1', server.port, 3, 100, keep, '/x.php'].map(String),
        );
        assert.ok(said.requests >= 3, JSON.stringify(said));
        assert.equal(said.failures, 0);
      }
      assert.ok(memoryOf(server.child.pid!) > 1e6);
      assert.ok(cpuOf(server.child.pid!) > 0);
    } finally {
      await stopServer(server);
    }
  });
}
