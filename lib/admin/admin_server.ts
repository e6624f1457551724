import { type BoundAddress, formatAdminAddress, isExposed } from "../config/admin_address.ts";
import type { Control } from "../supervisor/control.ts";
import { AccessTokens } from "./access_tokens.ts";
import { CONNECTION_LIMITS } from "./admin_connection.ts";
import { AdminListener } from "./admin_listener.ts";
import { EventStreams } from "./event_streams.ts";
import { Guard } from "./guard.ts";
import { HttpServer } from "./http_server.ts";
import type { PageFile } from "./page_file.ts";
import { RequestDesk } from "./request_desk.ts";
import { ROUTES } from "./routes.ts";
import { SessionList } from "./session_list.ts";
import { SharedAnswers } from "./shared_answers.ts";
import { StatusWatch } from "./status_watch.ts";

/** More connections than operators, dashboards and monitoring need. */
const MOST_CONNECTIONS = 256;
/** So many there may be in any case: without them nobody could see why there are no descriptors. */
const FEWEST_CONNECTIONS = 8;
/** How many large answers are written at once: more scrapers than anybody has. */
const MOST_LARGE_ANSWERS = 8;
/** The share of the descriptors that are left which connections may take. */
const SHARE_OF_FILES = 0.25;

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
  /** How many descriptors nobody else lays claim to; asked for each connection. @default {all} */
  readonly filesLeft?: () => number;
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
  const { filesLeft = () => Infinity } = inputs;
  const mostConnections = (): number => connectionsFor(filesLeft());
  if (isExposed(inputs.address) && tokenFile === "") {
    const where = formatAdminAddress(inputs.address);
    throw new Error(
      `Could not bind admin "${where}": other machines reach it, and there is no admin_token_file`,
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
    // Whatever is left unread, half of the places stay free for others.
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

/** How many connections there may be at once where so many descriptors are left. */
export function connectionsFor(filesLeft: number): number {
  const share = Math.floor(filesLeft * SHARE_OF_FILES);
  return Math.max(FEWEST_CONNECTIONS, Math.min(MOST_CONNECTIONS, share));
}
