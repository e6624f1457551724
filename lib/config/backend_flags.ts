import { type BackendFlag, type BackendFlags, MOST_SESSIONS } from "./key.ts";
import { count } from "./value_type.ts";

/** Weights, whether they are a flag or follow the port. */
export const WEIGHT = count({ min: 0, max: 256 });

/** The flags of a backend, by the settings that they set. */
export const BACKEND_FLAGS = {
  weight: {
    name: "weight",
    type: WEIGHT,
    default: 1,
    doc: "The backend's share of sessions, relative to the others. It may also follow the port, " +
      "as in `host:port:weight`.",
  },
  backup: {
    name: "backup",
    default: false,
    doc: "Takes sessions only while no other backend can.",
  },
  maxConnections: {
    name: "max_connections",
    type: count({ min: 0, max: MOST_SESSIONS, zero: "no limit" }),
    default: 0,
    doc: "How many sessions the backend may have at once, across all workers.",
  },
  drain: {
    name: "drain",
    default: false,
    doc: "Takes no new sessions; existing ones continue.",
  },
  maintenance: {
    name: "maintenance",
    default: false,
    doc: "Takes no new sessions and is not checked.",
  },
} satisfies { readonly [S in keyof BackendFlags]: BackendFlag<BackendFlags[S]> };
