/** What health checks found out about a backend. A fresh row reads 0, so a backend starts as up. */
export const HEALTH = { up: 0, down: 1 } as const;

/** The mode that an operator has set for a backend. */
export const MODE = { ready: 0, drain: 1, maintenance: 2 } as const;

/** What a backend's failing sessions led to. */
export const EJECTION = { none: 0, ejected: 1, trialOpen: 2, onTrial: 3 } as const;
