// What a tap tells of itself: what went through, what it could not reach, and what it changes by standing in between.
import type { Snapshot } from '../analysis/snapshot.js';
import { connectErrorMeaning } from '../model/connect-errors.js';
import { formatBytes, formatCount } from './format-count.js';
import { formatDuration } from './format-duration.js';
import type { TextContext } from './text-context.js';
import { wrap } from './text-layout.js';
import { counted, listed } from './text-words.js';

export function* tapLines({ snapshot, style, width, safe }: TextContext): Generator<string> {
  const { tap } = snapshot;
  if (tap === undefined) return;
  yield style.strong('Tap');
  for (const sentence of sentences(tap, snapshot.folded))
    for (const line of wrap(safe(sentence), width - 2)) yield `  ${line}`;
}

type Tap = NonNullable<TextContext['snapshot']['tap']>;

function sentences(tap: Tap, folded: Snapshot['folded']): string[] {
  const unixTo = tap.pairs.every(({ to }) => to.startsWith('unix:'));
  const lines = [
    `Relayed ${counted(tap.connections, 'connection')}, ${formatCount(tap.open)} of them open: ` +
      `${formatBytes(tap.bytesFromWebServer)} from web servers, ${formatBytes(tap.bytesFromApplication)} from applications.`,
  ];
  const faults = Object.entries(tap.faults).map(([name, count]) => `${name} ${counted(count, 'time')}`);
  if (faults.length > 0) {
    lines.push(
      `Faults were made on purpose (--fault): ${listed(faults)}. What the application sends is shown as the web server gets it.`,
    );
  }
  if (folded !== undefined) {
    lines.push(
      `Counts are those of everything since the tap began; latencies, lists and findings leave out the oldest ` +
        `${counted(folded.connections, 'connection')} and ${counted(folded.requests, 'request')}.`,
    );
  }
  for (const [code, count] of Object.entries(tap.connectErrors)) {
    lines.push(
      `${counted(count, 'connection')} to the application could not be opened (${code}): ${connectErrorMeaning(code, unixTo)}. ` +
        'The web server saw its connection accepted and then ended, not that error.',
    );
  }
  for (const [code, count] of Object.entries(tap.notAccepted))
    lines.push(`${counted(count, 'connection')} of web servers could not be accepted (${code}).`);
  if (tap.failure !== null) {
    const [first] = tap.failure.split('\n', 1);
    lines.push(
      `The analysis has failed (${first}): a bug of fcgi-inspect. The relay goes on; the figures stand still.`,
    );
  }
  if (tap.lost > 0) lines.push(`${counted(tap.lost, 'event')} of connections were lost: the analysis was too slow.`);
  const paused = [
    [tap.pausedApplication, 'the application was not read because web servers did not take its answers'],
    [tap.pausedWebServer, 'web servers were not read because the application did not take their requests'],
  ] as const;
  for (const [seconds, what] of paused)
    if (seconds > 0) lines.push(`For ${formatDuration(seconds * 1e9)} in all ${what}.`);
  if (tap.cut > 0) lines.push(`${counted(tap.cut, 'connection')} were ended by the tap itself when it was stopped.`);
  if (tap.resetsLost > 0) lines.push(`${counted(tap.resetsLost, 'reset')} became a plain close: AF_UNIX has no reset.`);
  lines.push(`The tap itself changes this: ${listed(changes(tap))}.`);
  return lines;
}

/** What would be otherwise without the tap. */
function changes(tap: Tap): string[] {
  const tcpTo = tap.pairs.some(({ to }) => !to.startsWith('unix:'));
  const tcpListen = tap.pairs.some(({ listen }) => !listen.startsWith('unix:'));
  const list = ['every connection exists twice on this host'];
  const waits = tap.timeWaitToWebServer + tap.timeWaitToApplication;
  if (tcpTo || tcpListen) {
    list.push(
      waits === 0
        ? 'what closes over TCP leaves TIME_WAIT at the tap too'
        : `${counted(waits, 'socket')} in TIME_WAIT are its own (${formatCount(tap.timeWaitToWebServer)} towards web servers, ` +
            `${formatCount(tap.timeWaitToApplication)} towards applications)`,
    );
  }
  if (tcpTo) {
    list.push(
      "the application sees the tap's address and a local port of its own (listen.allowed_clients, FCGI_WEB_SERVER_ADDRS)",
    );
  }
  list.push("the web server's connections wait in the tap's accept queue, never in the application's");
  return list;
}
