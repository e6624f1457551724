/** What signals ask for. */
export interface SignalOrders {
  /** Stop: called for every such signal, with the number of earlier ones. */
  stop(name: string, before: number): void;
  /** Reload the configuration. */
  reload(name: string): void;
  /** Reopen the access log. */
  reopen(): void;
}

/**
 * A stop signal that follows another this soon is the same one: `deno task` and other wrappers
 * forward what a terminal has already sent to the whole process group.
 */
const ECHO_MS = 300;

/**
 * Listens for signals until the returned function is called. Windows has only the ones that stop.
 *
 * @param now milliseconds on a clock that never goes back
 */
export function onSignals(
  orders: SignalOrders,
  now: () => number = () => performance.now(),
): () => void {
  let stops = 0;
  const lastMs = new Map<string, number>();

  function stop(name: string): void {
    const nowMs = now();
    if (nowMs - (lastMs.get(name) ?? -Infinity) < ECHO_MS) return;
    lastMs.set(name, nowMs);
    orders.stop(name, stops++);
  }

  const wanted: readonly [Deno.Signal, (name: string) => void][] = Deno.build.os === "windows"
    ? [["SIGINT", stop], ["SIGBREAK", stop]]
    : [
      ["SIGINT", stop],
      ["SIGTERM", stop],
      ["SIGHUP", orders.reload],
      ["SIGUSR1", orders.reload],
      ["SIGUSR2", orders.reopen],
    ];
  const listeners = wanted.map(([name, order]) => {
    const listener = (): void => order(name);
    Deno.addSignalListener(name, listener);
    return { name, listener };
  });
  return () => {
    for (const { name, listener } of listeners) Deno.removeSignalListener(name, listener);
  };
}
