import type { Contestant, Plan, Proxy } from "./contestant.ts";

/** No proxy at all: what the generator and the backends alone reach. */
export const direct: Contestant = {
  name: "direct",
  isWeir: false,
  missing: () => Promise.resolve(null),
  version: () => Promise.resolve(""),
  start(plan: Plan): Promise<Proxy> {
    const endpoints = plan.listeners.flatMap((listener) => listener.backends.slice(0, 1));
    return Promise.resolve({ pid: null, endpoints, log: null, stop: () => Promise.resolve() });
  },
};
