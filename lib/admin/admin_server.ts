import { type BoundAddress, formatAdminAddress, isExposed } from "../config/admin_address.ts";
import type { Control } from "../supervisor/control.ts";
import { AccessTokens } from "./access_tokens.ts";
import { AdminListener } from "./admin_listener.ts";
import { EventStreams } from "./event_streams.ts";
import { Guard } from "./guard.ts";
import { chooseMetricsFormat, formatMetrics, METRICS_CONTENT_TYPES } from "./metrics_text.ts";
import type { PageFile } from "./page_file.ts";
import { RequestDesk } from "./request_desk.ts";
import { Reused } from "./reused.ts";
import { ROUTES } from "./routes.ts";
import { SessionList } from "./session_list.ts";
import { StatusWatch } from "./status_watch.ts";

export interface AdminInputs {
  readonly control: Control;
  /** Where to listen; port 0 takes a free one. */
  readonly address: BoundAddress;
  /** The file with the tokens; empty or absent where none are asked for. */
  readonly tokenFile?: string;
  /** Weir's own version. */
  readonly version: string;
  /** The files of the dashboard. */
  readonly pages?: readonly PageFile[];
  /** How long a body may take to arrive. @default {5000} */
  readonly bodyTimeoutMs?: number;
}

/** A running admin API. */
export interface AdminServer {
  /** Where it listens, as the configuration file would have it. */
  readonly address: string;
  /** Ends all streams, lets the answers that are under way finish for a moment, and stops. */
  close(): Promise<void>;
}

/**
 * Starts the admin API on this thread. Rejects where the address cannot be bound, or the tokens
 * cannot be read; nothing is left running then.
 */
export async function startAdmin(inputs: AdminInputs): Promise<AdminServer> {
  const { control, version, tokenFile = "", pages = [], bodyTimeoutMs = 5_000 } = inputs;
  if (isExposed(inputs.address) && tokenFile === "") {
    const where = formatAdminAddress(inputs.address);
    throw new Error(
      `Could not bind admin "${where}": other machines reach it, and there is no admin_token_file`,
    );
  }
  const tokens = tokenFile === "" ? undefined : await AccessTokens.open(tokenFile);
  const watch = new StatusWatch(control);
  const streams = new EventStreams(control, watch);
  const metrics = {
    text: new Reused(() => formatMetrics(control.status(), "text")),
    openmetrics: new Reused(() => formatMetrics(control.status(), "openmetrics")),
  };
  const desk = Promise.withResolvers<RequestDesk>();
  const listener = await AdminListener.open(
    inputs.address,
    async (request) => await (await desk.promise).answer(request),
  );
  desk.resolve(
    new RequestDesk({
      guard: new Guard(listener.address, tokens),
      pages,
      bodyTimeoutMs,
      desk: {
        control,
        version,
        watch,
        streams,
        sessions: new SessionList(control),
        routes: ROUTES,
        metrics: (accept) => {
          const format = chooseMetricsFormat(accept);
          const headers = { "content-type": METRICS_CONTENT_TYPES[format], vary: "accept" };
          return new Response(metrics[format].get(), { headers });
        },
      },
    }),
  );
  watch.start();
  return {
    address: formatAdminAddress(listener.address),
    close: async () => {
      watch.stop();
      streams.close();
      await listener.close();
    },
  };
}
