/**
 * Turns single checks into a verdict: up after `rise` passed checks in a row, down after `fall`
 * failed ones.
 *
 * The counter is HAProxy's (its health value): it runs from 0 to `rise + fall - 1` and means up from
 * `rise` on. A check that contradicts the verdict moves it by one towards the other; one that agrees
 * with the verdict puts it back to its end.
 */
export class RiseFall {
  #rise: number;
  #fall: number;
  #counter: number;

  /** Begins as surely up. Both counts are 1 or more. */
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

  /** Takes the result of a check, and tells whether the verdict has changed by it. */
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

  /** Goes by other counts from now on. The verdict stays, and a doubt about it is dropped if so. */
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
