/** The dashboard, in a real browser, served by a real Weir. */
import { assert, assertEquals, assertGreater, assertStringIncludes } from "@std/assert";
import { browserTest, TestBrowser } from "../support/browser.ts";
import { echo } from "../support/conducts.ts";
import {
  cell,
  cellIs,
  findCollisions,
  findViolations,
  setMode,
} from "../support/dashboard_page.ts";
import { freePorts } from "../support/free_ports.ts";
import { eventually } from "../support/patience.ts";
import { TestBackend } from "../support/test_backend.ts";
import { Visitors } from "../support/visitors.ts";
import { WeirProcess } from "../support/weir_process.ts";

const TOKENS = { full: "may-do-everything-0123", read: "may-only-look-01234567" };

interface Inputs {
  readonly admin: number;
  readonly listener: number;
  readonly backends: readonly string[];
  /** Whether Weir probes the backends, which sends them connections too. @default {true} */
  readonly isChecked?: boolean;
  readonly options?: readonly string[];
}

const CHECKS = [
  "health_check = tcp",
  "health_interval = 200ms",
  "health_timeout = 200ms",
  "health_fall = 2",
];

function configOf(inputs: Inputs): string {
  const { admin, listener, backends, isChecked = true, options = [] } = inputs;
  return [
    "[options]",
    `admin = 127.0.0.1:${admin}`,
    "slow_start = 0",
    ...isChecked ? CHECKS : ["health_check = off"],
    ...options,
    "[mappings]",
    `127.0.0.1:${listener} = ${backends.join(", ")}`,
  ].join("\n");
}

browserTest("the dashboard lives: figures move, and nothing is asked of anybody else", async () => {
  await using first = new TestBackend(echo);
  await using second = new TestBackend(echo);
  const [admin, listener] = freePorts(2) as [number, number];
  const backends = [`${first.name}:3`, second.name];
  await using _weir = await WeirProcess.start(configOf({ admin, listener, backends }));
  await using _visitors = new Visitors(listener);
  await using browser = await TestBrowser.launch();
  const url = `http://127.0.0.1:${admin}/`;
  const { page, complaints, origins } = await browser.open(url);

  await page.getByRole("heading", { name: "All good" }).waitFor();
  await cellIs(page, first.name, "condition", "Up");
  await cellIs(page, first.name, "share", /^7\d %$/);
  await cellIs(page, first.name, "wanted", "75 %");
  await cellIs(page, first.name, "new", /[1-9]/);
  await cellIs(page, first.name, "bytes", /[1-9]/);
  await cellIs(page, first.name, "p50", /ms/);
  await cellIs(page, first.name, "p99", /ms/);
  await page.getByRole("img", { name: /^Sessions: now active \d+$/ }).waitFor();
  await page.getByRole("img", { name: /^New sessions: now per second [1-9]/ }).waitFor();
  await page.getByRole("img", { name: /^Throughput: now out [1-9]/ }).waitFor();

  // A page that is opened later has the same history.
  const later = await browser.open(url);
  await later.page.getByRole("img", { name: /^Throughput: now out [1-9]/ }).waitFor();
  assertEquals([...complaints, ...later.complaints], []);
  assertEquals([...origins, ...later.origins], [new URL(url).origin, new URL(url).origin]);
});

