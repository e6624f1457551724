/**
 * Turns single checks into a verdict: up after `rise` passed checks in a row, down after `fall`
 * failed ones.
 *
 * The counter is HAProxy's (its health value): it runs from 0 to `rise + fall - 1`, and `rise` or
 * more means up. A check that contradicts the verdict moves it by one towards the other verdict;
 * one that agrees moves it back to its end.
 */
export class RiseFall {
  #rise: number;
  #fall: number;
  #counter: number;

  /** Starts up, without doubt. Both counts are 1 or more. */
  constructor(rise: number, fall: number) {
    this.#rise = rise;
    this.#fall = fall;
    this.#counter = this.#highest;
  }

  get up(): boolean {
    return this.#counter >= this.#rise;
  }

  /** Whether the last check contradicted the verdict. */
  get inDoubt(): boolean {
    return this.#counter !== (this.up ? this.#highest : 0);
  }

  /** Takes the result of a check, and returns whether it has changed the verdict. */
  take(passed: boolean): boolean {
    const wasUp = this.up;
    if (passed) {
      this.#counter++;
      if (this.up) this.#counter = this.#highest;
    } else {
      this.#counter--;
      if (!this.up) this.#counter = 0;
    }
    return this.up !== wasUp;
  }

  /** Adopts new counts. The verdict stays; if they changed, any doubt about it is dropped. */
  adapt(rise: number, fall: number): void {
    if (rise === this.#rise && fall === this.#fall) return;
    const { up } = this;
    this.#rise = rise;
    this.#fall = fall;
    this.#counter = up ? this.#highest : 0;
  }

  get #highest(): number {
    return this.#rise + this.#fall - 1;
  }
}
