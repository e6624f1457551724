/** How far a flow was moved. */
export const MOVED = {
  /** The source has nothing more for now. */
  drained: 0,
  /** The sink takes nothing more for now. */
  blocked: 1,
  /** There is more; others get their turn first. */
  unfinished: 2,
  /** The source has ended or the flow was stopped, and the sink has everything that was read. */
  ended: 3,
  /** The source is broken, and the sink has everything that was read. */
  readFailed: 4,
  /** The sink is broken. */
  writeFailed: 5,
  /** This machine has run out of a resource. */
  outOfResources: 6,
} as const;
export type Moved = typeof MOVED[keyof typeof MOVED];
