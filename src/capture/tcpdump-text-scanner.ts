// A cursor over one line of text, for the parser of tcpdump's lines: no regular expression runs over captured text.

export class LineScanner {
  text = '';
  at = 0;
  /** The number that `number` or `hex` read. */
  value = 0;

  reset(text: string, at: number): void {
    this.text = text;
    this.at = at;
  }

  /** Steps over `what` if it stands here. */
  take(what: string): boolean {
    if (!this.text.startsWith(what, this.at)) return false;
    this.at += what.length;
    return true;
  }

  /** Reads a decimal number of up to ten digits. */
  number(): boolean {
    const start = this.at;
    let value = 0;
    for (; this.at < this.text.length && this.at - start < 10; this.at++) {
      const digit = this.text.charCodeAt(this.at) - 0x30;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    this.value = value;
    return this.at > start;
  }

  /** Reads a hexadecimal number of up to eight digits, its 0x included. */
  hex(): boolean {
    if (!this.take('0x')) return false;
    const start = this.at;
    let value = 0;
    for (; this.at < this.text.length && this.at - start < 8; this.at++) {
      const digit = Number.parseInt(this.text[this.at], 16);
      if (Number.isNaN(digit)) break;
      value = value * 16 + digit;
    }
    this.value = value;
    return this.at > start;
  }

  /** Steps behind the next `what`; to the end of the line when there is none. */
  skipPast(what: string): void {
    const found = this.text.indexOf(what, this.at);
    this.at = found === -1 ? this.text.length : found + what.length;
  }

  skipSpaces(): void {
    while (this.text.charCodeAt(this.at) === 0x20) this.at++;
  }

  get ended(): boolean {
    return this.at >= this.text.length;
  }
}
