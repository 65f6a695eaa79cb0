// Findings over time: when each was first and last seen, which are new, which have cleared. A finding is the same one as
// long as its id and its endpoint are; it is seen as long as it grows, or as the host shows it.
import { type Finding, SEVERITIES, type Severity } from '../finding.js';
import type { SeenFinding } from '../finding-history.js';

export interface WatchedFinding {
  /** As it was when it was last seen. */
  readonly finding: Finding;
  /** Seconds since the source was opened. */
  readonly firstSeen: number;
  readonly lastSeen: number;
  /** It has not grown for a while, or is no longer true. */
  readonly cleared: boolean;
  /** How often it came back, and the worst that it was. */
  readonly returns: number;
  readonly worst: Severity;
}

export interface FindingChange extends WatchedFinding {
  readonly state: 'appeared' | 'changed' | 'cleared';
}

/** Seconds without news after which a finding counts as cleared. */
const CLEAR_AFTER = 30;
/** Findings that are remembered. */
const MOST = 1000;

export class FindingWatch {
  private readonly watched = new Map<string, WatchedFinding>();

  /** What is new in these findings. `time`: seconds since the source was opened. */
  update(findings: readonly Finding[], time: number): FindingChange[] {
    const changes: FindingChange[] = [];
    const present = new Set<string>();
    for (const finding of findings) {
      const key = keyOf(finding);
      present.add(key);
      const known = this.watched.get(key);
      const same = known !== undefined && isSame(known.finding, finding);
      if (same && finding.now !== true) continue;
      if (known === undefined && this.watched.size >= MOST) continue;
      const back = known === undefined || known.cleared;
      const now = {
        finding,
        firstSeen: known === undefined ? time : known.firstSeen,
        lastSeen: time,
        cleared: false,
        returns: (known?.returns ?? 0) + (known?.cleared === true ? 1 : 0),
        worst: worseOf(known?.worst ?? finding.severity, finding.severity),
      };
      this.watched.set(key, now);
      if (back || !same) changes.push({ ...now, state: back ? 'appeared' : 'changed' });
    }
    for (const [key, known] of this.watched) {
      if (known.cleared || (present.has(key) && time - known.lastSeen < CLEAR_AFTER)) continue;
      const now = { ...known, cleared: true };
      this.watched.set(key, now);
      changes.push({ ...now, state: 'cleared' });
    }
    return changes;
  }

  /** The same for metrics and reports, times in nanoseconds. */
  get seen(): readonly SeenFinding[] {
    return this.list.map(({ finding, firstSeen, lastSeen, cleared, returns, worst }) => ({
      finding,
      firstSeen: firstSeen * 1e9,
      lastSeen: lastSeen * 1e9,
      active: !cleared,
      returns,
      worst,
    }));
  }

  /** Every finding there was, the ones that are seen now first. */
  get list(): readonly WatchedFinding[] {
    return [...this.watched.values()].sort((a, b) => Number(a.cleared) - Number(b.cleared));
  }
}

function keyOf({ id, scope }: Finding): string {
  return `${id} ${scope.endpoint ?? ''}`;
}

function worseOf(a: Severity, b: Severity): Severity {
  return SEVERITIES.indexOf(a) <= SEVERITIES.indexOf(b) ? a : b;
}

function isSame(a: Finding, b: Finding): boolean {
  return a.count === b.count && a.severity === b.severity;
}
