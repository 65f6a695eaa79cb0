// A unix socket whose listener is gone: connecting to it fails again and again.

import type { ProcessLoad } from '../../logs/process-load.js';
import type { Check } from '../check.js';
import type { Facts } from '../facts.js';
import { type Advice, type Finding, MAX_EVIDENCE } from '../finding.js';
import { nobodyListens } from '../host-evidence/listeners.js';
import { withHost } from '../host-evidence/with-host.js';
import { counted } from './shared-evidence.js';

/** A restart of the application costs one or two attempts. */
const ENOUGH = 3;

const ADVICE: readonly Advice[] = [
  {
    for: 'host',
    text:
      'See whether anybody listens on the socket ("ss -xlp"; a socket file without a listener stays behind when a program ' +
      'dies) and why the program ended (its log, "journalctl -u", "dmesg" for the out-of-memory killer). Start it again.',
  },
  {
    for: 'lighttpd',
    text:
      'With "bin-path" lighttpd starts the program again by itself; without it, the service manager has to. A backend that ' +
      'fails is left out for "disable-time" (1 s), and meanwhile every request to it gets a 503.',
  },
  {
    for: 'apache',
    text:
      'mod_cgid: look for "AH01239: cgid daemon process died, restarting" and check that the folder of ScriptSock exists and ' +
      'is on a local disk. A full restart (not graceful) makes a new daemon.',
  },
];

export const daemonGone: Check = withHost(nobodyListens('unix'), {
  id: 'daemon-gone',
  title: 'Nobody listens on the unix socket any more',
  severity: 'error',
  explanation: `A unix socket is a file, and the file stays when the program that listened on it is gone. connect() then fails at once: with ECONNREFUSED where the file is left, with ENOENT where it was removed. No packet of it is on any network interface, so only a log, or a tap in the path of the socket, shows it.

nginx logs "connect() to unix:/run/app.sock failed (111: Connection refused)" or "(2: No such file or directory)" and answers 502 at once. lighttpd logs "establishing connection failed: socket: unix:/run/app.sock: No such file or directory", then once "all handlers for ... are down", leaves the backend out for a second and answers 503.

Apache's mod_cgid tries again with growing pauses, so its requests hang first: at log level debug "(111)Connection refused: AH01256: connect #1 to cgi daemon failed, sleeping before retry", with pauses of 0.1, 0.2, 0.4, 0.8, 1.6 and then 3.2 seconds, 15 attempts in all, up to 32 seconds. At the end comes "AH01257: unable to connect to cgi daemon after multiple tries", or earlier, when the daemon's process is known to be dead, "AH01258: ... cgid daemon is gone; is Apache terminating?" with a 503.

It is not the same as a full queue: with a listener that does not accept, a non-blocking connect() fails with EAGAIN ("Resource temporarily unavailable"), and a blocking one waits (see backlog-overflow).`,
  remedy: ADVICE,
  needs: ['application-log'],
  run(facts: Facts) {
    if (facts.processes.length === 0) return 'not-applicable';
    const gone = facts.processes.filter(
      ({ socket, listenerGone }) => socket.startsWith('unix:') && listenerGone >= ENOUGH,
    );
    return gone.length === 0 ? [] : [findingOf(gone)];
  },
});

function findingOf(gone: readonly ProcessLoad[]): Finding {
  const failures = gone.reduce((sum, { listenerGone }) => sum + listenerGone, 0);
  const sockets = gone.length === 1 ? gone[0].socket : counted(gone.length, 'unix socket');
  return {
    id: 'daemon-gone',
    severity: 'error',
    title: `Nobody listened on ${sockets}: ${counted(failures, 'connection attempt')} failed`,
    detail:
      'Requests had been sent through this socket before, then connecting to it failed because nobody listened: the program ' +
      'has ended, or has removed its socket. Requests are answered with 503 until it is back.',
    count: failures,
    scope: {},
    evidence: gone.slice(0, MAX_EVIDENCE).map(({ socket, pid, listenerGone, requests }) => ({
      text: `${socket} (last served by pid ${pid}, ${counted(requests, 'request')}): ${counted(listenerGone, 'failure')}`,
    })),
    advice: ADVICE,
  };
}
