// Counters from look to look: differences, and what they come to since the first look although one of them began anew.

import type { CounterView } from './host-view.js';
import { COUNTERS } from './kernel-counters.js';

export class CounterTracker {
  private readonly before = new Map<string, number>();
  private readonly sums = new Map<string, number>();
  private views: readonly CounterView[] = [];

  push(counters: ReadonlyMap<string, number>): void {
    const views: CounterView[] = [];
    for (const { name } of COUNTERS) {
      const value = counters.get(name);
      if (value === undefined) continue;
      const before = this.before.get(name);
      // A counter that fell began anew: another network namespace, or it went past its largest value.
      const delta = before === undefined || value < before ? Number.NaN : value - before;
      const since = (this.sums.get(name) ?? 0) + (Number.isNaN(delta) ? 0 : delta);
      this.before.set(name, value);
      this.sums.set(name, since);
      views.push({ name, value, delta, since });
    }
    this.views = views;
  }

  get counters(): readonly CounterView[] {
    return this.views;
  }
}
