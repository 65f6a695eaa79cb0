// The README's first command and its output are real.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { projectRoot } from '../support/paths.js';

const readme = readFileSync(join(projectRoot, 'README.md'), 'utf8');

test('the output shown is what the first command prints', () => {
  const command = /^npm ci && node (bin\/fcgi-inspect\.js) (\S+)$/m.exec(readme);
  assert.ok(command, 'the first command is not where it was');
  const shown = /## What it says\n\n```text\n([\s\S]*?)\n\.\.\.\n```/.exec(readme);
  assert.ok(shown, 'the output is not where it was');
  const printed = execFileSync(process.execPath, [join(projectRoot, command[1]), command[2]], {
    cwd: projectRoot,
    encoding: 'utf8',
  });
  assert.ok(shown[1].split('\n').length > 20);
  assert.equal(printed.slice(0, shown[1].length), shown[1]);
});

test('what it links to is there', () => {
  const links = [...readme.matchAll(/\]\(([^)#]+)\)/g)]
    .map((match) => match[1])
    .filter((link) => !link.startsWith('http'));
  assert.ok(links.length > 4);
  assert.deepEqual(
    links.filter((link) => !existsSync(join(projectRoot, link))),
    [],
  );
});
