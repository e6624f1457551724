/** The exit statuses of every command. */
export const EXIT_STATUS = {
  done: 0,
  /** It started, or tried to, and failed. */
  failed: 1,
  /** The command line or the configuration does not make sense. */
  wrongUsage: 2,
} as const;
