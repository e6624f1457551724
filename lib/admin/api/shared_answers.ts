import { startInSlices, type Steps } from "../../base/steps.ts";
import type { Control } from "../../supervisor/control.ts";
import type { Status } from "../../supervisor/status.ts";
import { formatMetrics, type MetricsFormat } from "../metrics/metrics_text.ts";
import { Reused } from "../metrics/reused.ts";
import type { StatusWatch } from "../metrics/status_watch.ts";
import { type RenderedBody, renderJson, renderText } from "../server/rendered_body.ts";
import { viewConfig } from "./config_view.ts";

/** A promise while it is rendered in slices; a small one is rendered at once. */
type SlicedBody = RenderedBody | Promise<RenderedBody>;

/** The answers that grow with the configuration, made once for all who ask at about the same time. */
export class SharedAnswers {
  readonly #watch: StatusWatch;
  readonly #metrics: Readonly<Record<MetricsFormat, Reused<SlicedBody>>>;
  readonly #status: Reused<RenderedBody>;
  readonly #history: Reused<RenderedBody>;
  readonly #config: Reused<RenderedBody>;

  constructor(control: Control, watch: StatusWatch) {
    this.#watch = watch;
    const metricsAs = (format: MetricsFormat): Reused<SlicedBody> =>
      new Reused(() => startInSlices(renderMetrics(control.status(), format)));
    this.#metrics = { text: metricsAs("text"), openmetrics: metricsAs("openmetrics") };
    this.#status = new Reused(() => renderJson(watch.view));
    this.#history = new Reused(() => renderJson(watch.history.read()));
    this.#config = new Reused(() => renderJson(viewConfig(control.settings)));
  }

  metrics(format: MetricsFormat): SlicedBody {
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

function* renderMetrics(status: Status, format: MetricsFormat): Steps<RenderedBody> {
  return yield* renderText(yield* formatMetrics(status, format));
}
