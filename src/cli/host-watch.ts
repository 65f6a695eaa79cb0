// Looks at the host for as long as it is wanted: the probe, php-fpm's status pages, and the view that comes of them.
import { type EndpointAddress, formatAddress, parseAddress } from '../endpoints/address.js';
import { StatusPoll } from '../endpoints/status-poll.js';
import { HostTracker } from '../host/host-tracker.js';
import type { HostView, ListenerView } from '../host/host-view.js';
import { poolAddress } from '../host/php-fpm-configuration.js';
import { HostProbe, type HostProbeOptions } from '../sources/host-probe.js';
import { resolveWatched } from '../sources/host-resolve.js';

export interface StatusSettings {
  /** False: no status page is asked for. */
  readonly wanted: boolean;
  /** Undefined: as the pool's configuration says. */
  readonly path: string | undefined;
  /** Milliseconds. */
  readonly timeout: number;
  readonly maxChildren: number | undefined;
}

export interface HostWatchOptions {
  readonly addresses: readonly string[];
  readonly pid?: number | undefined;
  readonly status: StatusSettings;
  /** As HostProbeOptions has it. */
  readonly ownName?: string;
  /** For tests. */
  readonly probe?: Pick<HostProbeOptions, 'root' | 'run' | 'clock'>;
}

export class HostWatch {
  private readonly tracker = new HostTracker();
  private readonly polls = new Map<string, StatusPoll>();
  private readonly mark = `fcgi-inspect-${process.pid}-${Math.floor(Math.random() * 2 ** 32).toString(36)}`;

  private constructor(
    private readonly probe: HostProbe,
    private readonly options: HostWatchOptions,
  ) {}

  /** @throws UserError for an address that is none, a name without an address, a process that is not there */
  static async open(options: HostWatchOptions): Promise<HostWatch> {
    const net = options.pid === undefined ? '/proc/net' : `/proc/${options.pid}/net`;
    const addresses = await Promise.all(
      options.addresses.map((text) => {
        const address = parseAddress(text);
        return resolveWatched(formatAddress(address), address, net);
      }),
    );
    const probe = new HostProbe({
      addresses,
      ...(options.pid === undefined ? {} : { pid: options.pid }),
      ...(options.ownName === undefined ? {} : { ownName: options.ownName }),
      ...options.probe,
    });
    return new HostWatch(probe, options);
  }

  /** As the user named them. */
  get addresses(): readonly string[] {
    return this.options.addresses;
  }

  get view(): HostView {
    return this.tracker.view;
  }

  /** Nanoseconds since it was opened. */
  get now(): number {
    return this.probe.now;
  }

  /** One more look. Status pages are asked for after it, so that our questions are not in it. */
  async look(): Promise<HostView> {
    for (const [address, poll] of this.polls) this.probe.ownQuestions.set(address, poll.recent);
    const view = this.tracker.push(await this.probe.sample());
    await Promise.all(view.listeners.map((listener) => this.askForStatus(listener)));
    return this.tracker.view;
  }

  private async askForStatus(listener: ListenerView): Promise<void> {
    if (!this.options.status.wanted || listener.state !== 'listening') return;
    const poll = this.pollOf(listener);
    if (!poll || poll.ended) return;
    const answer = await poll.ask(listener.depth);
    const { time } = this.tracker.view;
    const path = this.pathOf(listener);
    const look = { ...answer, time, path };
    this.tracker.status(listener.address, look.kind === 'answered' ? look : { ...look, poolName: poll.poolName });
  }

  private pathOf({ configuration }: ListenerView): string {
    return this.options.status.path ?? configuration?.statusPath ?? '';
  }

  private pollOf(listener: ListenerView): StatusPoll | undefined {
    const known = this.polls.get(listener.address);
    if (known) return known;
    const path = this.pathOf(listener);
    const target = path === '' ? undefined : this.targetOf(listener);
    if (!target) return undefined;
    const { timeout, maxChildren } = this.options.status;
    const configured = listener.configuration?.maxChildren ?? Number.NaN;
    const poll = new StatusPoll({
      ...target,
      name: listener.address,
      path,
      timeout,
      maxChildren: maxChildren ?? (configured > 0 ? configured : undefined),
      mark: this.mark,
    });
    this.polls.set(listener.address, poll);
    return poll;
  }

  /** Where to ask: the page's own address where there is one. */
  private targetOf({
    address,
    configuration,
  }: ListenerView): { address: EndpointAddress; ownListener: boolean } | undefined {
    const own = poolAddress(configuration?.statusListen ?? '');
    const endpoint = reachable(parseAddress(own ?? address), this.options.pid);
    return endpoint && { address: endpoint, ownListener: own !== undefined };
  }
}

/** In the namespaces of another process files can be reached, and ports cannot. */
function reachable(address: EndpointAddress, pid: number | undefined): EndpointAddress | undefined {
  if (address.kind === 'tcp') {
    if (pid !== undefined) return undefined;
    const host = address.host === '::' ? '::1' : address.host === '0.0.0.0' ? '127.0.0.1' : address.host;
    return { ...address, host };
  }
  return pid === undefined || address.path.startsWith('\0')
    ? address
    : { ...address, path: `/proc/${pid}/root${address.path}` };
}
