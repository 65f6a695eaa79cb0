// Regular expressions for filters, as a program of a few instructions. Captured text is hostile and a backtracking
// matcher can be made to run for ever on it, so this is the part of the syntax that can be matched in linear time:
// literals, `.`, classes, \d \w \s (and \D \W \S), ^, $, groups, |, *, +, ?, {m,n}; no back references or look-around.

/** Which characters (UTF-16 code units) an instruction takes: ranges, both ends included. */
export interface CharacterSet {
  readonly ranges: readonly (readonly [number, number])[];
  readonly negated: boolean;
}

export type Instruction =
  | { readonly op: 'take'; readonly set: CharacterSet; next: number }
  /** Goes on at both. */
  | { readonly op: 'split'; next: number; other: number }
  | { readonly op: 'start' | 'end'; next: number }
  | { readonly op: 'match' };

export interface Program {
  readonly instructions: readonly Instruction[];
  readonly start: number;
  readonly ignoreCase: boolean;
}

/** Longer patterns and larger programs are refused. */
export const MAX_PATTERN = 256;
const MAX_INSTRUCTIONS = 4000;
const MAX_WRITES = 100_000;
const MAX_REPEAT = 1000;
const MAX_DEPTH = 50;

/** Why a pattern is refused, and where (from 0). */
export class PatternError extends Error {
  constructor(
    message: string,
    readonly at: number,
  ) {
    super(message);
  }
}

type Node =
  | { readonly kind: 'set'; readonly set: CharacterSet }
  | { readonly kind: 'start' | 'end' }
  | { readonly kind: 'sequence' | 'choice'; readonly parts: readonly Node[] }
  | { readonly kind: 'repeat'; readonly part: Node; readonly least: number; readonly most: number };

const DIGITS: CharacterSet['ranges'] = [[0x30, 0x39]];
const WORD_CHARACTERS: CharacterSet['ranges'] = [
  [0x30, 0x39],
  [0x41, 0x5a],
  [0x5f, 0x5f],
  [0x61, 0x7a],
];
const SPACES: CharacterSet['ranges'] = [
  [0x09, 0x0d],
  [0x20, 0x20],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
];
const CLASSES: Readonly<Record<string, CharacterSet['ranges']>> = { d: DIGITS, w: WORD_CHARACTERS, s: SPACES };
const LINE_ENDS: CharacterSet['ranges'] = [
  [0x0a, 0x0a],
  [0x0d, 0x0d],
  [0x2028, 0x2029],
];
const ESCAPES: Readonly<Record<string, number>> = { n: 0x0a, r: 0x0d, t: 0x09, f: 0x0c, v: 0x0b, 0: 0 };

/**
 * The program of a pattern; `(?i)` at its beginning ignores the case of ASCII letters.
 * @throws PatternError
 */
export function compilePattern(pattern: string): Program {
  if (pattern.length > MAX_PATTERN) throw new PatternError(`longer than ${MAX_PATTERN} characters`, MAX_PATTERN);
  const ignoreCase = pattern.startsWith('(?i)');
  const reader = new PatternReader(pattern, ignoreCase ? 4 : 0);
  const writer = new ProgramWriter(ignoreCase);
  const node = reader.read();
  const start = writer.write(node, writer.add({ op: 'match' }));
  return { instructions: writer.instructions, start, ignoreCase };
}

class PatternReader {
  private depth = 0;

  constructor(
    private readonly pattern: string,
    private at: number,
  ) {}

  read(): Node {
    const node = this.choice();
    if (this.at < this.pattern.length) throw new PatternError('a ) without its (', this.at);
    return node;
  }

  private choice(): Node {
    const parts = [this.sequence()];
    while (this.take('|')) parts.push(this.sequence());
    return parts.length === 1 ? parts[0] : { kind: 'choice', parts };
  }

  private sequence(): Node {
    const parts: Node[] = [];
    while (this.at < this.pattern.length && this.pattern[this.at] !== '|' && this.pattern[this.at] !== ')') {
      parts.push(this.repeated());
    }
    return parts.length === 1 ? parts[0] : { kind: 'sequence', parts };
  }

  private repeated(): Node {
    const start = this.at;
    const part = this.single();
    const bounds = this.bounds();
    if (bounds === undefined) return part;
    if (this.pattern[start] === '^' || this.pattern[start] === '$') throw new PatternError('nothing to repeat', start);
    this.take('?'); // which match is found makes no difference, only whether there is one
    if ('*+?'.includes(this.pattern[this.at] ?? ' ')) throw new PatternError('nothing to repeat', this.at);
    return { kind: 'repeat', part, least: bounds[0], most: bounds[1] };
  }

  private bounds(): readonly [number, number] | undefined {
    if (this.take('*')) return [0, Number.POSITIVE_INFINITY];
    if (this.take('+')) return [1, Number.POSITIVE_INFINITY];
    if (this.take('?')) return [0, 1];
    const counted = /^\{(\d{1,4})(?:(,)(\d{1,4})?)?\}/.exec(this.pattern.slice(this.at, this.at + 12));
    if (counted === null) return undefined;
    const least = Number(counted[1]);
    const most =
      counted[2] === undefined ? least : counted[3] === undefined ? Number.POSITIVE_INFINITY : Number(counted[3]);
    if (most < least) throw new PatternError('the bounds of {} are out of order', this.at);
    if (least > MAX_REPEAT || (most > MAX_REPEAT && most !== Number.POSITIVE_INFINITY)) {
      throw new PatternError(`more than ${MAX_REPEAT} repetitions`, this.at);
    }
    this.at += counted[0].length;
    return [least, most];
  }

