// Programs started by the helper's shell: their words as given, their output to the byte, their end whatever it is.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { CommandHelper } from '../../src/sources/command-helper.js';
import { runCommand } from '../../src/sources/host-command.js';
import { projectRoot } from '../support/paths.js';

const helper = new CommandHelper({ time: 5000, output: 1 << 20 });

/** Command lines of the processes that run. */
function commandLines(): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return [readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ')];
      } catch {
        return [];
      }
    });
}

describe('the command helper', () => {
  test('gives what is printed, to the byte', async () => {
    assert.deepEqual(await helper.run('printf', ['one\\ntwo']), { status: 0, output: 'one\ntwo', errors: '' });
    assert.deepEqual(await helper.run('printf', ['\\377\\036 0\\n\\n']), {
      status: 0,
      output: '\xff\x1e 0\n\n',
      errors: '',
    });
    assert.deepEqual(await helper.run('true', []), { status: 0, output: '', errors: '' });
  });

  test('gives words as they are, whatever is in them', async () => {
    const word = fc.string().filter((text) => !/[\n\0]/.test(text));
    await fc.assert(
      fc.asyncProperty(fc.array(word, { maxLength: 4 }), async (words) => {
        const { output } = await helper.run('printf', ['%s;', 'begin', ...words]);
        assert.equal(Buffer.from(output, 'latin1').toString(), ['begin', ...words].map((each) => `${each};`).join(''));
      }),
      { numRuns: 200 },
    );
    assert.equal(
      (await helper.run('echo', ["'; exit 3; echo '$(exit 4)`exit 5`*"])).output,
      "'; exit 3; echo '$(exit 4)`exit 5`*\n",
    );
  });

  test('runs one after the other, each with its own output', async () => {
    const ends = await Promise.all(
      Array.from({ length: 20 }, (_, i) => helper.run('sh', ['-c', `echo ${i}; echo e${i} >&2; exit ${i}`])),
    );
    assert.deepEqual(
      ends,
      Array.from({ length: 20 }, (_, i) => ({ status: i, output: `${i}\n`, errors: `e${i}\n` })),
    );
  });

  test('gives up what takes too long or prints too much, and goes on', async () => {
    const short = new CommandHelper({ time: 300, output: 10_000 });
    const word = '86399.123';
    const late = short.run('sleep', [word]);
    const next = short.run('echo', ['next']);
    assert.deepEqual(await late, { status: undefined, output: '', errors: '', reason: 'did not end in time' });
    assert.equal((await next).output, 'next\n');
    const much = await short.run('sh', ['-c', 'while :; do echo yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy; done']);
    assert.equal(much.reason, 'printed too much');
    assert.equal((await short.run('echo', ['next'])).output, 'next\n');
    assert.deepEqual(
      commandLines().filter((line) => line.includes(word)),
      [],
    );
  });

  test('does not keep a process alive, and ends with it', () => {
    const code = `const { runCommand } = await import('${pathToFileURL(join(projectRoot, 'dist', 'src', 'sources', 'host-command.js')).href}');
      console.log((await runCommand('sh', ['-c', 'echo $PPID'])).text);`;
    const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
      encoding: 'utf8',
      timeout: 20_000,
    });
    assert.equal(status, 0);
    const shell = stdout.trim();
    assert.match(shell, /^\d+$/);
    for (let tries = 0; readdirSync('/proc').includes(shell); tries++) {
      assert.ok(tries < 100, 'the shell is still there');
      spawnSync('sleep', ['0.05']);
    }
  });
});

test('programs that are missing or fail are told', async () => {
  assert.deepEqual(await runCommand('no-such-program-here', []), {
    kind: 'missing',
    reason: 'no-such-program-here is not installed',
  });
  assert.deepEqual(await runCommand('sh', ['-c', 'echo broken >&2; exit 1']), { kind: 'failed', reason: 'broken' });
  assert.deepEqual(await runCommand('false', []), { kind: 'failed', reason: 'false ended with status 1' });
  assert.deepEqual(await runCommand('echo', ['fine']), { kind: 'output', text: 'fine\n' });
});
