// Wishes to end a live command: each SIGINT and SIGTERM is one. A pause ends with one.

export class Signals {
  count = 0;
  private wake: () => void = () => {};
  private readonly onSignal = () => this.add();

  constructor() {
    process.on('SIGINT', this.onSignal);
    process.on('SIGTERM', this.onSignal);
  }

  /** The same wish, told otherwise. */
  add(): void {
    this.count++;
    this.wake();
  }

  pause(milliseconds: number): Promise<void> {
    return new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  end(): void {
    process.off('SIGINT', this.onSignal);
    process.off('SIGTERM', this.onSignal);
  }
}