browserTest(
  "the dashboard violates no rule of WCAG A and AA, in any width and colour",
  async () => {
    await using backend = new TestBackend(echo);
    const [admin, listener, gone] = freePorts(3) as [number, number, number];
    const backends = [backend.name, `127.0.0.1:${gone} backup`];
    await using weir = await WeirProcess.start(configOf({ admin, listener, backends }));
    await using browser = await TestBrowser.launch();
    for (const width of [1440, 390]) {
      for (const colorScheme of ["light", "dark"] as const) {
        const { page } = await browser.open(`http://127.0.0.1:${admin}/`, {
          viewport: { width, height: 900 },
          colorScheme,
        });
        await page.getByRole("heading", { name: "1 problem" }).waitFor();
        await page.locator("#events li").first().waitFor();
        assertEquals(await findViolations(page), [], `${width} ${colorScheme}`);
        await page.locator("button[data-mode=drain]").first().click();
        await page.locator("#confirm-warning").waitFor();
        assertEquals(await findViolations(page), [], `the dialog, ${width} ${colorScheme}`);
        await page.keyboard.press("Escape");
        const overflow = await page.evaluate(
          "document.body.scrollWidth - document.body.clientWidth",
        );
        assertEquals(overflow, 0, "the page is wider than the screen");
      }
    }
    const { page } = await browser.open(`http://127.0.0.1:${admin}/`);
    await page.getByRole("heading", { name: "1 problem" }).waitFor();
    await weir.stop();
    await page.locator("#banner").waitFor();
    assertEquals(await findViolations(page), [], "without a connection");
  },
);

browserTest("nothing stands on anything else, at any width", async () => {
  await using busy = new TestBackend(echo);
  await using idle = new TestBackend(echo);
  const [admin, listener] = freePorts(2) as [number, number];
  const long = "[2001:db8:1234:5678:9abc:def0:1234:5678]:65535";
  const backends = [
    `${busy.name}:200`,
    `${idle.name}:100 max_connections=10000`,
    `${long}:2 backup`,
  ];
  await using _weir = await WeirProcess.start(
    configOf({ admin, listener, backends, isChecked: false }),
  );
  for (const name of [idle.name, long]) {
    const id = encodeURIComponent(`127.0.0.1:${listener}/${name}`);
    const response = await fetch(`http://127.0.0.1:${admin}/api/v1/backends/${id}/mode`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '{"mode":"maintenance"}',
    });
    assertEquals(response.status, 200, await response.text());
  }
  await using _visitors = new Visitors(listener);
  await using browser = await TestBrowser.launch();
  const { page } = await browser.open(`http://127.0.0.1:${admin}/`);
  await cellIs(page, busy.name, "share", "100 %");
  await cellIs(page, busy.name, "p99", "ms");
  for (const width of [1920, 1440, 1340, 1339, 1024, 781, 780, 390, 320]) {
    await page.setViewportSize({ width, height: 900 });
    assertEquals(await findCollisions(page), [], `${width} pixels`);
    const overflow = "document.body.scrollWidth - document.body.clientWidth";
    assertEquals(await page.evaluate(overflow), 0, `${width} pixels`);
  }
});

browserTest("a drain by button is seen at the backend, and so is what makes it ready", async () => {
  await using first = new TestBackend(echo);
  await using second = new TestBackend(echo);
  const [admin, listener] = freePorts(2) as [number, number];
  const backends = [first.name, second.name];
  await using _weir = await WeirProcess.start(
    configOf({ admin, listener, backends, isChecked: false }),
  );
  await using visitors = new Visitors(listener);
  await using browser = await TestBrowser.launch();
  const { page, complaints } = await browser.open(`http://127.0.0.1:${admin}/`);

  await cellIs(page, first.name, "condition", "Up");
  await setMode(page, first.name, "drain");
  await cellIs(page, first.name, "condition", "Draining");
  await cellIs(page, first.name, "active", /^0$/);
  const before = { first: first.accepted, second: second.accepted };
  await eventually("the other backend serves on", () => second.accepted > before.second + 50);
  assertEquals(first.accepted, before.first, "sessions that a draining backend got");
  await page.getByRole("heading", { name: "All good" }).waitFor();
  await page.locator("#events li", { hasText: "mode set to drain" }).waitFor();

  await setMode(page, first.name, "ready");
  await cellIs(page, first.name, "condition", "Up");
  await eventually("the backend serves again", () => first.accepted > before.first + 50);
  assertEquals([visitors.failed, complaints], [0, []]);
});

