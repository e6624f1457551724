/** What is known of a session that its backend reset before it had sent a byte. */
export interface EarlyReset {
  /** Whether the backend had received anything from the client. */
  readonly hadInput: boolean;
  /** How long the backend's connection had been open. */
  readonly openMs: number;
  /** The client, by as much of its address as tells clients apart; see `clientPrefix`. */
  readonly clientKey: bigint;
}
