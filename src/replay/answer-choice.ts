// Which captured answer a request gets: the next one to the same method and URI; after the last one of those again the first;
// a request that the capture has not gets none.
import type { Answer } from './answers.js';

interface Answers {
  readonly list: Answer[];
  next: number;
}

export class AnswerChoice {
  /** Captured answers that were given, each counted once. */
  used = 0;
  /** Requests that got an answer a second time, and those that the capture has not. */
  repeated = 0;
  unknown = 0;
  private readonly byKey = new Map<string, Answers>();

  constructor(private readonly answers: readonly Answer[]) {
    for (const answer of answers) {
      const known = this.byKey.get(answer.key);
      if (known) known.list.push(answer);
      else this.byKey.set(answer.key, { list: [answer], next: 0 });
    }
  }

  /** Every captured answer was given. */
  get complete(): boolean {
    return this.used >= this.answers.length;
  }

  take(key: string): Answer | undefined {
    const known = this.byKey.get(key);
    if (known === undefined) {
      this.unknown++;
      return undefined;
    }
    if (known.next < known.list.length) this.used++;
    else this.repeated++;
    return known.list[known.next++ % known.list.length];
  }
}