browserTest("the dashboard warns of the last backend, and cancelling changes nothing", async () => {
  await using backend = new TestBackend(echo);
  const [admin, listener] = freePorts(2) as [number, number];
  await using _weir = await WeirProcess.start(
    configOf({ admin, listener, backends: [backend.name] }),
  );
  await using browser = await TestBrowser.launch();
  const { page } = await browser.open(`http://127.0.0.1:${admin}/`);
  // By keyboard alone.
  const button = page.locator("button[data-mode=maintenance]");
  await button.focus();
  await page.keyboard.press("Enter");
  await page.locator("#confirm-warning", { hasText: "new clients will be refused" }).waitFor();
  assertEquals(await page.evaluate("document.activeElement.id"), "confirm-no");
  await page.keyboard.press("Enter");
  await page.locator("#confirm").waitFor({ state: "hidden" });
  await button.focus();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await cellIs(page, backend.name, "condition", "Maintenance");
  await page.getByRole("heading", { name: "1 problem" }).waitFor();
  await page.locator("#problems", { hasText: "no backend that takes sessions" }).waitFor();
});

browserTest("a backend that is killed turns down, with its reason", async () => {
  await using first = new TestBackend(echo);
  const [admin, listener, port] = freePorts(3) as [number, number, number];
  const second = new TestBackend(echo, { port });
  const backends = [first.name, second.name];
  await using _weir = await WeirProcess.start(configOf({ admin, listener, backends }));
  await using browser = await TestBrowser.launch();
  const { page, complaints } = await browser.open(`http://127.0.0.1:${admin}/`);

  await cellIs(page, second.name, "condition", "Up");
  await second[Symbol.asyncDispose]();
  await cellIs(page, second.name, "condition", "Down");
  await cellIs(page, second.name, "change", /is down: .*refused/i);
  await page.getByRole("heading", { name: "1 problem" }).waitFor();
  const problem = await page.locator("#problems li").textContent() ?? "";
  assertStringIncludes(problem, `Backend ${second.name} of 127.0.0.1:${listener} is down: `);
  const id = `127.0.0.1:${listener}/${second.name}`;
  // The filter gives way to a link.
  await page.locator("#filter").fill("no such backend");
  await page.getByText("0 shown").waitFor();
  await page.locator("#problems a").click();
  await cell(page, second.name, "change").waitFor();
  assertEquals(await page.locator("#filter").inputValue(), "");
  assertEquals(await page.evaluate("document.querySelector(':target').dataset.backend"), id);
  await using _revived = new TestBackend(echo, { port });
  await cellIs(page, second.name, "condition", "Up");
  await page.getByRole("heading", { name: "All good" }).waitFor();
  assertEquals(complaints, []);
});

browserTest("a lost connection shows, and comes back by itself", async () => {
  await using backend = new TestBackend(echo);
  const [admin, listener] = freePorts(2) as [number, number];
  const config = configOf({ admin, listener, backends: [backend.name] });
  await using browser = await TestBrowser.launch();
  await using weir = await WeirProcess.start(config);
  const { page } = await browser.open(`http://127.0.0.1:${admin}/`);
  await cellIs(page, backend.name, "condition", "Up");
  assert(await page.locator("#banner").isHidden());
  weir.signal("SIGKILL");
  await weir.ending();
  await page.locator("#banner", { hasText: "connection to Weir is lost" }).waitFor();
  await page.getByRole("heading", { name: /^Status unknown/ }).waitFor();
  assert(await page.locator("button[data-mode=drain]").isHidden());

  await using _again = await WeirProcess.start(config);
  await page.locator("#banner").waitFor({ state: "hidden" });
  await page.getByRole("heading", { name: "All good" }).waitFor();
  await using _visitors = new Visitors(listener);
  await cellIs(page, backend.name, "new", /[1-9]/);
});

