/** A real browser, for tests of what Weir shows in one. */
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { missingPermissions } from "./permitted.ts";

const CHROMIUM = "/usr/bin/chromium";
const NEEDS = ["net", "read", "write", "run", "env", "sys"] as const;
/** Restricts the browser to the page that it is given, and lets it run as root and headless. */
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** A page, and what it did that tests care about. */
export interface WatchedPage {
  readonly page: Page;
  /** Errors and warnings of the console, and uncaught errors. */
  readonly complaints: readonly string[];
  /** The origins that were sent any request. */
  readonly origins: ReadonlySet<string>;
}

/** A browser of one test. Use it with `await using`. */
export class TestBrowser implements AsyncDisposable {
  readonly #browser: Browser;

  private constructor(browser: Browser) {
    this.#browser = browser;
  }

  static async launch(): Promise<TestBrowser> {
    // Loading it needs permissions that a bare "deno test" does not have.
    const { chromium } = await import("playwright-core");
    return new TestBrowser(await chromium.launch({ executablePath: CHROMIUM, args: FLAGS }));
  }

  /** Opens an address in a separate page, which shares nothing with others. */
  async open(url: string, options: BrowserContextOptions = {}): Promise<WatchedPage> {
    const context = await this.#browser.newContext({
      viewport: { width: 1440, height: 900 },
      ...options,
    });
    const page = await context.newPage();
    const complaints: string[] = [];
    const origins = new Set<string>();
    page.on("console", (message) => {
      if (["error", "warning"].includes(message.type())) complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("request", (request) => origins.add(new URL(request.url()).origin));
    await page.goto(url);
    return { page, complaints, origins };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
  }
}

/** Registers a test that needs a browser. It is ignored, with the reason in its name, without one. */
export function browserTest(name: string, fn: () => Promise<void>): void {
  const reason = findObstacle();
  if (reason === undefined) Deno.test({ name, fn });
  else Deno.test({ name: `${name} (ignored: ${reason})`, ignore: true, fn });
}

function findObstacle(): string | undefined {
  const missing = missingPermissions(NEEDS);
  if (missing.length > 0) {
    return `needs ${missing.map((kind) => `--allow-${kind}`).join(" ")}`;
  }
  try {
    Deno.statSync(CHROMIUM);
    return undefined;
  } catch {
    return `needs ${CHROMIUM}`;
  }
}
