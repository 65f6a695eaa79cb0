// Matches text against a pattern in time linear in the text: the instructions that could be next are followed all at
// once, and each set of them that occurs is remembered with where it leads.
import { type CharacterSet, compilePattern, type Instruction } from './pattern-syntax.js';

export { MAX_PATTERN, PatternError } from './pattern-syntax.js';

/** Text beyond is not looked at. */
export const MAX_MATCHED = 65_536;
const MAX_STATES = 1000;
const MAX_STEPS = 100_000;

interface State {
  /** Instructions that take a character. */
  readonly takers: readonly number[];
  /** A match has been found, whatever comes. */
  readonly matched: boolean;
  /** A match if the text ends here. */
  readonly matchedAtEnd: boolean;
  /** Where a character leads, by its code. */
  readonly next: Map<number, State>;
}

/**
 * Whether the pattern occurs anywhere in a text, as a function of the text.
 * @throws PatternError
 */
export function patternMatcher(pattern: string): (text: string) => boolean {
  const program = compilePattern(pattern);
  const automaton = new Automaton(program.instructions, program.start);
  return (text) => automaton.matches(text);
}

class Automaton {
  private states = new Map<string, State>();
  /** Steps remembered in all states. */
  private steps = 0;
  private first: State;

  constructor(
    private readonly instructions: readonly Instruction[],
    private readonly start: number,
  ) {
    this.first = this.stateOf([], true);
  }

  matches(text: string): boolean {
    const length = Math.min(text.length, MAX_MATCHED);
    let state = this.first;
    for (let at = 0; at < length && !state.matched; at++) {
      const code = text.charCodeAt(at);
      state = state.next.get(code) ?? this.step(state, code);
    }
    return state.matched || (state.matchedAtEnd && length === text.length);
  }

  private step(state: State, code: number): State {
    const followers: number[] = [];
    for (const taker of state.takers) {
      const instruction = this.instructions[taker];
      if (instruction.op === 'take' && takes(instruction.set, code)) followers.push(instruction.next);
    }
    if (this.steps >= MAX_STEPS) this.forget();
    const next = this.stateOf(followers, false);
    state.next.set(code, next);
    this.steps++;
    return next;
  }

  // A match may begin at any place: the program's start is always among the instructions.
  private stateOf(followers: readonly number[], atStart: boolean): State {
    const takers = new Set<number>();
    const seen = new Set<number>();
    const seenAtEnd = new Set<number>();
    let matched = false;
    let matchedAtEnd = false;
    // Instruction numbers; behind a `$` they are kept apart, as nothing may be taken there any more.
    const open: [number, boolean][] = [...followers, this.start].map((at) => [at, false]);
    for (let entry = open.pop(); entry !== undefined; entry = open.pop()) {
      const [at, ended] = entry;
      const visited = ended ? seenAtEnd : seen;
      if (visited.has(at)) continue;
      visited.add(at);
      const instruction = this.instructions[at];
      if (instruction.op === 'match') {
        matched ||= !ended;
        matchedAtEnd = true;
      } else if (instruction.op === 'take') {
        if (!ended) takers.add(at);
      } else if (instruction.op === 'split') open.push([instruction.next, ended], [instruction.other, ended]);
      else if (instruction.op === 'end') open.push([instruction.next, true]);
      else if (atStart) open.push([instruction.next, ended]);
    }
    return this.remember(
      [...takers].sort((a, b) => a - b),
      matched,
      matchedAtEnd,
    );
  }

  private remember(takers: readonly number[], matched: boolean, matchedAtEnd: boolean): State {
    const key = `${matched ? 1 : 0}${matchedAtEnd ? 1 : 0}${takers.join(',')}`;
    let state = this.states.get(key);
    if (state === undefined) {
      if (this.states.size >= MAX_STATES) this.forget();
      state = { takers, matched, matchedAtEnd, next: new Map() };
      this.states.set(key, state);
    }
    return state;
  }

  // Memory stays bounded, whatever the text: what is forgotten is found again when it is needed.
  private forget(): void {
    for (const state of this.states.values()) state.next.clear();
    this.first.next.clear();
    this.states = new Map();
    this.steps = 0;
  }
}

function takes(set: CharacterSet, code: number): boolean {
  for (const [from, to] of set.ranges) if (code >= from && code <= to) return !set.negated;
  return set.negated;
}