browserTest("the page is loaded anew when another version of Weir has come back", async () => {
  const [admin, listener] = freePorts(2) as [number, number];
  const config = configOf({ admin, listener, backends: ["127.0.0.1:9"], isChecked: false });
  await using browser = await TestBrowser.launch();
  await using weir = await WeirProcess.start(config);
  const { page } = await browser.open(`http://127.0.0.1:${admin}/`);
  await cellIs(page, "127.0.0.1:9", "condition", "Up");
  await page.route("**/api", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, json: { ...await response.json(), version: "99.0.0" } });
  });
  let loads = 0;
  page.on("load", () => loads++);
  weir.signal("SIGKILL");
  await weir.ending();
  await page.locator("#banner").waitFor();
  await using _again = await WeirProcess.start(config);
  await eventually("the page is loaded anew", () => loads > 0);
  await cellIs(page, "127.0.0.1:9", "condition", "Up");
  // Just once: from here on it is the page of this version.
  await page.getByRole("img", { name: /^Sessions: now active \d+$/ }).waitFor();
  assertEquals(loads, 1);
});

browserTest(
  "the dashboard asks for a token, and has buttons only for one that may steer",
  async () => {
    await using backend = new TestBackend(echo);
    const [admin, listener] = freePorts(2) as [number, number];
    const tokenFile = await Deno.makeTempFile();
    try {
      await Deno.writeTextFile(tokenFile, `${TOKENS.full}\nread ${TOKENS.read}\n`);
      const options = [`admin_token_file = ${tokenFile}`];
      const config = configOf({ admin, listener, backends: [backend.name], options });
      await using _weir = await WeirProcess.start(config, { readable: [tokenFile] });
      await using browser = await TestBrowser.launch();
      const { page } = await browser.open(`http://127.0.0.1:${admin}/`);
      const button = page.locator("button[data-mode=drain]");
      const field = page.locator("#token");

      await field.waitFor();
      assertEquals(await page.locator("tr[data-backend]").count(), 0);
      assertEquals(await findViolations(page), []);
      await field.fill("somebody-elses-token");
      await field.press("Enter");
      await page.getByText("This token is not valid").waitFor();

      await field.fill(TOKENS.read);
      await field.press("Enter");
      await cellIs(page, backend.name, "condition", "Up");
      assert(await field.isHidden() && await button.isHidden());

      await page.locator("#forget").click();
      await field.fill(TOKENS.full);
      await field.press("Enter");
      await button.waitFor();
      await page.reload();
      await button.waitFor();
    } finally {
      await Deno.remove(tokenFile);
    }
  },
);

browserTest("200 backends stay smooth: a quiet second changes next to nothing", async () => {
  const [admin, listener] = freePorts(2) as [number, number];
  const backends = Array.from({ length: 200 }, (_, index) => `127.0.0.1:${20_000 + index}`);
  const config = configOf({ admin, listener, backends, isChecked: false });
  await using _weir = await WeirProcess.start(config);
  await using browser = await TestBrowser.launch();
  const { page, complaints } = await browser.open(`http://127.0.0.1:${admin}/`);
  await page.locator("tr[data-backend]").nth(199).waitFor();
  await page.getByRole("heading", { name: "All good" }).waitFor();
  const changes = await page.evaluate(`new Promise((resolve) => {
    let changes = 0;
    let seconds = 0;
    const observer = new MutationObserver((records) => { changes += records.length; });
    observer.observe(document.getElementById("listeners"), {
      subtree: true, childList: true, characterData: true, attributes: true,
    });
    const about = document.getElementById("about");
    new MutationObserver(() => {
      if (++seconds === 2) resolve(changes);
    }).observe(about, { subtree: true, childList: true, characterData: true });
  })`);
  assertEquals(changes, 0);
  await cellIs(page, "127.0.0.1:20000", "tag", "not checked");
  await page.locator("#filter").fill("20042");
  await page.getByText("1 shown").waitFor();
  assertEquals(await page.locator("tr[data-backend]:visible").count(), 1);
  assertGreater(await page.locator("tr[data-backend]").count(), 199);
  assertEquals(complaints, []);
});
