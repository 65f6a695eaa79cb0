// Findings over time: when each was first and last seen, which are new, which have cleared. A finding is the same one as
// long as its id and its endpoint are; it is seen as long as it grows.
import type { Finding } from '../finding.js';

export interface WatchedFinding {
  /** As it was when it was last seen. */
  readonly finding: Finding;
  /** Seconds since the source was opened. */
  readonly firstSeen: number;
  readonly lastSeen: number;
  /** It has not grown for a while, or is no longer true. */
  readonly cleared: boolean;
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
      if (known !== undefined && isSame(known.finding, finding)) continue;
      if (known === undefined && this.watched.size >= MOST) continue;
      const back = known === undefined || known.cleared;
      const now = { finding, firstSeen: back ? time : known.firstSeen, lastSeen: time, cleared: false };
      this.watched.set(key, now);
      changes.push({ ...now, state: back ? 'appeared' : 'changed' });
    }
    for (const [key, known] of this.watched) {
      if (known.cleared || (present.has(key) && time - known.lastSeen < CLEAR_AFTER)) continue;
      const now = { ...known, cleared: true };
      this.watched.set(key, now);
      changes.push({ ...now, state: 'cleared' });
    }
    return changes;
  }

  /** Every finding there was, the ones that are seen now first. */
  get list(): readonly WatchedFinding[] {
    return [...this.watched.values()].sort((a, b) => Number(a.cleared) - Number(b.cleared));
  }
}

function keyOf({ id, scope }: Finding): string {
  return `${id} ${scope.endpoint ?? ''}`;
}

function isSame(a: Finding, b: Finding): boolean {
  return a.count === b.count && a.severity === b.severity;
}
