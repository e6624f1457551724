/** The exit statuses of every command. */
export const EXIT_STATUS = {
  done: 0,
  /**
   * It failed to start, or while running; a running Weir refused, or it or one of its listeners is
   * not ready.
   */
  failed: 1,
  /** The command line or the configuration is invalid. */
  wrongUsage: 2,
  /** No Weir can be reached at its address. */
  unreachable: 3,
} as const;
