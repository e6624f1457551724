import { ACKNOWLEDGED_CASES } from "./engine/acknowledged_cases.ts";
import { AGENT_CASES } from "./engine/agent_cases.ts";
import { ANNOUNCE_CASES } from "./engine/announce_cases.ts";
import { CONNECT_CASES } from "./engine/connect_cases.ts";
import type { EngineCase } from "./engine/engine_case.ts";
import { FIRST_BYTE_CASES } from "./engine/first_byte_cases.ts";
import { LIFECYCLE_CASES } from "./engine/lifecycle_cases.ts";
import { LIMIT_CASES } from "./engine/limit_cases.ts";
import { MANY_SESSIONS_CASES } from "./engine/many_sessions_cases.ts";
import { PASSING_ON_CASES } from "./engine/passing_on_cases.ts";
import { PLACE_CASES } from "./engine/place_cases.ts";
import { RANDOM_CASES } from "./engine/random_cases.ts";
import { RELAY_CASES } from "./engine/relay_cases.ts";
import { RESET_CASES } from "./engine/reset_cases.ts";
import { URGENT_CASES } from "./engine/urgent_cases.ts";
import { WAITING_CASES } from "./engine/waiting_cases.ts";

/** What every engine does, each thing in one place. */
export const ENGINE_CASES: readonly EngineCase[] = [
  ...RELAY_CASES,
  ...ANNOUNCE_CASES,
  ...CONNECT_CASES,
  ...FIRST_BYTE_CASES,
  ...AGENT_CASES,
  ...RESET_CASES,
  ...ACKNOWLEDGED_CASES,
  ...PASSING_ON_CASES,
  ...LIMIT_CASES,
  ...PLACE_CASES,
  ...MANY_SESSIONS_CASES,
  ...LIFECYCLE_CASES,
  ...WAITING_CASES,
  ...URGENT_CASES,
  ...RANDOM_CASES,
];
