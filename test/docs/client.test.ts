// The example of docs/client.md, run as it stands there.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { DEFAULT_RULES } from '../../src/endpoints/client/index.js';
import { response } from '../support/fastcgi-messages.js';
import { projectRoot } from '../support/paths.js';
import { withApplication } from '../support/scripted-application.js';

const text = readFileSync(join(projectRoot, 'docs', 'client.md'), 'utf8');

/** The first block of that language. */
function block(language: string): string {
  const found = new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``).exec(text);
  assert.ok(found, `a block of ${language}`);
  return found[1];
}

test('the example prints what the document says', { timeout: 30_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'fcgi-inspect-test-'));
  try {
    const library = new URL('../../src/endpoints/client/index.js', import.meta.url).href;
    const file = join(folder, 'example.mjs');
    writeFileSync(file, block('js').replace("'fcgi-inspect/client'", JSON.stringify(library)));
    await withApplication(
      async (connection) => {
        await connection.requests(1);
        connection.send(response({ headers: { 'Content-Type': 'text/plain' }, body: 'Hello' }));
        await connection.requests(2);
        connection.finish();
      },
      async (application) => {
        const child = spawn(process.execPath, [file, application.address], { stdio: ['ignore', 'pipe', 'pipe'] });
        let printed = '';
        let errors = '';
        child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
          printed += chunk;
        });
        child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
          errors += chunk;
        });
        const status = await new Promise((resolve) => child.on('close', resolve));
        assert.equal(errors, '');
        assert.equal(status, 0);
        assert.equal(printed, block('text'));
      },
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('every rule and every error code is in the document', () => {
  const groups: Readonly<Record<string, object>> = {
    pool: DEFAULT_RULES.pool,
    retry: DEFAULT_RULES.retry,
    connectRetry: DEFAULT_RULES.connectRetry,
    params: DEFAULT_RULES.params,
    body: DEFAULT_RULES.body,
    timeouts: DEFAULT_RULES.timeouts,
  };
  const rows = text.split('\n').filter((line) => line.startsWith('| `'));
  for (const name of Object.keys(DEFAULT_RULES)) {
    const group = groups[name];
    if (!group) {
      if (name !== 'highestRequestId')
        assert.ok(
          rows.some((row) => row.includes(`\`${name}\``)),
          name,
        );
      continue;
    }
    const row = rows.find((line) => line.startsWith(`| \`${name}.`));
    assert.ok(row, `a row for ${name}`);
    for (const key of Object.keys(group)) assert.ok(row.includes(`.${key}\``), `${name}.${key}`);
  }
  const errors = readFileSync(join(projectRoot, 'src', 'endpoints', 'client', 'errors.ts'), 'utf8');
  const codes = [...errors.slice(errors.indexOf('export type ClientErrorCode')).matchAll(/^ {2}\| '([a-z-]+)'/gm)].map(
    ([, code]) => code,
  );
  assert.ok(codes.length > 20);
  for (const code of codes)
    assert.ok(
      rows.some((row) => row.includes(`\`${code}\``)),
      code,
    );
});
