import type { Control } from "../../supervisor/control.ts";
import { formatMetrics, type MetricsFormat } from "../metrics/metrics_text.ts";
import { Reused } from "../metrics/reused.ts";
import type { StatusWatch } from "../metrics/status_watch.ts";
import { RenderedBody, renderJson } from "../server/rendered_body.ts";
import { viewConfig } from "./config_view.ts";

/** The answers that grow with the configuration, made once for all who ask at about the same time. */
export class SharedAnswers {
  readonly #watch: StatusWatch;
  readonly #metrics: Readonly<Record<MetricsFormat, Reused<RenderedBody>>>;
  readonly #status: Reused<RenderedBody>;
  readonly #history: Reused<RenderedBody>;
  readonly #config: Reused<RenderedBody>;

  constructor(control: Control, watch: StatusWatch) {
    this.#watch = watch;
    const metricsAs = (format: MetricsFormat): Reused<RenderedBody> =>
      new Reused(() => new RenderedBody(formatMetrics(control.status(), format)));
    this.#metrics = { text: metricsAs("text"), openmetrics: metricsAs("openmetrics") };
    this.#status = new Reused(() => renderJson(watch.view));
    this.#history = new Reused(() => renderJson(watch.history.read()));
    this.#config = new Reused(() => renderJson(viewConfig(control.settings)));
  }

  metrics(format: MetricsFormat): RenderedBody {
    return this.#metrics[format].get();
  }

  get status(): RenderedBody {
    return this.#status.get();
  }

  get history(): RenderedBody {
    return this.#history.get();
  }

  get config(): RenderedBody {
    return this.#config.get();
  }

  /** Makes the next answers new ones, after something was changed. */
  refresh(): void {
    this.#watch.refresh();
    this.#status.forget();
    this.#config.forget();
  }
}
