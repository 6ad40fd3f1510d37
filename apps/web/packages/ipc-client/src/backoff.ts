export interface BackoffOptions {
  /** Milliseconds before the first try after a loss. */
  first: number;
  /** No wait is longer. */
  longest: number;
  /** 0 ≤ x < 1. */
  random: () => number;
}

/** Waits that double, spread over their upper half so that many clients do not come at once. */
export class Backoff {
  #tries = 0;

  constructor(private readonly options: BackoffOptions) {}

  next(): number {
    const { first, longest, random } = this.options;
    const whole = Math.min(longest, first * 2 ** Math.min(this.#tries++, 30));
    return Math.round(whole / 2 + (whole / 2) * random());
  }

  reset(): void {
    this.#tries = 0;
  }
}
