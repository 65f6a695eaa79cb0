// On a real terminal: whichever way the screen ends, the terminal is as it was before.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { fixturesFolder, projectRoot } from '../support/paths.js';
import { TmuxTerminal, tmuxMissing } from './tmux.js';

const capture = join(fixturesFolder, 'workers-exhausted', 'capture.pcap');
const crash = join(projectRoot, 'dist', 'test', 'tui', 'throw-later.js');
const skip = tmuxMissing() ? 'tmux is not installed (apt-get install tmux)' : false;
/** Everything has been read, and the first finding is selected. */
const FINDINGS = /▌ERROR/;

/** Runs with a terminal that is gone afterwards. */
async function onTerminal(work: (terminal: TmuxTerminal) => Promise<void>, columns = 100, rows = 30): Promise<void> {
  const terminal = new TmuxTerminal(columns, rows);
  try {
    await terminal.until(/shell\$/);
    await work(terminal);
  } finally {
    terminal.close();
  }
}

/** Starts the screen, and after `leave` everything must be as before. */
async function leavesNothing(
  leave: (terminal: TmuxTerminal) => void | Promise<void>,
  code: number,
  command = `$NODE $BIN ${capture}`,
): Promise<void> {
  await onTerminal(async (terminal) => {
    const before = await terminal.modes();
    assert.deepEqual([before.alternate, before.cursor, before.wrap], [false, true, true]);
    terminal.line(command);
    await terminal.until(FINDINGS);
    assert.deepEqual(terminal.flags(), { alternate: true, cursor: false, wrap: false });
    await leave(terminal);
    await terminal.until(/mark-1-is-here[\s\S]*shell\$\s*$/);
    assert.equal(await terminal.exitCode(), code);
    assert.deepEqual(await terminal.modes(), before);
  });
}

describe('the terminal is given back', { skip, concurrency: 2 }, () => {
  test('on q', () => leavesNothing((terminal) => terminal.press('q'), 0));
  test('on Ctrl-C', () => leavesNothing((terminal) => terminal.press('C-c'), 0));
  for (const [signal, code] of [
    ['SIGTERM', 143],
    ['SIGHUP', 129],
    ['SIGINT', 130],
    ['SIGQUIT', 131],
  ] as const) {
    test(`on ${signal}`, () => leavesNothing((terminal) => void process.kill(terminal.foreground()!, signal), code));
  }

  test('on an exception, which is told afterwards', async () => {
    assert.ok(existsSync(crash));
    await leavesNothing(
      async (terminal) => {
        process.kill(terminal.foreground()!, 'SIGUSR2');
        await terminal.until(/a crash for the test[\s\S]*this is a bug of fcgi-inspect/);
      },
      70,
      `$NODE --import ${crash} $BIN ${capture}`,
    );
  });

  test('on Ctrl-Z, and taken again on fg', async () => {
    await leavesNothing(async (terminal) => {
      const pid = terminal.foreground()!;
      terminal.press('2');
      await terminal.until(/╭─ Connections/);
      terminal.press('C-z');
      await terminal.until(/Stopped/);
      assert.deepEqual(terminal.flags(), { alternate: false, cursor: true, wrap: true });
      terminal.line('fg');
      await terminal.until(/╭─ Connections/);
      assert.deepEqual(terminal.flags(), { alternate: true, cursor: false, wrap: false });
      assert.equal(terminal.foreground(), pid);
      terminal.press('Q');
    }, 0);
  });

  test('where the capture comes from standard input, with keys from the terminal', () =>
    leavesNothing(
      async (terminal) => {
        terminal.press('2');
        await terminal.until(/╭─ Connections/);
        terminal.press('Q');
      },
      0,
      `cat ${capture} | $NODE $BIN -`,
    ));

  test('while a stream is still coming', () =>
    leavesNothing(
      async (terminal) => {
        await terminal.until(/LIVE 00:00:/);
        terminal.press('p');
        await terminal.until(/PAUSED at 00:00:/);
        terminal.press('p');
        await terminal.until(/LIVE 00:00:/);
        terminal.press('Q');
      },
      0,
      `tail -c +1 -f ${capture} | $NODE $BIN -`,
    ));
});

test('the process ends when its terminal goes away', { skip }, async () => {
  let pid: number | undefined;
  const terminal = new TmuxTerminal();
  after(() => terminal.close());
  await terminal.until(/shell\$/);
  terminal.line(`$NODE $BIN ${capture}`);
  await terminal.until(FINDINGS);
  pid = terminal.foreground();
  assert.ok(pid !== undefined);
  terminal.close();
  for (const end = performance.now() + 10_000; isAlive(pid); ) {
    assert.ok(performance.now() < end, 'it still runs');
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('the screen follows the size of the terminal, down to a notice and back', { skip }, async () => {
  await onTerminal(async (terminal) => {
    terminal.line(`$NODE $BIN ${capture}`);
    await terminal.until(FINDINGS);
    terminal.resize(80, 24);
    const small = await terminal.until(/2 Conns[\s\S]*filter ❯/);
    assert.equal(
      small.split('\n').findIndex((line) => line.includes(' filter ❯')),
      22,
    );
    assert.ok(small.split('\n').every((line) => line.length <= 80));
    terminal.resize(48, 12);
    await terminal.until(/needs 60x16, this is 48x12/);
    terminal.resize(120, 40);
    const large = await terminal.until(/5 Accept queue[\s\S]*filter ❯/);
    assert.equal(
      large.split('\n').findIndex((line) => line.includes(' filter ❯')),
      38,
    );
    assert.doesNotMatch(large, /needs 60x16|2 Conns/);
    terminal.press('q');
    await terminal.until(/shell\$\s*$/);
  });
});

describe('text instead of a screen', { skip, concurrency: 2 }, () => {
  for (const [name, variables] of [
    ['TERM=dumb', 'TERM=dumb'],
    ['CI', 'CI=true'],
    ['a screen reader', 'INK_SCREEN_READER=true'],
    ['an output that is no terminal', ''],
  ] as const) {
    test(name, async () => {
      await onTerminal(async (terminal) => {
        terminal.line(`clear; ${variables} $NODE $BIN ${capture}${variables === '' ? ' | cat' : ''}`);
        await terminal.until(/Next\n[\s\S]*shell\$\s*$/);
        assert.equal(terminal.flags().alternate, false);
      });
    });
  }

  test('a format that was asked for', async () => {
    await onTerminal(async (terminal) => {
      terminal.line(`clear; $NODE $BIN ${capture} --format text`);
      await terminal.until(/Next\n[\s\S]*shell\$\s*$/);
      terminal.line(`clear; TERM=dumb $NODE $BIN ${capture} --format tui 2>&1 | head -1`);
      await terminal.until(/no screen, as the output is no terminal; this is the text report/);
    });
  });
});

test('what cannot be read is told without a screen', { skip }, async () => {
  await onTerminal(async (terminal) => {
    terminal.line('clear; $NODE $BIN no-such-file.pcap');
    await terminal.until(/cannot read no-such-file.pcap: no such file/);
    assert.equal(await terminal.exitCode(), 2);
  });
});

test('without colours and with ASCII alone the screen says the same', { skip }, async () => {
  await onTerminal(async (terminal) => {
    terminal.line(`NO_COLOR=1 LANG=C LC_ALL=C $NODE $BIN ${capture}`);
    const screen = await terminal.until(/^\|>ERROR {2}/m);
    assert.match(screen, /\+- Findings/);
    assert.doesNotMatch(screen, /\P{ASCII}/u);
    terminal.press('Q');
    await terminal.until(/shell\$\s*$/);
  });
});
