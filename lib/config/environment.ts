/** What the configuration depends on beyond its text. */
export interface Environment {
  /** The number of processor cores, which is what `workers = auto` means. */
  readonly cores: number;
  /** Whether this process may bind ports below 1024. */
  readonly privileged: boolean;
  /** The user that this process runs as; absent if that is not known. */
  readonly uid?: number;
}
