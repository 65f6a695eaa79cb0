// The walks of docs/screens: how somebody who sees the screen for the first time gets from the first screen to the cause,
// with the keys that the screens themselves show.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ScreenRun } from './screen-run.js';

export interface WalkStep {
  readonly keys: readonly string[];
  /** What the reader sees, and why the next key is pressed. */
  readonly says: string;
}

export interface WalkDocument {
  readonly file: string;
  readonly title: string;
  /** Folder of the capture under captures/. */
  readonly capture: string;
  readonly intro: string;
  readonly steps: readonly WalkStep[];
}

export const WALK_DOCUMENTS: readonly WalkDocument[] = [
  {
    file: 'comet-starved.md',
    title: 'Too few workers for long polls',
    capture: 'd1_lighttpd_comet_starved',
    intro: 'A page with long polls, and short requests that suddenly take seconds.',
    steps: [
      {
        keys: [],
        says: 'What is wrong: requests queue, and the second line says why: 8 requests are served at a time, all 8 places are taken. Since when stands at the right of each line. `Tab` reads on, `⏎` opens the rows.',
      },
      {
        keys: ['Down', 'Tab', 'PgDn'],
        says: 'The cause in full: what held the slots when most were waiting (long polls of two seconds), and below it what to change: more workers, or the long polls away from them.',
      },
      {
        keys: ['Tab', 'Tab', 'Enter'],
        says: 'The queue over time: it grows to 24, and drains eight at a time as the polls end. Below it everybody who waited, and how long.',
      },
      {
        keys: ['PgDn', 'PgDn'],
        says: 'The last ones that waited are short requests (`short=...`): they asked for next to nothing and waited behind the polls.',
      },
      {
        keys: ['Enter'],
        says: 'One of them as a ladder: the request was complete at once, nothing happened while it was in the queue, and then it was answered immediately. That proves it: the wait was the queue, not the work.',
      },
    ],
  },
  {
    file: 'accept-lock.md',
    title: 'One unfinished request blocks all others',
    capture: 'd3_stuck_accept_lock',
    intro: 'For seconds nothing is answered, then everything at once.',
    steps: [
      {
        keys: [],
        says: 'Ten requests queued, and the line below names the cause: a connection whose request is incomplete. It is the one with the earlier "since".',
      },
      {
        keys: ['Down'],
        says: 'Evidence names the connection, and since when; Try says what to change in the application. `e` lists the rows that prove it.',
      },
      {
        keys: ['e'],
        says: 'The first of these connections lived until all the others were answered. `⏎` opens it.',
      },
      {
        keys: ['Enter'],
        says: 'BEGIN_REQUEST and the beginning of PARAMS, then nothing for three seconds until the web server closes. No answer was ever due here.',
      },
      {
        keys: ['Right'],
        says: 'The next one (`→`) sent its request whole and at once; its answer comes the moment the first one is closed.',
      },
      {
        keys: ['q', 'q', '5'],
        says: 'The accept queue says the same: nobody is served while the blocking connection stands; Cause repeats the finding.',
      },
    ],
  },
  {
    file: 'keep-conn-without-pool.md',
    title: 'A keep-alive flag without a pool',
    capture: 'b_nginx_keepconn_nopool',
    intro: 'nginx was told `fastcgi_keep_conn on`, and now sockets in TIME_WAIT pile up on its own side.',
    steps: [
      {
        keys: [],
        says: 'Two findings that belong together: the flag is set but no connection is used twice, and it is the web server that closes first, so TIME_WAIT is left on its side. Try names the two settings that go together.',
      },
      {
        keys: ['Enter'],
        says: 'All connections it is about, by a filter that can be edited: one request each, FIN from the web server.',
      },
      {
        keys: ['Enter'],
        says: 'One of them: KEEP_CONN in BEGIN_REQUEST, the answer, and right after END_REQUEST the web server closes. TIME_WAIT stands on its side.',
      },
      {
        keys: ['q', '4', 'm', 'm', 'm'],
        says: 'The chart of TIME_WAIT (`m` changes what is shown) grows on the web server’s host as long as the load lasts.',
      },
    ],
  },
  {
    file: 'backlog-overflow.md',
    title: 'A backlog that overflows',
    capture: 'f2_fpm_backlog_overflow',
    intro: 'Some requests take whole seconds more than others: one, three, seven.',
    steps: [
      {
        keys: [],
        says: 'The listen queue was full: connection attempts were dropped and repeated, and behind it too few workers.',
      },
      {
        keys: ['Tab'],
        says: 'What it means and how it is known; further down what to change.',
      },
      {
        keys: ['e'],
        says: 'The connections that prove it: long ones, with repeated segments (R).',
      },
      {
        keys: ['Enter'],
        says: 'One of them: the handshake or the first data is repeated until the application’s host has room for it.',
      },
      {
        keys: ['q', '5'],
        says: 'The queue of the listener: how deep, how many slots serve it, who waited.',
      },
    ],
  },
];

/** The document, with the screens as they are. */
export async function walkDocument(walk: WalkDocument, sharedFolder: string): Promise<string> {
  const path = join(sharedFolder, 'captures', walk.capture, 'capture.pcap');
  const parts = [`# ${walk.title}`, '', walk.intro, '', '```sh', 'fcgi-inspect capture.pcap', '```', ''];
  const run = await ScreenRun.open('capture.pcap', [path], { columns: 100, rows: 30 });
  try {
    for (const { keys, says } of walk.steps) {
      await run.press(...keys);
      if (keys.length > 0) parts.push(`Keys: ${keys.map((key) => `\`${WORDS[key] ?? key}\``).join(' ')}`, '');
      parts.push(says, '', '```text', run.text(), '```', '');
    }
  } finally {
    run.close();
  }
  return parts.join('\n');
}

const WORDS: Readonly<Record<string, string>> = { Down: '↓', Up: '↑', Right: '→', Left: '←', Enter: '⏎' };

/** Whether a key is shown on a screen: in the footer, in the tabs, or named by the text on it. */
export function isShown(screen: string, key: string): boolean {
  const words: Readonly<Record<string, readonly string[]>> = {
    Down: ['↑↓'],
    Up: ['↑↓'],
    Right: ['←→'],
    Enter: ['⏎'],
    PgDn: ['PgDn'],
  };
  return (words[key] ?? [key]).some((word) => screen.includes(word));
}

export function readDocument(folder: string, walk: WalkDocument): string {
  return readFileSync(join(folder, walk.file), 'utf8');
}