  private single(): Node {
    const start = this.at;
    const character = this.pattern[this.at++];
    switch (character) {
      case '(':
        return this.group(start);
      case '[':
        return { kind: 'set', set: this.set(start) };
      case '.':
        return { kind: 'set', set: { ranges: LINE_ENDS, negated: true } };
      case '^':
        return { kind: 'start' };
      case '$':
        return { kind: 'end' };
      case '*':
      case '+':
      case '?':
        throw new PatternError('nothing to repeat', start);
      case '{':
      case '}':
      case ']':
        throw new PatternError(`write \\${character} for the character ${character}`, start);
      case '\\': {
        const set = this.escape(start);
        return { kind: 'set', set };
      }
      default:
        return { kind: 'set', set: one(character.charCodeAt(0)) };
    }
  }

  private group(start: number): Node {
    if (this.take('?') && !this.take(':'))
      throw new PatternError('look-around and named groups are not supported', start);
    if (++this.depth > MAX_DEPTH) throw new PatternError('groups are nested too deeply', start);
    const node = this.choice();
    if (!this.take(')')) throw new PatternError('a ( without its )', start);
    this.depth--;
    return node;
  }

  private escape(start: number): CharacterSet {
    const character = this.pattern[this.at++];
    if (character === undefined) throw new PatternError('a \\ at the end', start);
    const ranges = CLASSES[character.toLowerCase()];
    if (ranges !== undefined) return { ranges, negated: character !== character.toLowerCase() };
    const code = ESCAPES[character];
    if (code !== undefined) return one(code);
    if (/[A-Za-z0-9]/.test(character)) throw new PatternError(`\\${character} is not supported`, start);
    return one(character.charCodeAt(0));
  }

  // `[a-z_]`, `[^/]`
  private set(start: number): CharacterSet {
    const negated = this.take('^');
    const ranges: (readonly [number, number])[] = [];
    for (;;) {
      if (this.at >= this.pattern.length) throw new PatternError('a [ without its ]', start);
      if (this.take(']')) return { ranges, negated };
      const from = this.member();
      const next = this.pattern[this.at + 1];
      if (typeof from !== 'number' || this.pattern[this.at] !== '-' || next === ']' || next === undefined) {
        if (typeof from === 'number') ranges.push([from, from]);
        else ranges.push(...from);
        continue;
      }
      const at = this.at++;
      const to = this.member();
      if (typeof to !== 'number' || to < from) throw new PatternError('a range that is out of order', at);
      ranges.push([from, to]);
    }
  }

  private member(): number | CharacterSet['ranges'] {
    const start = this.at;
    const character = this.pattern[this.at++];
    if (character !== '\\') return character.charCodeAt(0);
    const set = this.escape(start);
    if (set.negated) throw new PatternError(`\\${this.pattern[start + 1]} inside [] is not supported`, start);
    return set.ranges.length === 1 && set.ranges[0][0] === set.ranges[0][1] ? set.ranges[0][0] : set.ranges;
  }

  private take(character: string): boolean {
    if (this.pattern[this.at] !== character) return false;
    this.at++;
    return true;
  }
}

function one(code: number): CharacterSet {
  return { ranges: [[code, code]], negated: false };
}

/** Writes instructions from the end: each node is given what comes after it. */
class ProgramWriter {
  readonly instructions: Instruction[] = [];
  private writes = 0;

  constructor(private readonly ignoreCase: boolean) {}

  add(instruction: Instruction): number {
    if (this.instructions.length >= MAX_INSTRUCTIONS) throw new PatternError('too many repetitions', 0);
    return this.instructions.push(instruction) - 1;
  }

  write(node: Node, next: number): number {
    // Repetitions of nothing write no instructions, but take their time.
    if (++this.writes > MAX_WRITES) throw new PatternError('too many repetitions', 0);
    switch (node.kind) {
      case 'set':
        return this.add({ op: 'take', set: this.ignoreCase ? bothCases(node.set) : node.set, next });
      case 'start':
      case 'end':
        return this.add({ op: node.kind, next });
      case 'sequence':
        return node.parts.reduceRight((after, part) => this.write(part, after), next);
      case 'choice':
        return node.parts
          .map((part) => this.write(part, next))
          .reduceRight((other, first) => this.add({ op: 'split', next: first, other }));
      case 'repeat':
        return this.repeat(node.part, node.least, node.most, next);
    }
  }

  private repeat(part: Node, least: number, most: number, next: number): number {
    let at = next;
    if (most === Number.POSITIVE_INFINITY) {
      const loop = this.add({ op: 'split', next, other: next });
      (this.instructions[loop] as { next: number }).next = this.write(part, loop);
      at = loop;
    } else
      for (let count = least; count < most; count++)
        at = this.add({ op: 'split', next: this.write(part, at), other: next });
    for (let count = 0; count < least; count++) at = this.write(part, at);
    return at;
  }
}

function bothCases(set: CharacterSet): CharacterSet {
  const ranges = [...set.ranges];
  for (const [from, to] of set.ranges) {
    addShifted(ranges, Math.max(from, 0x41), Math.min(to, 0x5a), 0x20);
    addShifted(ranges, Math.max(from, 0x61), Math.min(to, 0x7a), -0x20);
  }
  return { ranges, negated: set.negated };
}

function addShifted(ranges: (readonly [number, number])[], from: number, to: number, by: number): void {
  if (from <= to) ranges.push([from + by, to + by]);
}
