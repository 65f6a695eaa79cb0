// The package as a user gets it: packed, installed into an empty folder, run from there.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fixturesFolder, projectRoot } from '../support/paths.js';

describe('npm pack', () => {
  let folder = '';
  let contents: string[] = [];

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'fcgi-inspect-pack-'));
    // --ignore-scripts: the build this test runs from is the one that is packed.
    const packed = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], {
      cwd: projectRoot,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [{ filename, files }] = JSON.parse(packed) as [{ filename: string; files: { path: string }[] }];
    contents = files.map((file) => file.path);
    writeFileSync(join(folder, 'package.json'), '{ "name": "empty", "version": "1.0.0" }');
    // What `npm ci` fetched is in npm's cache.
    execFileSync('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', join(folder, filename)], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  test('holds the program and no tests, fixtures or maps', () => {
    for (const wanted of ['bin/fcgi-inspect.js', 'dist/bundle/cli/main.js', 'README.md', 'LICENSE']) {
      assert.ok(contents.includes(wanted), `${wanted} is missing`);
    }
    assert.deepEqual(
      contents.filter((path) => /^(test|fixtures|dist\/test|src)\/|\.map$|tsbuildinfo/.test(path)),
      [],
    );
  });

  test('runs from an empty folder', () => {
    const bin = join(folder, 'node_modules', '.bin', 'fcgi-inspect');
    const capture = join(fixturesFolder, 'time-wait-application-side', 'capture.pcap');
    assert.ok(existsSync(capture));
    const output = execFileSync(process.execPath, [bin, capture], { cwd: folder, encoding: 'utf8' });
    assert.match(output, /time-wait-application-side/);
    const version = execFileSync(process.execPath, [bin, '--version'], { cwd: folder, encoding: 'utf8' });
    assert.equal(
      version.trim(),
      (JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8')) as { version: string }).version,
    );
  });
});
