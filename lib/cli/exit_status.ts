/** The exit statuses of every command. */
export const EXIT_STATUS = {
  done: 0,
  /** It started, or tried to, and failed; a running Weir said no, or it or one of its listeners is not ready. */
  failed: 1,
  /** The command line or the configuration does not make sense. */
  wrongUsage: 2,
  /** There is no Weir at the address that was to be asked. */
  unreachable: 3,
} as const;
