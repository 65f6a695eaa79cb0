// What the host shows of TIME_WAIT by side and of ephemeral ports.
import { isLoopback } from '../../host/host-address.js';
import { counterDelta, type HostView, type ListenerView } from '../../host/host-view.js';
import { ephemeralPorts, reusesTimeWait } from '../../host/kernel-settings.js';
import type { PortPair } from '../../model/host-sample.js';
import { counted, grouped } from '../checks/shared-evidence.js';
import type { Evidence, Severity } from '../finding.js';
import type { HostFinding } from './with-host.js';

/** Fewer say nothing. */
const ENOUGH = 10;
/** Share of both sides' sockets in TIME_WAIT. */
const SHARE = 1 / 5;
const WORTH_A_WARNING = 1000;
/** Ports in use, as a share of all, from which connect() soon finds none. */
const NEARLY_ALL = 0.9;

interface Waiting {
  readonly listener: ListenerView;
  readonly application: number;
  readonly webServer: number;
}

function timeWaitOf(listener: ListenerView): Waiting {
  return {
    listener,
    application: Math.max(0, (listener.application['TIME-WAIT'] ?? 0) - listener.ownTimeWait),
    webServer: listener.webServer['TIME-WAIT'] ?? 0,
  };
}

export function timeWaitAtApplication(host: HostView): HostFinding[] {
  return host.listeners.map(timeWaitOf).flatMap(({ listener, application, webServer }) => {
    if (application < ENOUGH || application < SHARE * (application + webServer)) return [];
    return [
      {
        severity: application < WORTH_A_WARNING ? ('note' as const) : ('warning' as const),
        title: `${counted(application, 'socket')} in TIME_WAIT on the application's side of ${listener.address}`,
        detail:
          'The application closes first, once for each request. These sockets take memory for a minute, but no ports: a new ' +
          'connection may take the place of such a socket at any time.',
        count: application,
        scope: { endpoint: listener.address },
        evidence: timeWaitEvidence(host, webServer),
      },
    ];
  });
}

export function timeWaitAtWebServer(host: HostView): HostFinding[] {
  return host.listeners.map(timeWaitOf).flatMap(({ listener, application, webServer }) => {
    if (webServer < ENOUGH || webServer < SHARE * (application + webServer)) return [];
    const all = ephemeralPorts(host.settings);
    const fullest = listener.ports[0];
    const reused = fullest !== undefined && reusesTimeWait(host.settings, isLoopback(fullest.destination));
    const overHalf = fullest !== undefined && fullest.timeWait > all / 2;
    const severity: Severity = webServer < WORTH_A_WARNING ? 'note' : overHalf && !reused ? 'error' : 'warning';
    return [
      {
        severity,
        title: `${counted(webServer, 'socket')} in TIME_WAIT on the web server's side of ${listener.address}`,
        detail: [
          'The web server closes first, so each of them keeps one of its ephemeral ports for a minute.',
          fullest ? portSentence(fullest, all) : '',
          reused
            ? 'connect() may take them again after a second here (tcp_tw_reuse), so they are not lost for that long.'
            : '',
        ]
          .filter((sentence) => sentence !== '')
          .join(' '),
        count: webServer,
        scope: { endpoint: listener.address },
        evidence: timeWaitEvidence(host, application),
      },
    ];
  });
}

function portSentence({ source, destination, live, timeWait }: PortPair, all: number): string {
  const percent = Math.round((100 * (live + timeWait)) / all);
  const share = percent === 0 ? 'under 1 %' : `${percent} %`;
  return `From ${source} to ${destination} ${grouped(live + timeWait)} of ${grouped(all)} ports are taken (${share}).`;
}

function timeWaitEvidence(host: HostView, other: number): Evidence[] {
  const evidence: Evidence[] = [{ text: `${grouped(other)} on the other side` }];
  const { totals, settings } = host;
  if (!Number.isNaN(totals.timeWait)) {
    evidence.push({
      text: `${grouped(totals.timeWait)} in the whole network namespace; at most ${grouped(settings.maxTimeWait)} are kept (tcp_max_tw_buckets)`,
    });
  }
  const overflow = counterDelta(host, 'TcpExt.TCPTimeWaitOverflow');
  if (overflow > 0) evidence.push({ text: `TCPTimeWaitOverflow rose by ${grouped(overflow)}: that limit is reached` });
  return evidence;
}

export function noPortsLeft(host: HostView): HostFinding[] {
  const all = ephemeralPorts(host.settings);
  if (!(all > 0)) return [];
  return host.listeners.flatMap((listener) =>
    listener.ports.flatMap((pair) => {
      const reused = reusesTimeWait(host.settings, isLoopback(pair.destination));
      const taken = pair.live + (reused ? pair.youngTimeWait : pair.timeWait);
      if (taken < NEARLY_ALL * all) return [];
      const { firstPort, lastPort, reservedPorts, timeWaitReuse } = host.settings;
      return [
        {
          severity: 'error' as const,
          title: `${grouped(taken)} of ${grouped(all)} ephemeral ports from ${pair.source} to ${pair.destination} are taken`,
          detail:
            'Each connection to one destination needs a local port of its own. When the last one is taken, connect() fails with ' +
            'EADDRNOTAVAIL ("Cannot assign requested address"), and no packet is sent.',
          count: taken,
          scope: { endpoint: listener.address },
          evidence: [
            { text: `${grouped(pair.live)} connections, ${grouped(pair.timeWait)} in TIME_WAIT` },
            {
              text: `ip_local_port_range ${firstPort} to ${lastPort}${reservedPorts > 0 ? `, ${grouped(reservedPorts)} of them reserved` : ''}, tcp_tw_reuse ${timeWaitReuse}`,
            },
          ],
        },
      ];
    }),
  );
}
