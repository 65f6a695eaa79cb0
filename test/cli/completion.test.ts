// Completion scripts: made from the command line itself, tried in the shells that are installed.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { CHECKS } from '../../src/analysis/checks/index.js';
import { bashCompletion } from '../../src/cli/completion-bash.js';
import { fishCompletion } from '../../src/cli/completion-fish.js';
import { commandLineWords } from '../../src/cli/completion-words.js';
import { zshCompletion } from '../../src/cli/completion-zsh.js';
import { createProgram } from '../../src/cli/main.js';
import { requirePeers } from '../support/paths.js';

const words = commandLineWords(createProgram());
const scripts = { bash: bashCompletion(words), zsh: zshCompletion(words), fish: fishCompletion(words) };

function missing(shell: string): string | false {
  const installed = spawnSync(shell, ['-c', 'true']).status === 0;
  if (installed) return false;
  if (requirePeers) throw new Error(`${shell} is not installed`);
  return `${shell} is not installed`;
}

/** What bash offers for a line whose last word is being typed. */
function offered(line: readonly string[], folder: string): string[] {
  const script = `${scripts.bash}
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _fcgi_inspect
printf '%s\\n' "\${COMPREPLY[@]}"
`;
  const result = spawnSync('bash', ['-c', script, 'bash', ...line], { encoding: 'utf8', cwd: folder });
  assert.equal(result.status, 0, result.stderr);
  assert.equal(result.stderr, '');
  return result.stdout.split('\n').filter((word) => word !== '');
}

test('every command and every long option is in every script', () => {
  for (const [shell, script] of Object.entries(scripts)) {
    for (const { names, options } of words.commands) {
      for (const name of names) assert.ok(script.includes(name), `${shell} ${name}`);
      for (const { long } of options)
        assert.ok(script.includes(shell === 'fish' ? long!.slice(2) : long!), `${shell} ${long}`);
    }
  }
});

test('bash completes commands, options, values and files', { skip: missing('bash') }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'fcgi-inspect-completion-'));
  try {
    writeFileSync(join(folder, 'my capture.pcap'), '');
    writeFileSync(join(folder, 'other.log'), '');
    const offer = (...line: string[]) => offered(['fcgi-inspect', ...line], folder);
    assert.deepEqual(offer('dec'), ['decode']);
    assert.deepEqual(offer('expl'), ['explain']);
    assert.deepEqual(offer('my'), ['my capture.pcap']);
    assert.ok(offer('').includes('decode') && offer('').includes('other.log'));
    assert.deepEqual(offer('--form'), ['--format']);
    assert.deepEqual(offer('--format', 'nd'), ['ndjson']);
    assert.deepEqual(offer('--format', '=', 'j'), ['json']);
    assert.deepEqual(offer('--format', '='), ['tui', 'text', 'json', 'ndjson']);
    assert.deepEqual(offer('-f', 'te'), ['text']);
    assert.deepEqual(offer('capture.pcap', '--fail-on', 'w'), ['warning']);
    assert.deepEqual(offer('-o', 'oth'), ['other.log']);
    assert.deepEqual(offer('--limit', ''), []);
    assert.deepEqual(offer('decode', '--stre'), ['--stream']);
    assert.deepEqual(offer('decode', 'x', '--stream', 'b'), ['body']);
    assert.deepEqual(offer('decode', 'oth'), ['other.log']);
    assert.deepEqual(offer('serve', '--slot', 'r'), ['request']);
    assert.deepEqual(offer('serve', '--root', 'oth'), ['other.log']);
    assert.deepEqual(offer('request', 'x', '--as', 'hap'), ['haproxy', 'haproxy-multiplexing']);
    assert.deepEqual(offer('bench', 'x', '--format', 'j'), ['json']);
    assert.deepEqual(offer('status', 'x', '--max'), ['--max-children']);
    assert.deepEqual(
      offer('explain', ''),
      CHECKS.map(({ id }) => id),
    );
    assert.deepEqual(offer('completion', 'z'), ['zsh']);
    // Only decode has it.
    assert.deepEqual(offer('inspect', '--stre'), []);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('bash knows the completion after sourcing the script', { skip: missing('bash') }, () => {
  const result = spawnSync('bash', ['-c', `${scripts.bash}\ncomplete -p fcgi-inspect`], { encoding: 'utf8' });
  assert.equal(result.stdout, 'complete -F _fcgi_inspect fcgi-inspect\n');
});

for (const shell of ['zsh', 'fish'] as const) {
  test(`${shell} can read its script`, { skip: missing(shell) }, () => {
    const result = spawnSync(shell, ['-n', '-c', scripts[shell]], { encoding: 'utf8' });
    assert.equal(result.status, 0, result.stderr);
  });
}
