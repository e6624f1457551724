import type { HealthCheck } from "../config/settings.ts";
import { httpProbe } from "./http_probe.ts";
import type { Probe } from "./probe.ts";
import { sendExpectProbe } from "./send_expect_probe.ts";
import { tcpProbe } from "./tcp_probe.ts";

/** A probe for each kind of health check. */
export type Probes = Readonly<Record<Exclude<HealthCheck["kind"], "off">, Probe>>;

/** All probes. */
export const PROBES: Probes = {
  tcp: tcpProbe,
  http: httpProbe,
  send_expect: sendExpectProbe,
};
