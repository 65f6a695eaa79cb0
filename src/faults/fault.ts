// What a fault is: a kind out of the vocabulary with its parameters, and the modifiers that say when it happens.
import type { Filter } from '../analysis/filter/filter.js';

/** Where a fault can be made: in a relay between the two sides, in our application, in our web server's client. */
export type FaultPlace = 'tap' | 'server' | 'client';

/**
 * What one decision is about: a request as it begins, a connection as it is accepted, or the listening socket, for which
 * each accepted connection is an opportunity.
 */
export type FaultUnit = 'request' | 'connection' | 'listener';

/** duration: milliseconds, `200ms`; bytes: `64kB`; rate: bytes a second; count: a whole number; word: one of `words`. */
export type ParameterType = 'duration' | 'bytes' | 'rate' | 'count' | 'word';

export interface FaultParameter {
  readonly name: string;
  readonly type: ParameterType;
  readonly meaning: string;
  /** Taken where the user gives none; undefined: it must be given, unless it is `optional`. */
  readonly fallback?: number | string;
  readonly optional?: boolean;
  readonly words?: readonly string[];
  /** Range of a number, both ends included. */
  readonly least?: number;
  readonly most?: number;
}

export interface FaultKind {
  readonly name: string;
  readonly at: readonly FaultPlace[];
  readonly unit: FaultUnit;
  /** One sentence: what happens. */
  readonly effect: string;
  /** The first one may be written as the fault's own value: `padding=255`. */
  readonly parameters: readonly FaultParameter[];
  /** Whether it can be made in either direction (`stream=upstream|downstream`). */
  readonly streams?: boolean;
  /** Ids of findings that report it, where the web server behaves as usual. */
  readonly findings: readonly string[];
}

/** `downstream`: what the application sends. `upstream`: what the web server sends. toxiproxy's words. */
export type FaultStream = 'upstream' | 'downstream';

/** When a fault happens. Each restricts the ones before: see FaultSchedule. */
export interface FaultModifiers {
  /** Only requests that this lets through. */
  readonly match: Filter | undefined;
  /** Milliseconds since the start during which it may happen. */
  readonly for: number;
  /** So many opportunities pass first. */
  readonly after: number;
  /** Of the others every n-th. */
  readonly every: number;
  /** Probability that it happens then, 0..1. */
  readonly toxicity: number;
  /** Of the random numbers: toxicity, jitter, garbage. */
  readonly seed: number;
  /** So many times at most. */
  readonly count: number;
}

/** A fault as the user asked for it. */
export interface Fault extends FaultModifiers {
  readonly kind: FaultKind;
  readonly stream: FaultStream;
  /** Values of its parameters: numbers (milliseconds, bytes), words. */
  readonly parameters: ReadonlyMap<string, number | string>;
  /** As the user wrote it. */
  readonly text: string;
}

/** A number that the fault has. @throws Error if the vocabulary has no such parameter or it was left out. */
export function numberOf(fault: Fault, name: string): number {
  const value = fault.parameters.get(name);
  if (typeof value !== 'number') throw new Error(`the fault ${fault.kind.name} has no number ${name}`);
  return value;
}

/** The same of a parameter that may be left out. */
export function optionalNumberOf(fault: Fault, name: string): number | undefined {
  const value = fault.parameters.get(name);
  return typeof value === 'number' ? value : undefined;
}

/** A word that the fault has. @throws Error as `numberOf`. */
export function wordOf(fault: Fault, name: string): string {
  const value = fault.parameters.get(name);
  if (typeof value !== 'string') throw new Error(`the fault ${fault.kind.name} has no word ${name}`);
  return value;
}
