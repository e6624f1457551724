import type { StatusView } from "../../admin/metrics/status_view.ts";
import type { WeirEvent } from "../../supervisor/event_log.ts";
import { type AdminClient, RefusalError, UnreachableError } from "../client/admin_client.ts";
import { ANSWER_SHAPES } from "../client/answer_shapes.ts";
import { askStatus, askWeir } from "../client/ask_weir.ts";
import type { CommandInputs } from "../command.ts";
import { EXIT_STATUS } from "../exit_status.ts";
import { formatStatus } from "../output/format_status.ts";
import { drawTop } from "../top/draw_top.ts";
import { readFeed } from "../top/feed.ts";
import { FullScreen } from "../top/full_screen.ts";
import { type Order, TopModel } from "../top/top_model.ts";
import { postMode } from "./steering.ts";

const ENDING_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Shows a running Weir until the operator quits. */
export function top(inputs: CommandInputs): Promise<number> {
  const { operands, terminal } = inputs;
  return askWeir(inputs, async (client) => {
    // Problems are reported before the terminal is taken over.
    const status = await askStatus(client);
    if (!Deno.stdout.isTerminal()) {
      terminal.print(formatStatus(status));
      return EXIT_STATUS.done;
    }
    using screen = new FullScreen(terminal);
    await watch(client, screen);
    return EXIT_STATUS.done;
  }, operands[0]);
}

/** Draws the view and handles keys until a key or a signal ends it. */
async function watch(client: AdminClient, screen: FullScreen): Promise<void> {
  const model = new TopModel();
  const end = new AbortController();
  const stop = () => end.abort();
  const draw = () => screen.show(drawTop(model, screen.size));
  for (const signal of ENDING_SIGNALS) Deno.addSignalListener(signal, stop);
  Deno.addSignalListener("SIGWINCH", draw);
  try {
    draw();
    const feed = readFeed(client, {
      onConnect: () => model.events.splice(0),
      onMessage: (type, data) => {
        if (type === "event") model.addEvent(client.verify<WeirEvent>(data, ANSWER_SHAPES.event));
        if (type === "status") model.update(client.verify<StatusView>(data, ANSWER_SHAPES.status));
        draw();
      },
      onLost: (why) => {
        model.lost = why;
        draw();
      },
    }, end.signal);
    const defect = Promise.withResolvers<never>();
    const keys = obeyKeys(screen, model, draw, (order) => {
      if (order.kind === "quit") return stop();
      // Keys are still read meanwhile: the operator can quit even if Weir does not respond.
      model.message = `setting ${order.backendId} to ${order.mode} …`;
      carryOut(client, order).then((message) => {
        model.message = message;
        draw();
      }).catch(defect.reject);
    });
    // A failure of either ends both; once no more keys can arrive, the feed continues until a
    // signal.
    await Promise.race([feed, defect.promise, keys.then(() => feed)]);
  } finally {
    stop();
    for (const signal of ENDING_SIGNALS) Deno.removeSignalListener(signal, stop);
    Deno.removeSignalListener("SIGWINCH", draw);
  }
}

async function obeyKeys(
  screen: FullScreen,
  model: TopModel,
  draw: () => void,
  obey: (order: Order) => void,
): Promise<void> {
  for await (const key of screen.keys()) {
    const order = model.press(key);
    if (order !== undefined) obey(order);
    if (order?.kind === "quit") return;
    draw();
  }
}

async function carryOut(
  client: AdminClient,
  { backendId, mode }: Order & { readonly kind: "mode" },
): Promise<string> {
  try {
    const { condition } = await postMode(client, backendId, mode);
    return `${backendId} is set to ${mode}, now ${condition}`;
  } catch (error) {
    if (!(error instanceof RefusalError || error instanceof UnreachableError)) throw error;
    return `failed: ${error.message}`;
  }
}
