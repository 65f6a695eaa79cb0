// The host's view during a run: a look a few times a second, what was found at any of them, and the look that shows most.
import { CHECKS } from '../analysis/checks/index.js';
import { conclude } from '../analysis/conclude.js';
import { FindingHistory, type SeenFinding } from '../analysis/finding-history.js';
import { Pipeline } from '../analysis/pipeline.js';
import type { Snapshot } from '../analysis/snapshot.js';
import { HostTracker } from '../host/host-tracker.js';
import type { HostView } from '../host/host-view.js';
import { type EndpointAddress, formatEndpoint } from '../model/endpoint-address.js';
import type { ListenerConfiguration } from '../model/host-sample.js';
import { HostProbe, type WatchedAddress } from '../sources/host-probe.js';

const INTERVAL = 300;

export class HostLooks {
  private readonly probe: HostProbe;
  private readonly tracker = new HostTracker();
  private readonly history = new FindingHistory();
  private readonly pipeline = new Pipeline();
  private timer: NodeJS.Timeout | undefined;
  private looking: Promise<void> | undefined;
  private stopped = false;
  private best: { readonly view: HostView; readonly weight: number } | undefined;

  private constructor(
    addresses: readonly WatchedAddress[],
    private readonly configurations: ReadonlyMap<string, ListenerConfiguration>,
  ) {
    this.probe = new HostProbe({ addresses });
    this.pipeline.finish();
  }

  /**
   * Undefined where the host cannot be looked at: not Linux.
   * @param configurations what is known of a listener beside what the host shows, by its address
   */
  static open(
    addresses: readonly EndpointAddress[],
    configurations: ReadonlyMap<string, ListenerConfiguration>,
  ): HostLooks | undefined {
    try {
      return new HostLooks(addresses.map(watched), configurations);
    } catch {
      return undefined;
    }
  }

  start(): void {
    const again = async () => {
      await this.look();
      if (!this.stopped) this.timer = setTimeout(again, INTERVAL);
    };
    void again();
  }

  /** One more look, now. */
  look(): Promise<void> {
    this.looking ??= this.lookOnce().finally(() => {
      this.looking = undefined;
    });
    return this.looking;
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.looking;
    clearTimeout(this.timer);
  }

  /** The view of the look at which most was wrong; the last one where nothing was. */
  get view(): HostView {
    return this.best && this.best.weight > 0 ? this.best.view : this.tracker.view;
  }

  /** What was found at any look. */
  get findings(): readonly SeenFinding[] {
    return this.history.findings;
  }

  private async lookOnce(): Promise<void> {
    const sample = await this.probe.sample();
    const listeners = sample.listeners.map((listener) => ({
      ...listener,
      configuration: listener.configuration ?? this.configurations.get(listener.address),
    }));
    const view = this.tracker.push({ ...sample, listeners });
    const { findings } = this.conclude(view);
    this.history.push(view.time, findings);
    const weight = weightOf(findings);
    if (!this.best || weight >= this.best.weight) this.best = { view, weight };
  }

  private conclude(host: HostView): Snapshot {
    return conclude({ pipeline: this.pipeline, files: [], problems: [], processes: [], checks: CHECKS, host });
  }
}

/** Of two looks with as many findings the one with the larger counts shows more. */
function weightOf(findings: Snapshot['findings']): number {
  const weights = { error: 1e9, warning: 1e6, note: 0 };
  return findings.reduce(
    (sum, { severity, count }) => sum + weights[severity] + (severity === 'note' ? 0 : Math.min(count, 1e5)),
    0,
  );
}

function watched(address: EndpointAddress): WatchedAddress {
  const text = formatEndpoint(address);
  return address.kind === 'unix'
    ? { kind: 'unix', address: text, path: address.path }
    : { kind: 'tcp', address: text, host: address.host, port: address.port };
}
