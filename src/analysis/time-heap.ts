// Times of which the earliest is asked for: a binary heap that grows.

export class TimeHeap {
  /** @param times all of them equal @param count how many of them there are; the others are room */
  constructor(
    private times: Float64Array,
    public count: number,
  ) {}

  /** Of no meaning while there is none. */
  earliest(): number {
    return this.times[0];
  }

  push(time: number): void {
    if (this.count === this.times.length) {
      const grown = new Float64Array(this.count * 2);
      grown.set(this.times);
      this.times = grown;
    }
    const { times } = this;
    let at = this.count++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (times[parent] <= time) break;
      times[at] = times[parent];
      at = parent;
    }
    times[at] = time;
  }

  dropEarliest(): void {
    this.count--;
    this.replaceEarliest(this.times[this.count]);
  }

  replaceEarliest(time: number): void {
    const { times, count } = this;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= count) break;
      if (child + 1 < count && times[child + 1] < times[child]) child++;
      if (times[child] >= time) break;
      times[at] = times[child];
      at = child;
    }
    times[at] = time;
  }
}
