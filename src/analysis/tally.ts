// Counts of values of which most are small numbers.

export class Tally {
  private readonly small = new Uint32Array(1024);
  private readonly others = new Map<number, number>();

  add(value: number, times = 1): void {
    if (value >= 0 && value < 1024) this.small[value] += times;
    else this.others.set(value, (this.others.get(value) ?? 0) + times);
  }

  counts(): Map<number, number> {
    const counts = new Map<number, number>();
    for (let value = 0; value < this.small.length; value++)
      if (this.small[value] > 0) counts.set(value, this.small[value]);
    for (const [value, count] of this.others) counts.set(value, count);
    return counts;
  }
}
