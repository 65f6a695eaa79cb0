// Findings of a live session over time: when each was first and last seen, and when it was over.
import { type Finding, SEVERITIES, type Severity } from './finding.js';

/** Findings that are over and still told; the oldest are forgotten. */
const MOST_KEPT = 1000;

export interface SeenFinding {
  /** As it was last seen. */
  readonly finding: Finding;
  /** Nanoseconds since the session began. */
  readonly firstSeen: number;
  readonly lastSeen: number;
  /** It was there at the last look. */
  readonly active: boolean;
  /** How often it came back after it was over. */
  readonly returns: number;
  /** The worst that it was. */
  readonly worst: Severity;
}

export interface FindingChange {
  readonly kind: 'appeared' | 'cleared';
  readonly time: number;
  readonly seen: SeenFinding;
}

export class FindingHistory {
  private readonly all = new Map<string, SeenFinding>();

  /** What is found now. Returns what appeared and what is over since the look before. */
  push(time: number, findings: readonly Finding[]): FindingChange[] {
    const changes: FindingChange[] = [];
    const present = new Set<string>();
    for (const finding of findings) {
      const key = keyOf(finding);
      // Several findings of one id and place are one to whoever waits for its end: the first one is the worst.
      if (present.has(key)) continue;
      present.add(key);
      const before = this.all.get(key);
      const seen: SeenFinding = {
        finding,
        firstSeen: before?.firstSeen ?? time,
        lastSeen: time,
        active: true,
        returns: (before?.returns ?? 0) + (before && !before.active ? 1 : 0),
        worst: before ? worseOf(before.worst, finding.severity) : finding.severity,
      };
      this.all.set(key, seen);
      if (!before?.active) changes.push({ kind: 'appeared', time, seen });
    }
    for (const [key, before] of this.all) {
      if (!before.active || present.has(key)) continue;
      const seen = { ...before, active: false };
      // Those that are over come first in the order, so that they are the ones to be forgotten.
      this.all.delete(key);
      this.all.set(key, seen);
      changes.push({ kind: 'cleared', time, seen });
    }
    this.forget();
    return changes;
  }

  /** Those that are there first, the worst first; then those that are over, the latest first. */
  get findings(): SeenFinding[] {
    return [...this.all.values()].sort(
      (a, b) =>
        Number(b.active) - Number(a.active) ||
        (a.active ? rank(a.finding.severity) - rank(b.finding.severity) : b.lastSeen - a.lastSeen),
    );
  }

  private forget(): void {
    let over = 0;
    for (const { active } of this.all.values()) if (!active) over++;
    for (const [key, { active }] of this.all) {
      if (over <= MOST_KEPT) return;
      if (active) continue;
      this.all.delete(key);
      over--;
    }
  }
}

function keyOf({ id, scope }: Finding): string {
  return `${id} ${scope.endpoint ?? ''} ${scope.connection ?? ''} ${scope.request ?? ''}`;
}

function rank(severity: Severity): number {
  return SEVERITIES.indexOf(severity);
}

function worseOf(a: Severity, b: Severity): Severity {
  return rank(a) <= rank(b) ? a : b;
}
