import uplotScript from "uplot/dist/uPlot.iife.min.js" with { type: "text" };
import uplotStyle from "uplot/dist/uPlot.min.css" with { type: "text" };
import access from "./page/access.js" with { type: "text" };
import backendRow from "./page/backend_row.js" with { type: "text" };
import backendsStyle from "./page/backends.css" with { type: "text" };
import dashboardStyle from "./page/dashboard.css" with { type: "text" };
import dashboard from "./page/dashboard.js" with { type: "text" };
import element from "./page/element.js" with { type: "text" };
import eventList from "./page/event_list.js" with { type: "text" };
import eventStream from "./page/event_stream.js" with { type: "text" };
import favicon from "./page/favicon.svg" with { type: "text" };
import figures from "./page/figures.js" with { type: "text" };
import history from "./page/history.js" with { type: "text" };
import page from "./page/index.html" with { type: "text" };
import liveFeed from "./page/live_feed.js" with { type: "text" };
import modeDialog from "./page/mode_dialog.js" with { type: "text" };
import plot from "./page/plot.js" with { type: "text" };
import plots from "./page/plots.js" with { type: "text" };
import sectionList from "./page/section_list.js" with { type: "text" };
import sectionView from "./page/section_view.js" with { type: "text" };
import sections from "./page/sections.js" with { type: "text" };
import shares from "./page/shares.js" with { type: "text" };
import themeStyle from "./page/theme.css" with { type: "text" };
import tokenForm from "./page/token_form.js" with { type: "text" };
import totals from "./page/totals.js" with { type: "text" };
import verdict from "./page/verdict.js" with { type: "text" };
import verdictView from "./page/verdict_view.js" with { type: "text" };
import type { PageFile } from "./page_file.ts";

/** The scripts, by their names under `/dashboard/`, which are also their names in `page/`. */
const SCRIPTS: Readonly<Record<string, string>> = {
  "access.js": access,
  "backend_row.js": backendRow,
  "dashboard.js": dashboard,
  "element.js": element,
  "event_list.js": eventList,
  "event_stream.js": eventStream,
  "figures.js": figures,
  "history.js": history,
  "live_feed.js": liveFeed,
  "mode_dialog.js": modeDialog,
  "plot.js": plot,
  "plots.js": plots,
  "section_list.js": sectionList,
  "section_view.js": sectionView,
  "sections.js": sections,
  "shares.js": shares,
  "token_form.js": tokenForm,
  "totals.js": totals,
  "uplot.js": uplotScript,
  "verdict.js": verdict,
  "verdict_view.js": verdictView,
};

/** The style sheets, by the same names. */
const STYLES: Readonly<Record<string, string>> = {
  "backends.css": backendsStyle,
  "dashboard.css": dashboardStyle,
  "theme.css": themeStyle,
  "uplot.css": uplotStyle,
};

/**
 * All files of the dashboard. They are imported as text, and so are part of the program: reading
 * them needs no permission, and a compiled binary contains them.
 */
export const DASHBOARD_ASSETS: readonly PageFile[] = Object.freeze([
  { path: "/", contentType: "text/html; charset=utf-8", body: page },
  { path: "/dashboard/favicon.svg", contentType: "image/svg+xml", body: favicon },
  ...filesOf(STYLES, "text/css; charset=utf-8"),
  ...filesOf(SCRIPTS, "text/javascript; charset=utf-8"),
]);

function filesOf(bodies: Readonly<Record<string, string>>, contentType: string): PageFile[] {
  return Object.entries(bodies).map(([name, body]) => ({
    path: `/dashboard/${name}`,
    contentType,
    body,
  }));
}
