import { type BoundAddress, formatAdminAddress, isExposed } from "../config/admin_address.ts";
import type { Control } from "../supervisor/control.ts";
import { AccessTokens } from "./api/access_tokens.ts";
import { EventStreams } from "./api/event_streams.ts";
import { Guard } from "./api/guard.ts";
import { RequestDesk } from "./api/request_desk.ts";
import { ROUTES } from "./api/routes.ts";
import { SessionList } from "./api/session_list.ts";
import { SharedAnswers } from "./api/shared_answers.ts";
import type { PageFile } from "./dashboard/page_file.ts";
import { StatusWatch } from "./metrics/status_watch.ts";
import { CONNECTION_LIMITS } from "./server/admin_connection.ts";
import { AdminListener } from "./server/admin_listener.ts";
import { HttpServer } from "./server/http_server.ts";

/** More connections than operators, dashboards and monitoring need. */
const MOST_CONNECTIONS = 256;
/**
 * The minimum, whatever the limit: without it nobody could see why there are no descriptors left.
 */
const FEWEST_CONNECTIONS = 8;
/** The maximum number of large answers written at once: more than anyone has scrapers. */
const MOST_LARGE_ANSWERS = 8;
/** The share of the remaining descriptors that connections may use. */
const SHARE_OF_FILES = 0.25;

export interface AdminInputs {
  readonly control: Control;
  /** Where to listen; port 0 picks a free port. */
  readonly address: BoundAddress;
  /** The file with the tokens; empty or absent if none are required. */
  readonly tokenFile?: string;
  /** Weir's own version. */
  readonly version: string;
  /** The files of the dashboard. */
  readonly pages?: readonly PageFile[];
  /** How long a body may take to arrive. @default {5000} */
  readonly bodyTimeoutMs?: number;
  /**
   * How many descriptors are not reserved for anything else; called for each connection. @default
   * {all}
   */
  readonly filesLeft?: () => number;
}

/** A running admin API. */
export interface AdminServer {
  /** Where it listens, in the notation of the configuration file. */
  readonly address: string;
  /** Ends all streams and stops, after a short time for answers in progress to finish. */
  close(): Promise<void>;
}

/**
 * Starts the admin API on this thread. Rejects if the address cannot be bound or the tokens cannot
 * be read; nothing is left running then.
 */
export async function startAdmin(inputs: AdminInputs): Promise<AdminServer> {
  const { control, version, tokenFile = "", pages = [], bodyTimeoutMs = 5_000 } = inputs;
  const { filesLeft = () => Infinity } = inputs;
  const mostConnections = (): number => connectionsFor(filesLeft());
  if (isExposed(inputs.address) && tokenFile === "") {
    const where = formatAdminAddress(inputs.address);
    throw new Error(
      `Could not bind admin "${where}": other machines can reach it, and there is no admin_token_file`,
    );
  }
  const tokens = tokenFile === "" ? undefined : await AccessTokens.open(tokenFile);
  const watch = new StatusWatch(control);
  const streams = new EventStreams(control, watch);
  const listener = await AdminListener.open({
    address: inputs.address,
    mostConnections,
    spareFiles: ["/dev/null", control.settings.file],
  });
  const desk = new RequestDesk({
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
      shared: new SharedAnswers(control, watch),
    },
  });
  const http = new HttpServer((request) => desk.answer(request), {
    ...CONNECTION_LIMITS,
    // However many answers are not read, half of the connections remain available to others.
    mostLargeAnswers: () => Math.min(MOST_LARGE_ANSWERS, mostConnections() / 2),
  });
  listener.serve((connection) => http.take(connection));
  tokens?.watch();
  watch.start();
  return {
    address: formatAdminAddress(listener.address),
    close: async () => {
      watch.stop();
      streams.close();
      http.close();
      await listener.close();
      tokens?.close();
    },
  };
}

/** The maximum number of concurrent connections, given the number of remaining descriptors. */
export function connectionsFor(filesLeft: number): number {
  const share = Math.floor(filesLeft * SHARE_OF_FILES);
  return Math.max(FEWEST_CONNECTIONS, Math.min(MOST_CONNECTIONS, share));
}
