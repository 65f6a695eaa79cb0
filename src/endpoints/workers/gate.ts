// Keeps a worker from accepting while somebody holds it, see AcceptGate.
import type { AcceptGate } from './handlers.js';

export class Gate implements AcceptGate {
  /** Called when it may have opened or closed. */
  onChange: () => void = () => {};
  private holders = 0;

  get isHeld(): boolean {
    return this.holders > 0;
  }

  hold(): () => void {
    let held = true;
    this.holders++;
    this.onChange();
    return () => {
      if (!held) return;
      held = false;
      this.holders--;
      this.onChange();
    };
  }
}
