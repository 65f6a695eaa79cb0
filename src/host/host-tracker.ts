// Looks at a host put together: pushed in the order of their times, seen as one view. Reads no clock and no file.
import { type HostSample, NO_SETTINGS, NO_TOTALS } from '../model/host-sample.js';
import { CounterTracker } from './counter-tracker.js';
import type { HostView, StatusLook } from './host-view.js';
import { ListenerTracker } from './listener-tracker.js';
import { ProcessTracker } from './process-tracker.js';

export class HostTracker {
  private readonly listeners = new Map<string, ListenerTracker>();
  private readonly counters = new CounterTracker();
  private readonly processes = new ProcessTracker();
  private current: HostView = {
    time: 0,
    looks: 0,
    interval: Number.NaN,
    namespace: '',
    listeners: [],
    processes: [],
    counters: [],
    settings: NO_SETTINGS,
    totals: NO_TOTALS,
    blockedConnectors: [],
    missing: [],
  };

  /** What asking for a status page came to; it is part of the view from the next look on. */
  status(address: string, look: StatusLook): void {
    this.listener(address).answered(look);
    this.current = {
      ...this.current,
      listeners: this.current.listeners.map((view) => (view.address === address ? { ...view, status: look } : view)),
    };
  }

  /** The next look. Returns the view after it. */
  push(sample: HostSample): HostView {
    const { time, looks } = this.current;
    const listeners = sample.listeners.map((each) =>
      this.listener(each.address).push(each, sample.time, sample.processes),
    );
    this.counters.push(sample.counters);
    this.current = {
      time: sample.time,
      looks: looks + 1,
      interval: looks === 0 ? Number.NaN : sample.time - time,
      namespace: sample.namespace,
      listeners,
      processes: this.processes.push(sample.time, sample.processes, listeners),
      counters: this.counters.counters,
      settings: sample.settings,
      totals: sample.totals,
      blockedConnectors: sample.blockedConnectors,
      missing: sample.missing,
    };
    return this.current;
  }

  get view(): HostView {
    return this.current;
  }

  private listener(address: string): ListenerTracker {
    let tracker = this.listeners.get(address);
    if (!tracker) this.listeners.set(address, (tracker = new ListenerTracker()));
    return tracker;
  }
}
