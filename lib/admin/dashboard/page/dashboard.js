// @ts-check
/// <reference lib="dom" />
/**
 * The entry point of the dashboard: passes data from Weir to the views, and the operator's orders
 * to Weir.
 *
 * @import { WeirEvent } from "../../../supervisor/event_log.ts"
 * @import { StatusView } from "../../metrics/status_view.ts"
 * @import { Refusal } from "./access.js"
 */
import { Access } from "./access.js";
import { byId, setText } from "./element.js";
import { EventList } from "./event_list.js";
import { LiveFeed } from "./live_feed.js";
import { ModeDialog } from "./mode_dialog.js";
import { Plots } from "./plots.js";
import { SectionList } from "./section_list.js";
import { ShareMeter } from "./shares.js";
import { TokenForm } from "./token_form.js";
import { VerdictView } from "./verdict_view.js";

const access = new Access();
const shares = new ShareMeter();
const verdict = new VerdictView();
const plots = new Plots();
const sections = new SectionList(askForMode);
const events = new EventList();
const dialog = new ModeDialog();
const banner = byId("banner", HTMLElement);
const feed = new LiveFeed(access, { onConnect, onMessage, onLost });
const tokenForm = new TokenForm(access, () => feed.restart());

/** @type {StatusView | undefined} */
let status;
let isScheduled = false;
/** @type {string | undefined} */
let pageVersion;
feed.run();

async function onConnect() {
  const { rights, version } = await (await access.request("/api")).json();
  pageVersion ??= version;
  // Weir came back in another version than the one that this page is from, with another page.
  if (version !== pageVersion) location.reload();
  document.body.classList.toggle("may-write", rights.includes("write"));
  plots.history.load(await (await access.request("/api/v1/history")).json());
  // Weir sends all remembered events again.
  events.clear();
  tokenForm.settle();
  banner.hidden = true;
  document.body.classList.remove("lost");
}

/**
 * @param {string} type
 * @param {unknown} data
 */
function onMessage(type, data) {
  if (type === "event") {
    events.add(/** @type {WeirEvent} */ (data));
  } else if (type === "status") {
    show(/** @type {StatusView} */ (data));
  }
}

/** @param {StatusView} next */
function show(next) {
  status = next;
  shares.add(next);
  plots.history.add(next);
  plots.update();
  // A page in the background gets no frames: the latest status then waits for the next one.
  if (isScheduled) return;
  isScheduled = true;
  requestAnimationFrame(() => {
    isScheduled = false;
    if (status === undefined || document.body.classList.contains("lost")) return;
    verdict.update(status);
    sections.update(status, shares);
  });
}

/**
 * @param {Refusal | undefined} refusal
 * @param {number} retryInMs
 */
function onLost(refusal, retryInMs) {
  verdict.unknown(refusal?.wantsToken ? "a token is required" : "no connection to Weir");
  document.body.classList.add("lost");
  if (refusal?.wantsToken) {
    document.body.classList.remove("may-write");
    tokenForm.ask();
    setText(banner, "Weir requires a token.");
  } else {
    const seconds = Math.ceil(retryInMs / 1000);
    const reason = refusal === undefined ? "" : ` ${refusal.message}.`;
    setText(
      banner,
      `The connection to Weir is lost.${reason} The figures are old. Trying again in ${seconds} s.`,
    );
  }
  banner.hidden = false;
}

/**
 * @param {string} backendId
 * @param {string} mode
 */
function askForMode(backendId, mode) {
  for (const pool of status?.pools ?? []) {
    const backend = pool.backends.find(({ id }) => id === backendId);
    if (backend === undefined) continue;
    return dialog.ask(pool, backend, mode, () => access.setMode(backendId, mode));
  }
}
