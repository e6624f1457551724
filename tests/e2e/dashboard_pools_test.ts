/** The dashboard, where several listeners use one pool. */
import { assertEquals } from "@std/assert";
import { browserTest, TestBrowser } from "../support/browser.ts";
import { echo } from "../support/conducts.ts";
import { cellIs, findCollisions, findViolations, setMode } from "../support/dashboard_page.ts";
import { freePorts } from "../support/free_ports.ts";
import { TestBackend } from "../support/test_backend.ts";
import { Visitors } from "../support/visitors.ts";
import { WeirProcess } from "../support/weir_process.ts";

browserTest(
  "a pool of two listeners is shown once, after them, and plotted by itself",
  async () => {
    await using first = new TestBackend(echo);
    await using second = new TestBackend(echo);
    const [admin, edge, web, plain] = freePorts(4) as [number, number, number, number];
    await using _weir = await WeirProcess.start(`
[options]
admin = 127.0.0.1:${admin}
health_check = off
[mappings]
127.0.0.1:${plain} = ${second.name}
[listener edge]
listen = 127.0.0.1:${edge}
pool = app
[listener web]
listen = 127.0.0.1:${web}
pool = app
max_connections = 50
[pool app]
backends = blue@${first.name}, green@${second.name}
max_sessions = 100
`);
    await using visitors = new Visitors(web);
    await using browser = await TestBrowser.launch();
    const { page, complaints } = await browser.open(`http://127.0.0.1:${admin}/`);
    await cellIs(page, "blue", "share", /^[45]\d %$/);

    const headings = page.locator("#listeners h3");
    const own = `127.0.0.1:${plain}`;
    assertEquals(await headings.allTextContents(), [own, "edge", "web", "Pool app"]);
    const section = (name: string) =>
      page.locator("section.listener").filter({ has: page.getByRole("heading", { name }) });
    const about = section("Pool app").locator('[data-part="about"]');
    assertEquals(await about.textContent(), "for edge, web, weighted round robin");
    await section("web").getByText(`127.0.0.1:${web}, pool app, `).waitFor();
    await section("web").getByText(" of 50 sessions").waitFor();
    await section("Pool app").getByText(" of 100 sessions").waitFor();
    // Only pools have backends; a listener and its own pool are one.
    assertEquals(await page.locator("#listeners table:visible").count(), 2);
    assertEquals(await page.locator("tr[data-backend]").count(), 3);

    await page.locator("#filter").fill("edge");
    await page.getByText("2 shown").waitFor();
    assertEquals(await page.locator("#listeners h3:visible").allTextContents(), [
      "edge",
      "Pool app",
    ]);
    await page.locator("#filter").fill("");

    const choice = page.locator("#plots-listener");
    assertEquals(await choice.locator("option").allTextContents(), [
      "All",
      own,
      "edge",
      "web",
      "pool app",
    ]);
    await choice.selectOption("pool app");
    await page.getByRole("img", { name: /^Throughput: now out [1-9]/ }).waitFor();
    await choice.selectOption("edge");
    await page.getByRole("img", { name: /^New sessions: now per second 0$/ }).waitFor();

    await setMode(page, "blue", "drain");
    await cellIs(page, "blue", "condition", "Draining");
    assertEquals(await findViolations(page), []);
    for (const width of [1440, 390]) {
      await page.setViewportSize({ width, height: 900 });
      assertEquals(await findCollisions(page), [], `${width} pixels`);
    }
    assertEquals([visitors.failed, complaints], [0, []]);
  },
);
